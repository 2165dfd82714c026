"""What would break a row of a table of rules, in words: `explain` shows it where a rule has no written example."""

from typing import Literal

Lang = Literal["de", "en"]

_WORDS = {
    "has": ("{context} enthält {path}.", "{context} contains {path}."),
    "attribute": ("{context} hat das Attribut {path}.", "{context} has the attribute {path}."),
    "stands": ("{context} steht in der Rechnung.", "{context} stands in the invoice."),
    "times": ("{context} enthält {path} {count}-mal.", "{context} contains {path} {count} times."),
    "lacks": ("{context} steht ohne {path}.", "{context} stands without {path}."),
    "empty": ("{context} ist leer.", "{context} is empty."),
    "text": ("{place} lautet „{text}“.", "{place} reads “{text}”."),
    "wrong": ("{place} lautet {text}.", "{place} reads {text}."),
    "several": (
        "{place} steht zweimal mit verschiedenem Text.",
        "{place} stands twice with different texts.",
    ),
    "order": ("In {context} liegt das Ende vor dem Beginn.", "In {context} the end is before the start."),
}
_TEXTS = {
    "in_list": "???",
    "one_of": "???",
    "values": "???",
    "prefix_in_list": "??123456789",
    "word_in_list": "???",
    "moment": "2026-02-30",
    "ordered": "",
}
_WRONG = {"= 0": "1.00", "> 0": "0.00", ">= 0": "-1.00"}
"""A number that is not as it should be."""


def breaks(context: str, kind: str, path: str, limit: str, lang: Lang) -> tuple[str, str] | None:
    """What a document that breaks a row has, and "" (what is said depends on it); None where no sentence fits."""
    context = context.partition(" | ")[0]
    place = context if path in (".", "") else path if path.startswith("/") else f"{context}/{path}"
    key, count, text = _key(kind, path, limit), 0, _TEXTS.get(kind, "")
    if key == "times":
        count = int(limit) + 1
    if kind in ("decimals", "max_decimals"):
        text = f"1.{'0' * int(limit)}1"
    if key == "wrong":
        text = _WRONG[limit]
    if kind == "max_length":
        text = "x" * (int(limit) + 1) if int(limit) < 40 else "x…x"
    if not key:
        return None
    shown = path.removeprefix("@") if key == "attribute" else path
    template = _WORDS[key][lang == "en"]
    return template.format(context=context, path=shown, place=place, count=count, text=text), ""


def _key(kind: str, path: str, limit: str) -> str:
    """Which sentence fits; "" for none."""
    here = path in (".", "")
    if kind == "absent":
        return "stands" if here else "attribute" if path.startswith("@") else "has"
    if kind in ("at_most", "exactly") and limit.isdigit():
        return "times"
    if kind in ("present", "stated", "visible", "at_least"):
        return "empty" if here else "lacks"
    if kind == "ordered":
        return "order"
    if kind in ("number", "number_if_any"):
        return "wrong"
    if kind == "same_text":
        return "several"
    if kind == "always":
        return "empty"
    return "text" if kind in _TEXTS or kind in ("decimals", "max_decimals", "max_length") else ""
