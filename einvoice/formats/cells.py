"""Cells of tables that people open in a spreadsheet."""

import re

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection)."""


def harmless(text: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet might calculate it; numbers stay numbers."""
    return "'" + text if text.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(text) else text
