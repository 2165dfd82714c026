"""The three syntax rules that no column can say (UBL-SR-19, 20, 21): whether a payee may stand beside a seller."""

from collections.abc import Callable

from einvoice.formats.walk.conditions import select
from einvoice.formats.walk.names import Element
from einvoice.model.namespaces import xpath

_NAMES = select("cac:PartyName/cbc:Name")
_IDS = select("cac:PartyIdentification/cbc:ID")
_COMPANY_IDS = select("cac:PartyLegalEntity/cbc:CompanyID")


def _is_no_creditor(element: Element) -> bool:
    """A bank assigned creditor identifier (BT-90) is none of the payee's identifiers."""
    return (element.get("schemeID") or "").upper() != "SEPA"


_DIFFERS = xpath(
    "cac:PartyName/cbc:Name"
    " != ../cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName"
)
"""Whether some name of the payee differs from some name of the seller: not where one of them has none."""


def _payee(
    counted: Callable[[Element], list[Element]], counts: Callable[[Element], bool]
) -> Callable[[Element], bool]:
    """Broken by a second one of `counted`, or where no name differs."""
    return lambda payee: not _DIFFERS(payee) or sum(map(counts, counted(payee))) > 1


SPECIALS = {
    "UBL-SR-19": _payee(_NAMES, lambda _: True),
    "UBL-SR-20": _payee(_IDS, _is_no_creditor),
    "UBL-SR-21": _payee(_COMPANY_IDS, lambda _: True),
}
"""rule id -> whether an element breaks it"""
