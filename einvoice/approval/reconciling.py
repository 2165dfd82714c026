"""A batch reconciled: what its rows pay is what was approved, and what is booked, counted by VAT group.

Amounts are exact, in the batch's currency; those of credit notes count against the others.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from einvoice.errors import Refused
from einvoice.store.tables import BatchRow

NOTHING = Decimal("0.00")
Sums = dict[str, list[Decimal]]
"""Gross, net and VAT by key."""


def reconciled(rows: Sequence[BatchRow]) -> tuple[Decimal, dict[str, Any]]:
    """The total of all rows, and sums: `vat` and `creditors` gross by key, `groups` with net and VAT, `rows`.

    Raises Refused, naming the invoice, where the amount of a row, what was approved, what is booked and what was
    deducted with a reason do not agree.
    """
    groups: Sums = {}
    creditors: Sums = {}
    total = NOTHING
    for row in rows:
        content: dict[str, Any] = row.content or {}
        amount = _agreed(row, content)
        total += amount
        _add(creditors, content["seller"] or "", [amount])
        sign = -1 if content["credit"] else 1
        for posting in content["postings"]:
            figures = [_of(posting, "amount"), _of(posting, "net"), _of(posting, "vat")]
            _add(groups, group_of(posting), [sign * one for one in figures])
    if sum((figures[0] for figures in groups.values()), NOTHING) != total:
        raise Refused(
            "The VAT groups do not make up the total.", "Die Steuergruppen ergeben nicht die Summe."
        )
    return total, {
        "rows": len(rows),
        "vat": {key: str(figures[0]) for key, figures in sorted(groups.items())},
        "creditors": {key: str(figures[0]) for key, figures in sorted(creditors.items())},
        "groups": {
            key: dict(zip(("gross", "net", "vat"), map(str, figures), strict=True))
            for key, figures in sorted(groups.items())
        },
    }


def group_of(posting: Mapping[str, Any]) -> str:
    """The VAT group of a posting: category and rate, `S 19`."""
    rate = Decimal(posting["vat_rate"] or 0).normalize()
    return f"{posting['vat_category'] or '?'} {rate:f}"


def _agreed(row: BatchRow, content: Mapping[str, Any]) -> Decimal:
    """The amount of a row, once everything says the same."""
    sign = -1 if content["credit"] else 1
    booked = sum((_of(posting, "amount") for posting in content["postings"]), NOTHING)
    approved = Decimal(content["approved"] or 0)
    if row.amount is None or not sign * booked == sign * approved == row.amount:
        raise Refused(
            f"Invoice {row.invoice_id}: postings make {booked}, approved are {approved}, in the batch {row.amount}.",
            f"Rechnung {row.invoice_id}: Kontiert sind {booked}, genehmigt {approved}, im Stapel {row.amount}.",
        )
    taken = sum((_of(one, "amount") for one in content["deductions"]), NOTHING)
    if content["gross"] is not None and Decimal(content["gross"]) - taken != approved:
        raise Refused(
            f"Invoice {row.invoice_id}: {content['gross']} less deductions of {taken} is not {approved}.",
            f"Rechnung {row.invoice_id}: {content['gross']} abzüglich {taken} Kürzung ergibt nicht {approved}.",
        )
    return row.amount


def _of(said: Mapping[str, Any], key: str) -> Decimal:
    return Decimal(said[key] or 0)


def _add(sums: Sums, key: str, figures: list[Decimal]) -> None:
    before = sums.get(key, [NOTHING] * len(figures))
    sums[key] = [one + more for one, more in zip(before, figures, strict=True)]
