"""The names by which a place or a document system is told what a file is about: of its batch, and of its invoice."""

import re
from collections.abc import Mapping

SAID = (
    "number", "type_code", "issue_date", "due_date", "received", "seller", "seller_vat_id", "creditor_number",
    "buyer", "buyer_reference", "order_reference", "contract", "currency", "net", "vat", "gross", "payable", "iban",
    "office", "profile", "verdict", "sha256", "file",
)  # fmt: skip
"""What is said of an invoice beside its papers, by the names of profiles (schemas/exports/names.tsv)."""

OF_INVOICE = (*SAID, "position", "approved", "office_name")
"""What is known of a file of one invoice."""

OF_FILE = ("batch", "tenant", "tenant_title", "format", "demo", "file_name", "file_sha256")
"""What is known of every file."""

NAMES = (*OF_FILE, *OF_INVOICE)
_NAME = re.compile(r"\{([^{}]*)\}")


def unknown(text: str) -> str | None:
    """The first name in a text of names in braces that there is not; None if there are all."""
    return next((one for one in _NAME.findall(text) if one not in NAMES), None)


def filled(text: str, about: Mapping[str, str]) -> str | None:
    """A text with the values of its names; None where one of them has none."""
    if any(one not in about for one in _NAME.findall(text)):
        return None
    return _NAME.sub(lambda found: about[found[1]], text)
