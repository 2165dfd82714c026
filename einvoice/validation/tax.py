"""Our own checks of what § 14 (4) UStG asks of an invoice, where no official rule does (class `content`).

They never change the official verdict: an incomplete invoice is one, but input tax may be at stake (BMF letter of
15 October 2025, III C 2 – S 7287-a/00019/007/243; UStAE 14.5). A town's policy may hold or reject by id.
"""

from collections.abc import Iterator

from einvoice.model.problem import Problem
from einvoice.validation.glance import Glance

BELOW_THE_NORM = ("minimum", "basicwl")
"""Factur-X profiles that are no invoice under German VAT law (§ 14 (1) UStG: without lines, or more)."""

_STATED: dict[str, tuple[str, tuple[str, ...]]] = {
    "EI-TAX-NUMBER": ("text", ("BT-31", "BT-32", "BT-63")),
    "EI-TAX-SUPPLY": ("text", ("BT-72", "BT-73", "BT-74", "BT-134", "BT-135")),
}
"""Finding → the sentence, and the terms of which one has to be stated."""

_ADDRESSES = {
    "seller": (("BT-35", "BT-36", "BT-162"), ("BT-37",), ("BT-38",)),
    "buyer": (("BT-50", "BT-51", "BT-163"), ("BT-52",), ("BT-53",)),
}
"""Party → the three lines of its address, its town and its postcode: something of each."""


def missing(glance: Glance, facturx: str | None) -> Iterator[Problem]:
    """What the law asks for and the invoice does not state. `facturx`: the Factur-X profile that judges it."""
    if facturx in BELOW_THE_NORM:
        yield Problem("EI-TAX-PROFILE", {"profile": facturx.upper()})
        return
    lacking = list(_lacking(glance))
    if lacking and (glance["BT-118"] or "").strip() != "O":  # not subject to VAT: the law asks for nothing
        yield from lacking


def _lacking(glance: Glance) -> Iterator[Problem]:
    for rule, (why, wanted) in _STATED.items():
        if not glance.states(wanted):
            yield Problem(rule, {"why": why})
    for party, parts in _ADDRESSES.items():
        if not all(map(glance.states, parts)):
            yield Problem("EI-TAX-ADDRESS", {"why": party})
