"""The three syntax rules that no column can say (UBL-SR-19, 20, 21): whether a payee may stand beside a seller."""

from collections.abc import Callable

from einvoice.formats.walk.conditions import select
from einvoice.formats.walk.names import Element, string_value

_NAMES = select("cac:PartyName/cbc:Name")
_SELLER_NAMES = select("../cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName")
_IDS = select("cac:PartyIdentification/cbc:ID")
_COMPANY_IDS = select("cac:PartyLegalEntity/cbc:CompanyID")


def _is_no_creditor(element: Element) -> bool:
    """A bank assigned creditor identifier (BT-90) is none of the payee's identifiers."""
    return (element.get("schemeID") or "").upper() != "SEPA"


def _payee(
    counted: Callable[[Element], list[Element]], counts: Callable[[Element], bool]
) -> Callable[[Element], bool]:
    """Broken by a second one of `counted`, or unless some name of the payee differs from some name of the seller
    (so a payee or a seller without a name breaks it too)."""

    def broken(payee: Element) -> bool:
        names = {string_value(element) for element in _NAMES(payee)}
        sellers = {string_value(element) for element in _SELLER_NAMES(payee)}
        differs = bool(names and sellers) and len(names | sellers) > 1
        return not differs or sum(map(counts, counted(payee))) > 1

    return broken


SPECIALS = {
    "UBL-SR-19": _payee(_NAMES, lambda _: True),
    "UBL-SR-20": _payee(_IDS, _is_no_creditor),
    "UBL-SR-21": _payee(_COMPANY_IDS, lambda _: True),
}
"""rule id -> whether an element breaks it"""
