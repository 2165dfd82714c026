"""An amount in parts, exact to the cent: what rounding leaves goes to the largest remainders."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

CENT = Decimal("0.01")


def shares(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` in parts that are as `weights` to each other; their sum is `total` to the last digit.

    A weight of 0 gets nothing, unless all weights together are 0: then all parts are equal. Weights that already
    make up the total are the parts. Units are cents, or the smaller digits that `total` has.
    """
    whole = sum(weights, Decimal())
    if whole == total:
        return list(weights)
    if not whole:
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    unit = _unit(total)
    units = Fraction(total) / Fraction(unit)
    quotas = [units * Fraction(weight) / Fraction(whole) for weight in weights]
    floors = [quota.numerator // quota.denominator for quota in quotas]
    left = int(units) - sum(floors)
    largest = sorted(range(len(quotas)), key=lambda index: (floors[index] - quotas[index], index))
    for index in largest[:left]:
        floors[index] += 1
    return [floor * unit for floor in floors]


def grid(rows: Sequence[Decimal], columns: Sequence[Decimal]) -> list[list[Decimal]]:
    """Amounts of a table whose sums of rows and of columns are given and equal in all; each row as the columns are.

    Every row but the last takes its share of what the rows before it have left; the last takes the rest.
    """
    left, found = list(columns), []
    for row in rows[:-1]:
        cells = shares(row, left)
        left = [before - cell for before, cell in zip(left, cells, strict=True)]
        found.append(cells)
    return [*found, left]


def _unit(total: Decimal) -> Decimal:
    exponent = total.as_tuple().exponent
    return Decimal(1).scaleb(min(-2, exponent if isinstance(exponent, int) else -2))
