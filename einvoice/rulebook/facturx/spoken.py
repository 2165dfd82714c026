"""What a breach is about: the place in the document, and the terms of EN 16931 that stand there."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from einvoice.model.terms import Term
from einvoice.model.terms import terms as all_terms
from einvoice.rulebook.facturx.breach import FacturxBreach
from einvoice.rulebook.facturx.paths import NAMESPACES, parse, prefixed

_PREDICATE = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Names from the root down, the last perhaps `@x`; `elements` are those that are there, from the root."""

    names: tuple[str, ...]
    elements: tuple[etree._Element, ...]

    @property
    def path(self) -> str:
        """`/rsm:CrossIndustryInvoice/…`."""
        return "/" + "/".join(self.names)


def place(breach: FacturxBreach) -> Place:
    """Where that is which the breach speaks of: the row's path, followed from the context."""
    chain = [breach.element, *breach.element.iterancestors()][::-1]
    names = [prefixed(element.tag) for element in chain]
    target = parse("." if breach.kind in ("holds", "computed", "ordered") else breach.row.path)
    if target.start:
        return Place(tuple(prefixed(step.name) for step in target.steps), ())
    for step in target.steps:
        if step.name == "..":
            names.pop()
        elif step.name != ".":
            names.append(prefixed(step.name))
    return Place(tuple(names), tuple(chain[: len(names)]))


def spoken_of(breach: FacturxBreach) -> tuple[Term, ...]:
    """The terms at the breach's place; () where the norm has none there."""
    where = place(breach)
    found = _by_path().get(where.path)
    if found is None and where.names[-1].startswith("@"):
        where = Place(where.names[:-1], where.elements)
        found = _by_path().get(where.path)
    found = found or ()
    return found if len(found) == 1 else tuple(term for term in found if _fits(term, where))


@functools.cache
def _by_path() -> dict[str, tuple[Term, ...]]:
    """Terms by their CII path without conditions."""
    found: dict[str, tuple[Term, ...]] = {}
    for term in all_terms().values():
        for path in term.cii.split(" | "):
            plain = _PREDICATE.sub("", path)
            found[plain] = (*found.get(plain, ()), term)
    return found


def _fits(term: Term, where: Place) -> bool:
    """Whether the element that the term's conditions speak of is the one above (or at) the place."""
    for path in term.cii.split(" | "):
        last = path.rfind("]") + 1
        depth = _PREDICATE.sub("", path[:last]).count("/")
        if 0 < depth <= len(where.elements) and where.elements[depth - 1] in _found(
            where.elements[0], path[:last]
        ):
            return True
    return False


def _found(root: etree._Element, path: str) -> Sequence[etree._Element]:
    found = root.xpath(path, namespaces=NAMESPACES)
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []
