"""Text of an invoice made safe to look at: nothing in it can hide, reorder or steer what a person sees."""

import unicodedata

_JOINERS = {"\u200c", "\u200d"}
"""Needed to spell Persian and Indic words and to build emoji; they reorder nothing."""


def visible(text: str) -> str:
    """The text with control and format characters (bidi overrides, zero-width space, …) written as ⟨U+202E⟩.

    Line breaks and tabs stay; what no encoding can hold becomes �.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _written(c) for c in text)


def one_line(text: str) -> str:
    """The same without line breaks, for a terminal and for cells."""
    return visible(text).replace("\r\n", " ").translate({9: " ", 10: " ", 13: " ", 0xA0: " ", 0x202F: " "})


def _written(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Zs" or char in "\n\t\r" or char in _JOINERS:
        return char
    if kind in ("Zl", "Zp"):
        return "\n"
    return "�" if kind == "Cs" else f"⟨U+{ord(char):04X}⟩"
