"""Which documents are credit notes: their amounts count against those of invoices (UNTDID 1001, code in BT-3)."""

CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""Codes of BT-3 that are credit notes."""


def is_credit(type_code: str | None, syntax: str | None) -> bool:
    """Whether a document credits: by its code, or because UBL calls it a CreditNote."""
    return type_code in CREDIT_NOTES or syntax == "ubl-creditnote"
