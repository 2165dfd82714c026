"""The rules of the Factur-X 1.09 / ZUGFeRD 2.5 profiles (rules/factur-x): what they find, and in which words.

Nothing is loaded before a document is judged; each profile is compiled once, whatever the number of threads.
"""

from typing import TYPE_CHECKING

from lxml import etree

from einvoice.model.problem import Problem

if TYPE_CHECKING:
    from einvoice.rulebook.facturx.breach import FacturxBreach

PROFILES = ("minimum", "basicwl", "basic", "en16931", "extended")
VERSION = "1.09"
"""Of Factur-X: what the report names beside the digest (plan.VERSION, without loading it)."""


def judge(root: etree._Element, profile: str) -> list["FacturxBreach"]:
    """The breaches of a CII document, in its order; RulebookError for an unknown profile."""
    from einvoice.rulebook.facturx.judging import judgement

    return judgement(root, profile).breaches


def aborts(root: etree._Element, profile: str) -> list[Problem]:
    """EI-ABORT wherever the official stylesheet of the profile would stop, and so give no verdict."""
    from einvoice.rulebook.facturx.judging import judgement
    from einvoice.rulebook.facturx.words import abort

    found = {problem.location or "": problem for problem in map(abort, judgement(root, profile).aborts)}
    return list(found.values())


def examine(root: etree._Element, profile: str) -> tuple[list["FacturxBreach"], list[Problem]]:
    """Breaches and aborts of one run: judge() and aborts() at the price of one."""
    from einvoice.rulebook.facturx.judging import judgement
    from einvoice.rulebook.facturx.words import abort

    result = judgement(root, profile)
    found = {problem.location or "": problem for problem in map(abort, result.aborts)}
    return result.breaches, list(found.values())


def message(lang: str, breach: "FacturxBreach") -> str:
    """The breach in words, German ("de") or English ("en")."""
    from einvoice.rulebook.facturx.words import message

    return message(lang, breach)


def hint(lang: str, breach: "FacturxBreach") -> str:
    """What to do about it, in one sentence."""
    from einvoice.rulebook.facturx.words import hint

    return hint(lang, breach.kind, breach.row.path)


def terms(breach: "FacturxBreach") -> tuple[str, ...]:
    """The terms of EN 16931 that the breach is about, as far as they are known."""
    from einvoice.rulebook.facturx.words import terms

    return terms(breach)


def digest(profile: str) -> str:
    """SHA-256 (hex) of the data that judge a profile."""
    from einvoice.rulebook.facturx.plan import digest

    return digest(profile)
