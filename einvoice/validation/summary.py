"""The summary of an invoice in its report: the few terms a list or a route needs."""

from einvoice.model.lexical import date_102, trim
from einvoice.validation.glance import Glance
from einvoice.validation.report import Summary

TERMS = {
    "number": "BT-1",
    "type": "BT-3",
    "issue_date": "BT-2",
    "due_date": "BT-9",
    "seller": "BT-27",
    "seller_vat_id": "BT-31",
    "buyer": "BT-44",
    "buyer_reference": "BT-10",
    "currency": "BT-5",
    "net": "BT-109",
    "vat": "BT-110",
    "gross": "BT-112",
    "payable": "BT-115",
    "iban": "BT-84",
}
"""Field of the summary → term."""


def summarise(glance: Glance) -> Summary:
    """What the invoice says at a glance: of each term the first occurrence, trimmed; dates as ISO."""
    values = {field: trim(text) or None if (text := glance[term]) else None for field, term in TERMS.items()}
    for field in ("issue_date", "due_date"):
        if (text := values[field]) and (day := date_102(text)):
            values[field] = day.isoformat()
    return Summary(**values)
