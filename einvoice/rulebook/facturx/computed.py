"""Rules that need a procedure, by the names the tables give them (kind "computed")."""

from einvoice.errors import RulebookError
from einvoice.rulebook.facturx import breakdown, lines, totals, vat
from einvoice.rulebook.facturx.states import Check

_PLAIN: dict[str, Check] = {
    check.__name__: check
    for check in (
        lines.delivery_known_in_germany,
        lines.due_is_payable,
        lines.group_has_one_total,
        lines.groups_add_up,
        lines.parent_line_exists,
        totals.allowances_nearly,
        totals.amount_due,
        totals.amount_due_adjusted,
        totals.charges_nearly,
        totals.lines_nearly,
        totals.total_of_allowances,
        totals.total_of_charges,
        totals.total_of_lines,
        totals.total_of_vat,
        totals.total_with_vat,
        totals.total_without_vat,
        totals.two_decimals_in_invoice_currency,
        totals.two_decimals_in_vat_currency,
        totals.vat_of_row,
        totals.with_vat_nearly,
        totals.without_vat_nearly,
    )
}
_OF_CATEGORY = {"vat_amount": vat.AMOUNTS, "vat_base": vat.BASES}


def computed(name: str, limit: str) -> Check:
    """The procedure `name`; `limit` holds the VAT category and how it is compared, where it has one."""
    if name in _PLAIN:
        return _PLAIN[name]
    category, _, how = limit.partition(" ")
    if name == "breakdown":
        return breakdown.breakdown(category, how)
    if name not in _OF_CATEGORY or how not in _OF_CATEGORY[name]:
        raise RulebookError(
            f"there is no procedure {name} {how}", f"ein Verfahren {name} {how} gibt es nicht"
        )
    verdict = _OF_CATEGORY[name][how]
    return lambda node: verdict(node, category)
