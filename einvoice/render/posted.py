"""Words about postings: why one was proposed, what a deduction is called, amounts as people read them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from einvoice.render import words

DEDUCTIONS = {
    "cut": ("Kürzung", "cut"),
    "retention": ("Sicherheitseinbehalt", "retention"),
    "skonto": ("Skonto", "Skonto"),
    "third-party": ("für Dritte", "for others"),
    "prepaid": ("schon bezahlt", "paid already"),
}
"""Kinds of deductions in German and English."""

STATED = {
    "third-party": (
        "Laut Rechnung für Dritte einbehalten (BG-DEX-09).",
        "Collected for others, as the invoice states (BG-DEX-09).",
    ),
    "prepaid": (
        "Laut Rechnung schon bezahlt oder gerundet (BT-113, BT-114).",
        "Paid already or rounded, as the invoice states (BT-113, BT-114).",
    ),
}
"""Kind of a deduction that an invoice itself states → its reason, kept in German, in German and English."""

_SOURCES = {
    "rule": ("Regel {rule}", "rule {rule}"),
    "history": ("wie Rechnung {number} vom {date}", "as invoice {number} of {date}"),
    "failed": ("Regeln nicht anwendbar: {text}", "rules could not be applied: {text}"),
    "order": ("Auftrag {order} ({term})", "order {order} ({term})"),
    "standing-order": ("Daueranordnung {order}", "standing order {order}"),
}
"""Where a proposal comes from; the braces name its values."""


def deduction(kind: str, lang: str) -> str:
    """What a deduction is called."""
    return DEDUCTIONS[kind][lang != "de"] if kind in DEDUCTIONS else kind


def reason(kind: str, text: str, lang: str) -> str:
    """Why something was deducted; what a person wrote stays as it is."""
    de, en = STATED.get(kind, ("", ""))
    return en if text == de and lang != "de" else text


def amount(value: Decimal | None, lang: str) -> str:
    """An amount without its currency; "" for none."""
    return "" if value is None else words.amount(f"{value:f}", lang, None)


def why(proposed_from: Mapping[str, Any] | None, lang: str) -> str:
    """Why a posting was proposed so, as the store keeps it; "" where a person set it."""
    return "; ".join(_why(one, lang) for one in (proposed_from or {}).get("because", ()))


def _why(one: Mapping[str, Any], lang: str) -> str:
    text = _SOURCES.get(str(one.get("by")), ("{by}", "{by}"))[lang != "de"]
    for name, value in one.items():
        said = words.day(str(value), lang) if name == "date" and value else str(value or "–")
        text = text.replace(f"{{{name}}}", said)
    return text
