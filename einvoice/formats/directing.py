"""What the short ways of reading (`direct`, `along`) do at a place, worked out once per state of the automaton."""

from collections.abc import Callable
from typing import Any

from einvoice.formats.spelling import reader
from einvoice.formats.walk.automaton import MANY_TAGS, State
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.known import everywhere
from einvoice.formats.walk.marks import Binding, Known
from einvoice.formats.walk.names import Element
from einvoice.model.fields import fields
from einvoice.model.lexical import BLANKS
from einvoice.model.terms import components, terms

Table = dict[str, Any]
"""A group by field names, as the public model takes it."""

Reader = Callable[[str], Any]

BETWEEN: frozenset[str | None] = frozenset(
    [None, "\n", *("\n" + blank * count for blank in " \t" for count in range(1, 41))]
)
"""What nearly always stands between elements: one look is cheaper than stripping it."""


class Unplain(Exception):
    """Something that only the long way reads rightly."""


class Place:
    """Where a term or group goes, and how its text is read.

    group, field: its group and its name there; within: the group that such groups lie in, home: their name there.
    read: text → value (None if it is none), or None for texts. wrapped: the name of the value in a table with
    components, "" if it has none. twofold: the syntax states it in two places, so that it may be said twice if both
    say the same.
    """

    __slots__ = (
        "field",
        "group",
        "home",
        "is_group",
        "read",
        "repeats",
        "term",
        "twofold",
        "within",
        "wrapped",
    )

    def __init__(self, binding: Binding, syntax: str) -> None:
        row = terms()[binding.term]
        if row.field not in fields(binding.parent):
            raise Unplain
        self.term, self.group, self.within = row.id, binding.parent, binding.within
        self.home = terms()[binding.parent].field if binding.parent else ""
        self.field, self.repeats, self.is_group = row.field, row.repeats, row.is_group
        self.read: Reader | None = None if row.is_group else reader(row.id, syntax)
        self.wrapped = ""
        if components(row.id):
            self.wrapped = "content" if row.datatype == "Binary object" else "value"
        # where one value has one spelling, equal values are equal texts
        spelled = self.read is None or (syntax == "cii" and (row.datatype == "Date" or row.id == "BT-8"))
        self.twofold = not (row.is_group or self.wrapped) and (spelled or "|" in row.path(syntax))
        if self.read is not None and self.twofold and not spelled:
            self.read = _comparable(self.read)


class Silence:
    """Texts that say nothing of their own: those that are meant by the table of discriminators."""

    __slots__ = ("is_any", "texts")

    def __init__(self, marks: tuple[Known, ...]) -> None:
        self.is_any = any(not mark.texts for mark in marks)
        self.texts = frozenset(text for mark in marks for text in mark.texts)

    def covers(self, text: str) -> bool:
        """Whether a text says nothing of its own."""
        return self.is_any or text in self.texts or not (text := text.strip(BLANKS)) or text in self.texts


class Attribute:
    """What an attribute is: a part of its element's value (its name there), a term, or nothing of its own.

    is_everywhere: it may stand at any element, and what it may say depends on the whole invoice.
    """

    __slots__ = ("is_everywhere", "owner", "part", "silence", "term")

    def __init__(self, name: str, marked: Any, owner: list[str], syntax: str) -> None:
        self.part: str | None = None
        self.owner = ""
        self.term: Place | None = None
        self.silence = Silence(marked.known)
        self.is_everywhere = name in everywhere(syntax) and not marked.terms
        if not marked.terms:
            return
        if len(marked.terms) > 1:
            raise Unplain
        row = terms()[marked.terms[0].term]
        if not row.is_component:
            self.term = Place(marked.terms[0], syntax)
        elif owner == [row.parent]:
            self.part, self.owner = row.field, row.parent
        else:
            raise Unplain


class Told(dict[str, "Told"]):
    """tag → what is to be done with an element of that name here.

    fork: the place depends on what the element says: ask `follow`. leaf: the one term that it states, where that is
    all and stands once; begins: the one group that begins, where that is all. groups, terms, parts (of a value beside
    it): all there is, where it is_rare. silence: its texts that say nothing, silent: the most usual of them;
    attributes: those that patterns of terms know, everywhere: the names of those that may stand at any element.
    """

    __slots__ = (
        "attributes", "begins", "everywhere", "fork", "groups", "is_rare", "leaf", "parts", "silence",
        "silent", "state", "syntax", "terms",
    )  # fmt: skip

    def __init__(self, state: State, syntax: str) -> None:
        super().__init__()
        self.state, self.syntax, self.fork = state, syntax, state.fork
        self.silence = Silence(state.known)
        self.silent = BETWEEN | self.silence.texts if self.silence.texts else BETWEEN
        self.groups = [Place(one, syntax) for one in state.groups or ()]
        stated = state.terms or ()
        self.parts = [one for one in stated if terms()[one.term].is_component]
        self.terms = [Place(one, syntax) for one in stated if not terms()[one.term].is_component]
        if syntax != "cii" and {one.term for one in self.terms} == {"BT-21", "BT-22"}:
            self._split_note()
        owner = [one.term for one in self.terms]
        self.attributes = {
            name: Attribute(name, marked, owner, syntax)
            for name, marked in state.marked.items()
            if name and (marked.terms or marked.known)
        }
        self.everywhere = [name for name, one in self.attributes.items() if one.is_everywhere]
        self.begins = self.groups[0] if len(self.groups) == 1 and not stated else None
        self.is_rare = self.begins is None and bool(self.groups or stated)
        plain = len(stated) == len(self.terms) == 1 and not self.groups
        self.leaf = self.terms[0] if plain and not (self.terms[0].wrapped or self.terms[0].repeats) else None

    def __missing__(self, tag: str) -> "Told":
        if not isinstance(tag, str):  # a comment or processing instruction of a tree built by hand
            raise Unplain
        if len(self) >= MANY_TAGS:
            self.clear()
        self[tag] = told = told_at(self.state[tag], self.syntax)
        return told

    def follow(self, element: Element, seen: Seen) -> "Told":
        """What is to be done with this very element. `seen` is one walk's memory of what was read above elements."""
        assert self.fork is not None
        return told_at(self.fork.follow(element, seen), self.syntax)

    def _split_note(self) -> None:
        """UBL writes a note's subject code into it: `#AAI#text`."""
        for one in self.terms:
            one.read = _code if one.term == "BT-21" else _note


def told_at(state: State, syntax: str) -> Told:
    """What is to be done at a state. Raises Unplain where only the long way knows."""
    if state.told is None:
        state.told = Told(state, syntax)
    told: Told = state.told
    return told


def _comparable(read: Reader) -> Reader:
    """Reads only what is spelled as the value itself is, so that equal values are equal texts."""

    def spelled(text: str) -> Any:
        value = read(text)
        return value if str(value) == text else None

    return spelled


def _code(text: str) -> str:
    return text[1:4]


def _note(text: str) -> str:
    return text[5:]
