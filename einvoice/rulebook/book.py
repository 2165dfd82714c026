"""A book: all rules of a profile, for one syntax and release, compiled and ready to judge."""

import marshal
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import CodeType
from typing import Any

from einvoice.model.lexical import Remembered
from einvoice.model.listing import Listing
from einvoice.model.namespaces import xpath
from einvoice.rulebook import alike, functions, texts, views
from einvoice.rulebook.document import HERE, Document, Gatherer, Gatherers, Group, Make, absent
from einvoice.rulebook.releases import Release
from einvoice.rulebook.rule import Breach, Rule, Shown, value
from einvoice.rulebook.texts import Element

SHARED = {
    "NONE": (),
    "fresh": object.__new__,
    "examine": alike.examine,
    **{name: what for name, what in vars(functions).items() if callable(what)},
    **{
        name: getattr(texts, name)
        for name in ("string", "trimmed", "number", "double", "flag", "upper", "named")
    },
    "length": len,
    "by_key": defaultdict,
    **{
        function.__name__: Remembered(function).__getitem__
        for function in (functions.decimals, functions.moment)
    },
    **{
        name: getattr(views, name)
        for name in (
            "up",
            "earlier",
            "merged",
            "joined",
            "below",
            "spent",
            "pairs",
            "sorted_by",
            "Kept",
        )
    },
}
"""What generated Python may call."""

Check = Callable[[Any, Any, Callable[[tuple[Any, ...]], None]], None]
"""Runs rules: on the invoice, the part of it where their loops look, and what a breach is handed to."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a book is made from: nothing but what `marshal` can keep."""

    code: CodeType
    shows: bytes
    constants: dict[str, tuple[str, Any]]
    owners: tuple[str, ...]
    attributes: list[tuple[str, str, str]]
    gathers: list[tuple[tuple[str, ...] | None, tuple[int, ...]]]
    rules: list[tuple[Any, ...]]

    def parts(self) -> tuple[Any, ...]:
        """The plan as a plain tuple."""
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Ran:
    """An artefact whose rules are in a book: its version, and a digest (`sha256:…`) of the files that say them."""

    name: str
    version: str
    digest: str


class Book:
    """All rules of a profile for one syntax and release. Immutable; may be used by many threads at once.

    `rules` stand in the order of the book; `ran` says which artefacts they are of.
    """

    def __init__(
        self,
        plan: Plan,
        profile: str,
        syntax: str,
        release: Release,
        digests: Mapping[str, str],
        steps: int = 0,
    ) -> None:
        self.profile, self.syntax, self.release = profile, syntax, release
        self.ran = tuple(
            Ran(name, release.versions.get(name, ""), digest) for name, digest in digests.items()
        )
        self.rules = tuple(Rule(*row) for row in plan.rules)
        scope: dict[str, Any] = {
            **SHARED,
            **{name: constant(*what) for name, what in plan.constants.items()},
        }
        exec(plan.code, scope)
        nothing = {f"make_{attribute}": absent for _, attribute, _ in plan.attributes}
        base = type("Group", (Group,), {"__slots__": (), **nothing})
        for owner in plan.owners:
            scope[f"of_{owner}"] = type(owner, (base,), {"__slots__": scope[f"slots_{owner}"]})
        for owner, attribute, function in plan.attributes:
            setattr(scope[f"of_{owner}"], f"make_{attribute}", scope[function])
        self._owners: dict[str, Make] = {owner: scope[f"group_{owner}"] for owner in (*plan.owners, HERE)}
        self._steps = steps
        self._near: Check = scope["check_near"]
        self._far: Check = scope["check_far"]
        self._gathers = Gatherers(
            Gatherer(scope[f"gather_{number}"], scope[f"nothing_{number}"], tags, numbers)
            for number, (tags, numbers) in enumerate(plan.gathers)
        )
        self._scope, self._messages = scope, plan.shows
        self._shows: list[Shown] = []

    def judge(self, root: Element, listings: Iterator[Listing] | None = None) -> list[Breach]:
        """Every breach of a rule by a document, in the order of the book, then of the document.

        `listings`: its elements as somebody goes over them (model/listing.py); else they are gone over here.
        """
        doc = Document(root, self._owners, self._gathers, self._steps, listings)
        try:
            with localcontext(functions.EXACT):
                found = []
                for stretch in doc.gathering():
                    found += self._run(self._near, doc.invoice, stretch.invoice)
                found += self._run(self._far, doc.invoice, doc.invoice)
        finally:
            doc.close()
        found.sort(key=_place)
        return [breach for _, breach in found]

    def _run(self, check: Check, invoice: Group, here: Group) -> list[tuple[int, Breach]]:
        """Every breach by what lies `here`, with its place in the book."""
        found: list[tuple[Any, ...]] = []
        check(invoice, here, found.append)
        return [(one[0], self._breach(invoice, *one)) for one in found]

    def _show(self, index: int) -> Shown:
        """What gives a rule's message its values; such functions are made when the first breach is met."""
        if not self._shows:
            exec(marshal.loads(self._messages), self._scope)
            self._shows = [self._scope[f"show_{number}"] for number in range(len(self.rules))]
        return self._shows[index]

    def _breach(self, invoice: Group, index: int, *groups: Group) -> Breach:
        shown = {name: value(number, what) for name, number, what in self._show(index)(invoice, *groups)}
        return Breach(self.rules[index], (groups[-1] if groups else invoice)._element, shown)


def _place(found: tuple[int, Breach]) -> int:
    return found[0]


def constant(kind: str, what: Any) -> object:
    """A constant of generated Python."""
    if kind == "pattern":
        return re.compile(what)
    if kind == "xpath":
        return xpath(what)
    if kind == "fine":
        return set[alike.Key]()
    return Decimal(what) if kind == "decimal" else what
