"""The VAT breakdown against what uses it: base (-08) and amount (-09) of a category."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from einvoice.model.lexical import BLANKS, trim
from einvoice.rulebook.facturx import settlement as s
from einvoice.rulebook.facturx.tree import Item, Node
from einvoice.rulebook.facturx.values import (
    Values,
    alike,
    cents,
    differing,
    exact,
    exact_sum,
    percent,
    shown,
    single,
)
from einvoice.rulebook.rounding import rounded_double

Verdict = Callable[[Node, str], Values | None]
Reason = tuple[str, str]

_base, _vat, _rate = (s.amount(n) for n in ("BasisAmount", "CalculatedAmount", "RateApplicablePercent"))
_base_above, _vat_above, _rate_above = (
    s.path(f"../ram:{n}") for n in ("BasisAmount", "CalculatedAmount", "RateApplicablePercent")
)
_category = s.amount("CategoryCode")
_reason_code, _reason_text = s.amount("ExemptionReasonCode"), s.amount("ExemptionReason")
_settled = s.amount("SpecifiedLineTradeSettlement")
_line_tax, _category_tax, _applied_tax = (
    s.amount(n) for n in ("ApplicableTradeTax", "CategoryTradeTax", "AppliedTradeTax")
)
_line_total, _actual, _applied = s.path(s.LINE_TOTAL), s.amount("ActualAmount"), s.amount("AppliedAmount")
_indicator = s.path("ram:ChargeIndicator/udt:Indicator")


@dataclass(frozen=True, slots=True)
class _Use:
    """What a part must say to count: its category and, unless None, its rate and its reason of exemption."""

    category: str
    rate: Decimal | None = None
    reason: Reason | None = None

    def fits(self, taxes: Sequence[Item]) -> bool:
        """Whether the taxes of a part say so: each thing by any of them."""
        nodes = s.nodes(taxes)
        if not any(item.text == self.category for node in nodes for item in _category(node)):
            return False
        if self.rate is not None and not any(s.number(_rate(node)) == self.rate for node in nodes):
            return False
        return self.reason is None or self.reason == _exemption(nodes)


def _exemption(taxes: Sequence[Node]) -> Reason:
    codes, texts = ([item for t in taxes for item in find(t)] for find in (_reason_code, _reason_text))
    return trim(single(codes)), trim(single(texts))


@dataclass(frozen=True, slots=True)
class _Used:
    """What the parts that fit add up to, and how many there are (for the tolerance)."""

    base: Decimal
    parts: int

    def nearly(self, stated: Decimal) -> bool:
        """One cent for each part."""
        return abs(stated - self.base) <= s.CENT * self.parts


def _used(node: Node, use: _Use, lines: Sequence[Item], with_logistics: bool = True) -> _Used:
    settled = [t for line in s.nodes(lines) for t in s.nodes(_settled(line)) if use.fits(_line_tax(t))]
    priced = [n for n in s.nodes(s.allowances_and_charges(node)) if use.fits(_category_tax(n))]
    services = s.nodes(s.logistics(node)) if with_logistics else []
    applied = [n for n in services if use.fits(_applied_tax(n))]
    less = [n for n in priced if _indicated(n, "false", "0")]
    more = [n for n in priced if _indicated(n, "true", "1")]
    base = _sum(_line_total, settled) - _sum(_actual, less) + _sum(_actual, more) + _sum(_applied, applied)
    return _Used(base, len({t.parent for t in settled}) + len(priced) + len(applied))


def _indicated(node: Node, *texts: str) -> bool:
    return any(item.text.strip(BLANKS) in texts for item in _indicator(node))


def _sum(find: Callable[[Node], Sequence[Item]], nodes: Sequence[Node]) -> Decimal:
    return cents(exact_sum([item for node in nodes for item in s.only(find(node))]))


def _by_rate_and_reason(node: Node, code: str) -> tuple[_Used, _Used] | None:
    """What has the row's rate; and what has, besides, its reason. Category O has no rate; elsewhere one is needed."""
    rate = None if code == "O" else s.number(_rate(node))
    reason = _exemption([node])
    if rate is None and code != "O":
        return None
    lines = s.detail_lines(node)
    return _used(node, _Use(code, rate), lines), _used(node, _Use(code, rate, reason), lines)


def _base_nearly(node: Node, code: str, counts: Callable[[Sequence[bool]], bool]) -> Values | None:
    used, base = _by_rate_and_reason(node, code), s.number(_base(node))
    if used is None or base is None:
        return {"stated": shown(base)}
    return None if counts([u.nearly(base) for u in used]) else differing(base, used[0].base)


def base_of_rate(node: Node, code: str) -> Values | None:
    """BR-FXEXT-…-08ini: the base against all parts of this category and rate."""
    return _base_nearly(node, code, lambda near: near[0])


def base_of_reason(node: Node, code: str) -> Values | None:
    """BR-FXEXT-…-08rev: against those with this reason of exemption."""
    return _base_nearly(node, code, lambda near: near[1])


def base_of_either(node: Node, code: str) -> Values | None:
    """BR-FXEXT-…-08b: against one or the other."""
    return _base_nearly(node, code, any)


def base_of_category(node: Node, code: str) -> Values | None:
    """BR-FXEXT-…-08 of category G: whatever the rate."""
    used, base = _used(node, _Use(code), s.detail_lines(node)), s.number(_base_above(node))
    return None if base is not None and used.nearly(base) else differing(base, used.base)


def base_within_one(node: Node, code: str) -> Values | None:
    """-08 where the rate does not count: one unit of tolerance, as doubles."""
    base = s.number(_base_above(node))
    if base is None:
        return {"stated": ""}
    expected = _used(node, _Use(code), s.all_lines(node), with_logistics=False).base
    if float(base) - 1 <= float(expected) < float(base) + 1:
        return None
    return differing(base, expected)


def base_exactly(node: Node, code: str) -> Values | None:
    """BR-O-08: no tolerance."""
    base = s.number(_base(node))
    expected = _used(node, _Use(code), s.all_lines(node), with_logistics=False).base
    return None if base is not None and _same(base, expected) else differing(base, expected)


def _same(stated: Decimal, computed: Decimal) -> bool:
    """As doubles; a base stated as -0 or -0.00 is not the 0 that was computed."""
    return alike(float(stated), float(computed) or 0.0)


def base_at_each_rate(node: Node, code: str) -> Values | None:
    """BR-S-08: for each rate that the row states. For L and M the official test looks one step too high: nothing."""
    if code in "LM" or node.parent is None:
        return None
    base = s.number(_base_above(node))
    for item in _rate_above(node):
        expected = _used(node, _Use(code, exact(item)), s.all_lines(node), with_logistics=False).base
        if base is None or not _same(base, expected):
            return differing(base, expected)
    return None


def vat_of_either(node: Node, code: str) -> Values | None:
    """BR-FXEXT-…-09b: base times rate, one cent for each part of the category."""
    used, base, vat = _by_rate_and_reason(node, code), s.number(_base(node)), s.number(_vat(node))
    rate = s.number(_rate(node))
    if used is None or base is None or vat is None or rate is None:
        return {"stated": shown(vat)}
    expected = cents(base * percent(rate))
    near = abs(vat - expected) <= s.CENT * max(u.parts for u in used)
    return None if near else differing(vat, expected)


def vat_within_one(node: Node, code: str) -> Values | None:
    """BR-S-09: base times rate as doubles, less than one unit apart."""
    base, vat, rate = (s.number(find(node)) for find in (_base_above, _vat_above, _rate_above))
    if base is None or vat is None or rate is None:
        return {"stated": shown(vat)}
    expected = rounded_double(float(abs(base)) * float(rate)) / 100
    return None if float(abs(vat) - 1) < expected < float(abs(vat) + 1) else differing(vat, expected)


BASES: dict[str, Verdict] = {
    "at_each_rate": base_at_each_rate,
    "either": base_of_either,
    "exactly": base_exactly,
    "of_category": base_of_category,
    "of_rate": base_of_rate,
    "of_reason": base_of_reason,
    "within_one": base_within_one,
}
AMOUNTS: dict[str, Verdict] = {"either": vat_of_either, "within_one": vat_within_one}
