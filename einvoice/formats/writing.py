"""Writes an invoice's content as UBL Invoice, UBL CreditNote or CII, from the same tables it is read with.

What is given is written as given: blank texts, junk numbers, missing or repeated terms. What the syntax cannot
carry is named, never left out in silence.
"""

import re
from dataclasses import dataclass

from einvoice.formats.bindings import Steps, alternatives, needs, spread_over, steps
from einvoice.formats.element import Drawing, Element, find, place, repeating, root, serialised
from einvoice.formats.prepared import prepared
from einvoice.formats.spelling import written
from einvoice.model.content import Content, Value, rank
from einvoice.model.terms import components, terms

_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 ]*")

_GROSS_FIRST = frozenset({"BT-149", "BT-150"})
"""CII may state these with the net price and, before it, with the gross price; one alone belongs to the net price."""


@dataclass(frozen=True, slots=True)
class Written:
    """A written invoice: its bytes (UTF-8), and by id, in the norm's order, what is not as in the content.

    `losses` are terms and groups that the syntax cannot carry, wholly or so often; `added` are terms with a
    filler that the syntax asks for (UBL: BT-13 beside BT-14, BT-22 beside BT-21, BT-147 beside BT-148, BT-110 above
    BG-23; CII: BT-148 beside BT-147).
    """

    data: bytes
    losses: tuple[str, ...]
    added: tuple[str, ...] = ()


def write(content: Content, syntax: str) -> Written:
    """The content in "ubl-invoice", "ubl-creditnote" or "cii"; valid content gives a document valid by XSD."""
    shaped = prepared(content, syntax)
    document = _Document(shaped.content, syntax)
    losses = shaped.losses | document.losses
    ids = list(terms())
    return Written(
        serialised(document.root),
        tuple(sorted(losses, key=ids.index)),
        tuple(sorted(shaped.added, key=ids.index)),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """A group that is being written: its id, the path of its element, the element."""

    id: str
    path: Steps
    element: Element


_Way = tuple[_Group, ...]
"""The groups from the invoice (id "") down to the one that is being written."""


class _Document:
    """One document in the making: its root element, and the ids of what it could not take."""

    def __init__(self, content: Content, syntax: str) -> None:
        self.syntax = syntax
        self.losses: set[str] = set()
        self._content = content
        self.root = root(Drawing(syntax, {term: content.text(term) for term in ("BT-5", "BT-6")}))
        self._write(content, (_Group("", steps("/" + self.root.name), self.root),))

    def _write(self, content: Content, way: _Way) -> None:
        """Writes what stands in one group; terms that are attributes come last, when their elements are there.

        Groups come in the norm's order, as some share elements (UBL: BT-29 of BG-4 and BT-90 of BG-19).
        """
        for group, occurrences in sorted(content.groups.items(), key=lambda item: rank(item[0])):
            for index, occurrence in enumerate(occurrences):
                self._write_group(group, index, occurrence, way)
        for term, values in sorted(content.values.items(), key=lambda item: self._is_attribute(item[0])):
            if self._can_stand(term):
                turns = reversed(range(len(values))) if term in _GROSS_FIRST else range(len(values))
                for index, turn, value in zip(range(len(values)), turns, values, strict=True):
                    self._write_value(term, index, turn, value, way)
            elif values:
                self.losses.add(term)

    def _is_attribute(self, term: str) -> bool:
        return "/@" in terms()[term].path(self.syntax).rpartition("]")[2]

    def _can_stand(self, term: str) -> bool:
        needed = needs(term, self.syntax)
        there = not needed or self._content.values.get(needed) or self._content.groups.get(needed)
        return bool(there and terms()[term].path(self.syntax))

    def _write_group(self, group: str, index: int, content: Content, way: _Way) -> None:
        paths = alternatives(group, way[-1].id, self.syntax)
        if not paths:
            self.losses.add(group)
            return
        path = paths[0]
        base = way[-1] if group == "BG-DEX-01" else _base(way, path)
        below = path[-1:] if group == "BG-DEX-01" else path[len(base.path) :]
        element = place(base.element, below, index, share=not terms()[group].repeats)[-1]
        if index and repeating(base.element, below) is None:
            self.losses.add(group)
        element.is_optional = bool(below and (content.values or content.groups))
        self._write(content, (*way, _Group(group, path, element)))

    def _write_value(self, term: str, index: int, turn: int, value: Value, way: _Way) -> None:
        paths = alternatives(term, way[-1].id, self.syntax)
        path = _chosen(term, value, turn, paths, self.syntax)
        base = _base(way, path)
        below = path[len(base.path) :]
        text = written(term, value.text, self.syntax)
        if below and below[-1].name.startswith("@"):
            at = 0 if len(paths) > 1 else index
            self._write_attribute(term, text, find(base.element, below[:-1], at), below[-1].name)
        elif spread_over(term, self.syntax):
            self._spread(term, text, base.element, below)
        else:
            chain = self._free(term, base.element, below)
            chain[-1].text = text
            self._write_parts(value, way[-1].id, path, chain)

    def _free(self, term: str, element: Element, path: Steps) -> list[Element]:
        """The elements along a path to one that holds no text yet."""
        index = 0
        chain = place(element, path, index)
        while path and chain[-1].text is not None:
            index += 1
            chain = place(element, path, index)
        if index and repeating(element, path) is None:
            self.losses.add(term)
        return chain

    def _write_attribute(self, term: str, text: str, owner: Element | None, name: str) -> None:
        if owner is None:
            self.losses.add(term)
        else:
            owner.attributes[name[1:]] = text

    def _spread(self, term: str, text: str, element: Element, path: Steps) -> None:
        """Writes a term into each element of the group that the syntax repeats it in."""
        found = repeating(element, path)
        rows = 0
        while found is not None and find(element, path[: found + 1], rows):
            place(element, path, rows)[-1].text = text
            rows += 1
        if not rows:
            self.losses.add(term)

    def _write_parts(self, value: Value, home: str, path: Steps, chain: list[Element]) -> None:
        """Writes a value's components: attributes of its element, or elements beside it."""
        for part, text in value.parts.items():
            part_path = alternatives(part, home, self.syntax)[0]
            shared = next(
                (n for n, (a, b) in enumerate(zip(path, part_path, strict=False)) if a != b), len(path)
            )
            owner = chain[shared - len(path) + len(chain) - 1]
            for step in part_path[shared:-1]:
                owner = place(owner, (step,), 0)[-1]
            if part_path[-1].name.startswith("@"):
                owner.attributes[part_path[-1].name[1:]] = text
            else:
                place(owner, part_path[-1:], 0)[-1].text = text


def _base(way: _Way, path: Steps) -> _Group:
    """The innermost group being written whose element lies on the path."""
    return next(group for group in reversed(way) if path[: len(group.path)] == group.path)


def _chosen(term: str, value: Value, turn: int, paths: tuple[Steps, ...], syntax: str) -> Steps:
    """Which of a term's paths suits a value: accounts by IBAN or not, identifiers by scheme or not.

    Others take turns: CII has a person and a department for one contact point (BT-41).
    """
    if len(paths) == 1:
        return paths[0]
    if term == "BT-84":
        return paths[0 if _IBAN.fullmatch(value.text) else 1]
    if not components(term):
        return paths[min(turn, len(paths) - 1)]
    if value.parts:
        owner = steps(terms()[next(iter(value.parts))].path(syntax))[:-1]
        return owner if owner in paths else paths[0]
    return paths[0]
