"""BR-…-01: a VAT category that is used stands in the breakdown, and the other way round."""

from collections.abc import Callable
from dataclasses import dataclass

from einvoice.rulebook.facturx import settlement as s
from einvoice.rulebook.facturx.tree import Node
from einvoice.rulebook.facturx.values import Values


@dataclass(frozen=True, slots=True)
class _Found:
    """How often a category stands in the breakdown, on lines, and on allowances, charges and services."""

    rows: int
    lines: int
    others: int

    @property
    def somewhere(self) -> bool:
        return bool(self.rows or self.lines or self.others)

    @property
    def used(self) -> bool:
        return bool(self.lines or self.others)


def once(found: _Found) -> bool:
    """If it is anywhere: one row, and something that uses it."""
    return not found.somewhere or (found.rows == 1 and found.used)


def once_if_any(found: _Found) -> bool:
    """If there is a row: one, and something that uses it."""
    return not found.rows or (found.rows == 1 and found.used)


def of_details(found: _Found) -> bool:
    """If it is anywhere: a row at least, and something that uses it."""
    return not found.somewhere or (found.rows >= 1 and found.used)


def paired(found: _Found) -> bool:
    """Uses and rows together are two at least."""
    return all(not part or part + found.rows >= 2 for part in (found.lines, found.others))


_KINDS: dict[str, Callable[[_Found], bool]] = {
    "of_details": of_details,
    "once": once,
    "once_if_any": once_if_any,
    "paired": paired,
}


def breakdown(code: str, kind: str) -> Callable[[Node], Values | None]:
    """The check of one category: `once`, `once_if_any`, `paired`, or `of_details` (EXTENDED: without groups)."""
    details = kind == "of_details"
    fits = _KINDS[kind]
    tax = f"Tax[category {code}]"
    rows = s.path(f"//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTrade{tax}")
    settlement = "[detail_settlement]" if details else ""
    lines = s.path(f"//ram:SpecifiedLineTradeSettlement{settlement}/ram:ApplicableTrade{tax}")
    others = s.path(f"//ram:CategoryTrade{tax}")
    services = s.path(f"//ram:AppliedTrade{tax}")

    def check(node: Node) -> Values | None:
        more = len(services(node)) if details else 0
        found = _Found(len(rows(node)), len(lines(node)), len(others(node)) + more)
        return None if fits(found) else {"category": code, "rows": str(found.rows), "lines": str(found.lines)}

    return check
