"""Breaches and aborts in words (rules/factur-x/messages.toml, conditions.toml)."""

import functools
import re
import string
import tomllib
from typing import Any

from einvoice.data import folder
from einvoice.model.location import Locator, line_of, prefixed
from einvoice.model.problem import Problem
from einvoice.rulebook.facturx.breach import FacturxBreach
from einvoice.rulebook.facturx.conditions import table as conditions
from einvoice.rulebook.facturx.judging import Aborted
from einvoice.rulebook.facturx.spoken import place, spoken_of

TITLES = {
    "minimum": "MINIMUM",
    "basicwl": "BASIC WL",
    "basic": "BASIC",
    "en16931": "EN 16931",
    "extended": "EXTENDED",
}
_TERM = re.compile(r"B[TG]-[0-9]+")
_PARTS_SHOWN = 2
"""Names of a path that a message shows."""


@functools.cache
def _sentences() -> dict[str, dict[str, str]]:
    with (folder("rules") / "factur-x" / "messages.toml").open("rb") as file:
        return tomllib.load(file)


@functools.cache
def _hints() -> dict[str, dict[str, str]]:
    with (folder("rules") / "factur-x" / "hints.toml").open("rb") as file:
        return tomllib.load(file)


def hint(lang: str, kind: str, path: str) -> str:
    """What to do about a breach of a row of that kind and path, in one sentence."""
    own = _hints().get(STRICT.get(path, path)) if kind == "computed" else None
    return (own or _hints()[kind])[lang]


def message(lang: str, breach: FacturxBreach) -> str:
    """One sentence with the actual values, and the rule of the norm in brackets."""
    values = {
        **breach.values,
        **_parameters(breach),
        "what": what(lang, breach),
        "profile": TITLES[breach.profile],
    }
    text = _Filler().vformat(_sentence(lang, breach), (), values)
    return f"{text[:1].upper()}{text[1:]}" + (
        f" [{breach.norm}]" if breach.norm not in ("", breach.rule) else ""
    )


def what(lang: str, breach: FacturxBreach) -> str:
    """`Nettopreis des Artikels (BT-146)`, `Attribut schemeID von …`, or `SellerTradeParty/ID`."""
    where = place(breach)
    terms = spoken_of(breach)
    attribute = where.names[-1].removeprefix("@") if where.names[-1].startswith("@") else ""
    if len(terms) == 1:
        name = f"{terms[0].de if lang == 'de' else terms[0].en} ({terms[0].id})"
    else:
        names = where.names[:-1] if attribute else where.names
        name = "/".join(name.partition(":")[2] or name for name in names[-_PARTS_SHOWN:])
    if not attribute or (len(terms) == 1 and terms[0].is_component):
        return name
    return f"Attribut {attribute} von {name}" if lang == "de" else f"attribute {attribute} of {name}"


def _sentence(lang: str, breach: FacturxBreach) -> str:
    if breach.kind == "holds":
        own = conditions()[breach.row.path.partition(" ")[0]].get(lang)
        return str(own or _sentences()["holds"][lang])
    if breach.kind in ("exactly", "at_least") and breach.values["count"] == "0":
        return _sentences()["present"][lang]
    if breach.kind != "computed":
        return _sentences()[breach.kind][lang]
    if "stated" in breach.values and "expected" not in breach.values:
        return _sentences()["missing_part"][lang]
    return _sentences()[STRICT.get(breach.row.path, breach.row.path)][lang]


STRICT = {
    "allowances_nearly": "total_of_allowances",
    "amount_due_adjusted": "amount_due",
    "charges_nearly": "total_of_charges",
    "lines_nearly": "total_of_lines",
    "with_vat_nearly": "total_with_vat",
    "without_vat_nearly": "total_without_vat",
}
"""Tolerant checks speak like the strict ones."""


def terms(breach: FacturxBreach) -> tuple[str, ...]:
    """The terms of EN 16931 that the breach is about: those at its place, or those its sentence names."""
    if breach.kind in ("computed", "holds"):
        return tuple(dict.fromkeys(_TERM.findall(_sentence("en", breach))))
    return tuple(term.id for term in spoken_of(breach))


def _parameters(breach: FacturxBreach) -> dict[str, str]:
    return {"category": breach.row.limit.partition(" ")[0]} if breach.kind == "computed" else {}


def abort(aborted: Aborted) -> Problem:
    """EI-ABORT: the element in question, how often it stands, and whether it is that or a text that is no number."""
    element = aborted.elements[0]
    values = {
        "element": prefixed(element.tag),
        "count": str(len(aborted.elements)),
        "rule": aborted.row.rule,
    }
    if aborted.why == "number":
        values |= {"why": "number", "value": (element.text or "")[:100]}
    return Problem("EI-ABORT", values, location=Locator().path(element), line=line_of(element))


class _Filler(string.Formatter):
    """Fills placeholders with plain values only; what is missing shows as …"""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        return kwargs.get(field_name, "…") or "–", field_name
