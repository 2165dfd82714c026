"""The character set of SEPA messages: Latin letters without accents, digits and `/ - ? : ( ) . , ' +` and blank.

Source: EPC217-08, which banks of all countries accept; German letters are spelled out (ä → ae), not stripped.
"""

import re
import unicodedata

_SPELLED = {
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae",
    "ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa", "œ": "oe", "Œ": "Oe", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "&": "+", "€": "EUR", "@": "(at)", "_": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "„": "'", "“": "'",
    "”": "'", "‚": "'", "‘": "'", "’": "'", '"': "'", "´": "'", "`": "'", ";": ",", "[": "(", "]": ")", "{": "(",
    "}": ")", "§": "Par.", "%": " v.H.", "#": "Nr.", "*": ".", "=": "-", "\\": "/", "|": "/", "…": "...",
}  # fmt: skip
_ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]")


def spelled(text: str, most: int) -> str:
    """A text in the character set, blanks single, at most so many characters; "" where nothing of it can be said.

    A text begins and ends with no slash and has no two in a row: some banks refuse those in references.
    """
    written = "".join(_one(char) for char in unicodedata.normalize("NFC", text))
    written = re.sub(r"/{2,}", "/", re.sub(r"\s+", " ", written))
    return written.strip().lstrip("/").strip()[:most].rstrip(" /")


def _one(char: str) -> str:
    if char in _SPELLED:
        return _SPELLED[char]
    if _ALLOWED.fullmatch(char):
        return char
    bare = "".join(c for c in unicodedata.normalize("NFKD", char) if _ALLOWED.fullmatch(c))
    return bare or " "
