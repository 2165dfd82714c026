"""From what a document states, occurrence by occurrence, to its content, free of syntax."""

from dataclasses import dataclass

from einvoice.formats.spelling import understood
from einvoice.formats.walk import Group, Occurrence, plan, walk
from einvoice.formats.walk.names import Element
from einvoice.model.content import Content, Value
from einvoice.model.terms import terms, way

_REPEATED = ("BT-7", "BT-8", "BT-9")
"""Terms of the invoice that a syntax repeats in other groups, always the same."""


def content_of(root: Element, syntax: str) -> Content:
    """The content of an invoice's XML in "ubl-invoice", "ubl-creditnote" or "cii"."""
    return understand(walk(root, plan(syntax)).invoice, syntax)


def understand(invoice: Group, syntax: str) -> Content:
    """The content of what was read: one spelling, and each thing once that a syntax repeats for its own sake.

    Nothing is lost: a term whose group is missing gets the group, and what differs stays repeated.
    """
    content = _Tree(syntax).read(invoice)
    _once(content, _REPEATED)
    _gather_payments(content, ubl=syntax != "cii")
    if syntax == "cii":
        for _, group in content.walk():
            _once(group, ("BT-149", "BT-150"))
    else:
        _split_notes(content)
    return content


@dataclass(slots=True)
class _Astray:
    """A term or group that stands outside the group it belongs to: where it was found, and where it belongs."""

    stands: Content
    inside: str
    belongs: str
    id: str
    item: Value | Content | str


class _Tree:
    """Turns the groups of one document into content; what went astray is put into its group at the end."""

    def __init__(self, syntax: str) -> None:
        self._syntax = syntax
        self._astray: list[_Astray] = []

    def read(self, invoice: Group) -> Content:
        content = self._group(invoice)
        for one in self._astray:
            groups = way(one.inside, one.belongs)
            owner = content if groups is None else one.stands
            owner.descend(way("", one.belongs) or () if groups is None else groups).add(one.id, one.item)
        return content

    def _group(self, group: Group) -> Content:
        content = Content()
        self._terms(group, content)
        for inner in group.groups:
            read = self._group(inner)
            if inner.parent == group.term:
                content.groups.setdefault(inner.term, []).append(read)
            else:
                self._astray.append(_Astray(content, group.term, inner.parent, inner.term, read))
        return content

    def _terms(self, group: Group, content: Content) -> None:
        owners: dict[tuple[str, Element | None], Value] = {}
        parts: list[Occurrence] = []
        for stated in group.occurrences():
            if terms()[stated.term].is_component:
                parts.append(stated)
                continue
            value = Value(understood(stated.term, stated.text, self._syntax))
            owners[stated.term, stated.element] = value
            owners.setdefault((stated.term, stated.element.getparent()), value)
            if stated.parent == group.term:
                content.values.setdefault(stated.term, []).append(value)
            else:
                self._astray.append(_Astray(content, group.term, stated.parent, stated.term, value))
        for part in parts:
            self._part(part, content, owners)

    def _part(
        self, part: Occurrence, content: Content, owners: dict[tuple[str, Element | None], Value]
    ) -> None:
        """Gives a component to the value whose element it is in, or beside."""
        term = terms()[part.term].parent
        owner = owners.get((term, part.element)) or owners.get((term, part.element.getparent()))
        if owner:
            owner.parts.setdefault(part.term, part.text)
        else:
            content.add(part.term, part.text)


def _once(group: Content, ids: tuple[str, ...]) -> None:
    """Leaves each text of these terms standing once."""
    for term in ids:
        if len(group.values.get(term, ())) > 1:
            group.values[term] = list({value.text: value for value in reversed(group.values[term])}.values())[
                ::-1
            ]


def _gather_payments(content: Content, *, ubl: bool) -> None:
    """Payment means that differ in their account only are one payment instruction with several accounts."""
    told_apart_by = ("BT-81", "BT-82", "BT-83") if ubl else ("BT-81", "BT-82")
    gathered: list[Content] = []
    for means in content.groups.get("BG-16", ()):
        first = gathered[0] if gathered else None
        same = first and all(_texts(first, term) == _texts(means, term) for term in told_apart_by)
        if first and same and "BG-17" in first.groups and set(means.groups) == {"BG-17"}:
            first.groups["BG-17"] += means.groups["BG-17"]
        else:
            gathered.append(means)
    if gathered:
        content.groups["BG-16"] = gathered


def _texts(group: Content, term: str) -> list[str]:
    return [value.text for value in group.values.get(term, ())]


def _split_notes(content: Content) -> None:
    """UBL writes the subject code into the note: `#AAI#text`."""
    for note in content.groups.get("BG-1", ()):
        if "BT-21" in note.values:
            for subject, text in zip(note.values["BT-21"], note.values.get("BT-22", []), strict=False):
                subject.text, text.text = text.text[1:4], text.text[5:]
