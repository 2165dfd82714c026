"""What a finding tells to do, said to the supplier who reads it in a letter: hints speak to whoever has the invoice.

"Der Absender muss die Summe berichtigen; eine falsche Summe nicht bezahlen." → "Bitte die Summe berichtigen."
A test asks every hint of the rules in both languages: a new way of saying it is noticed there.
"""

import re
from typing import Any

from einvoice.validation.report import Finding

_ASKED = (
    (re.compile(r"^Der Absender (?:muss|soll) "), "Bitte "),
    (re.compile(r"^Beim Absender (.*) anfordern(?=[,.;:]|$)"), r"Bitte \1 senden"),
    (re.compile(r"^The sender (?:has to|must|should) "), "Please "),
    (re.compile(r"^Ask the sender for (?=an? )"), "Please send "),
)
"""What the sender has to do, and how he is asked for it."""

_OURS = re.compile(
    r"Absender|[Nn]icht .*\bzahlen|bezahlen|Nicht überweisen|Vor der Zahlung|vergleichen|[Vv]orsteuer"
    r"|\bsender\b|[Dd]o not (?:pay|transfer)|before pay|^Compare|input tax|tell the|^Tell"
)
"""What is said to the receiver alone."""

_ENDS = re.compile(r"(; |(?<=[a-zäöüß]{2})\. (?=[A-ZÄÖÜ]))")


def told(finding: Finding) -> dict[str, Any]:
    """A finding as a letter to the supplier tells it: rule, message and hint."""
    return {"rule": finding.rule, "message": finding.message, "hint": to_supplier(finding.hint)}


def to_supplier(hint: str) -> str:
    """A hint (German or English) as the supplier is told it; "" where it is for the receiver alone."""
    parts = _ENDS.split(hint.strip().removesuffix("."))
    said = ""
    for before, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        asked = _asked(part)
        if asked != part or not _OURS.search(part):
            said += f"{before}{asked}" if said else asked
    if said and not hint.startswith(said[:2]):
        said = f"{said[0].upper()}{said[1:]}"
    return f"{said}." if said else ""


def _asked(part: str) -> str:
    for pattern, instead in _ASKED:
        part, count = pattern.subn(instead, part)
        if count:
            return part.replace(" or to ", " or ")
    return part
