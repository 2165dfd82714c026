"""Banks that a SEPA credit transfer can reach: where an address is needed, BIC by its form (ISO 9362)."""

import re

from einvoice.model.accounts import SEPA

EEA = SEPA - {"AD", "AL", "CH", "GB", "GI", "MC", "MD", "ME", "MK", "RS", "SM", "VA"}
"""Within these no address of the creditor is needed (Regulation (EU) 2015/847)."""

_BIC = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?")


def is_bic(text: str | None) -> bool:
    """Whether a text has the form of a BIC."""
    return bool(text and _BIC.fullmatch(text))
