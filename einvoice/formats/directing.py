"""What reading the short way (`direct`) has to do at a place, worked out once for each state of the automaton."""

from collections.abc import Callable, Sequence
from typing import Any

from einvoice.formats.spelling import reader
from einvoice.formats.walk.automaton import State
from einvoice.formats.walk.known import everywhere
from einvoice.formats.walk.marks import Binding, Known
from einvoice.model.fields import fields
from einvoice.model.lexical import BLANKS
from einvoice.model.terms import components, terms

Table = dict[str, Any]
"""A group by field names, as the public model takes it."""


class Unplain(Exception):
    """Something that only the long way reads rightly."""


class Place:
    """Where a term or group goes, and how its text is read.

    group, field: its group and its name there; within: the group that such groups lie in. read: text → value (None
    if it is none), or None for texts. wrapped: the name of the value in a table with components, "" if it has none.
    """

    __slots__ = ("field", "group", "is_group", "read", "repeats", "term", "within", "wrapped")

    def __init__(self, binding: Binding, syntax: str) -> None:
        row = terms()[binding.term]
        if row.field not in fields(binding.parent):
            raise Unplain
        self.term, self.group, self.within = row.id, binding.parent, binding.within
        self.field, self.repeats, self.is_group = row.field, row.repeats, row.is_group
        self.read: Callable[[str], Any] | None = None if row.is_group else reader(row.id, syntax)
        self.wrapped = ""
        if components(row.id):
            self.wrapped = "content" if row.datatype == "Binary object" else "value"


class Silent:
    """Texts that say nothing of their own."""

    __slots__ = ("texts",)

    def __init__(self, marks: Sequence[Known]) -> None:
        self.texts = [mark.texts for mark in marks]

    def skip(self, text: str | None) -> None:
        """Passes a text by. Raises Unplain for one that says something."""
        text = (text or "").strip(BLANKS)
        if text and not any(not texts or text in texts for texts in self.texts):
            raise Unplain


Attribute = tuple[str, str | None, Place | None, Silent]
"""An attribute's name, and what it is: a part of the element's value, or a term, or nothing of its own."""


class Told(Silent):
    """What is to be done with an element at a state.

    single: the one term it states, where that is all; is_way: it only leads to others, or says nothing.
    groups that begin, terms, parts of a value beside it, attributes: everything else.
    """

    __slots__ = ("attributes", "groups", "is_way", "parts", "single", "terms")

    def __init__(self, here: State, syntax: str) -> None:
        super().__init__(here.known)
        self.groups = [Place(one, syntax) for one in here.groups or ()]
        stated = here.terms or ()
        self.parts = [one for one in stated if terms()[one.term].is_component]
        self.terms = [Place(one, syntax) for one in stated if not terms()[one.term].is_component]
        if syntax != "cii" and {one.term for one in self.terms} == {"BT-21", "BT-22"}:
            self._split_note()
        self.attributes = list(self._attributes(here, syntax))
        rare = self.groups or self.attributes or self.parts or len(self.terms) > 1
        self.is_way = not rare and not self.terms
        self.single = self.terms[0] if self.terms and not rare and not self.terms[0].wrapped else None

    def _split_note(self) -> None:
        """UBL writes a note's subject code into it: `#AAI#text`."""
        for one in self.terms:
            one.read = _code if one.term == "BT-21" else _note

    def _attributes(self, here: State, syntax: str) -> list[Attribute]:
        found: list[Attribute] = []
        for name, at in here.marked.items():
            silent = Silent(at.known)
            for one in at.terms:
                row = terms()[one.term]
                if not row.is_component:
                    found.append((name or "", None, Place(one, syntax), silent))
                elif len(at.terms) == 1 and [term.term for term in self.terms] == [row.parent]:
                    found.append((name or "", row.field, None, silent))
                else:
                    raise Unplain
            if not at.terms and name not in everywhere(syntax):
                found.append((name or "", None, None, silent))
        return found


def _code(text: str) -> str:
    return text[1:4]


def _note(text: str) -> str:
    return text[5:]
