"""From occurrences, which are as the document has them, to content, which is free of any syntax.

What the syntaxes do differently is evened out here, and only here: spelling of dates and codes, the subject code
that UBL writes into its notes, payment means repeated for each account, terms repeated in each tax subtotal, and
groups that a document states only by something inside them.
"""

from collections import defaultdict, deque
from collections.abc import Container

from einvoice.formats.spelling import understood
from einvoice.formats.walk.bindings import group_of
from einvoice.formats.walk.groups import Group, Occurrence
from einvoice.formats.walk.names import Element
from einvoice.model.content import Content, Value
from einvoice.model.terms import terms

_REPEATED_PER_ACCOUNT = {"BG-16": ("BG-17", "BT-81")}
"""A group that both syntaxes repeat for each occurrence of a group in it; the code says which belong together."""


def stated(invoice: Group, syntax: str, only: Container[str] | None = None) -> Content:
    """The content of a whole invoice; with `only`, of these groups (named with those they lie in) and what stands
    in none.
    """
    content = Content()
    stating = _Stating(syntax, content, only)
    stating.fill(content, invoice)
    stating.settle()
    _merge(content)
    _prune(content)
    return content


class _Stating:
    def __init__(self, syntax: str, root: Content, only: Container[str] | None) -> None:
        self.syntax, self.root, self.only = syntax, root, only
        self.astray: list[tuple[Content, str, str, str, Value | Content]] = []

    def fill(self, content: Content, group: Group) -> None:
        """Adds what a group occurrence states, and all groups in it."""
        occurrences = list(group.occurrences())
        note_has_code = any(occurrence.term == "BT-21" for occurrence in occurrences)
        owners = _Owners()
        for occurrence in occurrences:
            if not terms()[occurrence.term].is_component:
                value = Value(self.text(occurrence, note_has_code))
                owners.add(occurrence, value)
                self.put(content, group.term, occurrence.parent, occurrence.term, value)
        for occurrence in occurrences:
            if terms()[occurrence.term].is_component:
                owner = owners.find(occurrence)
                if owner is None:
                    owner = Value("")
                    self.put(content, group.term, occurrence.parent, terms()[occurrence.term].parent, owner)
                owner.parts[occurrence.term] = occurrence.text
        for inner in group.groups:
            if self.only is not None and inner.term not in self.only:
                continue
            made = Content()
            self.put(content, group.term, inner.parent, inner.term, made)
            self.fill(made, inner)

    def put(self, content: Content, here: str, parent: str, item: str, one: Value | Content) -> None:
        """Adds a term or group where it stands; what belongs elsewhere waits until all groups are there."""
        if here == parent:
            content.add(item, one)
        else:
            self.astray.append((content, here, parent, item, one))

    def settle(self) -> None:
        """Puts what went astray into its group (UBL states BT-90 with the seller, long before BG-16)."""
        for content, here, parent, item, one in self.astray:
            self.home(content, here, parent).add(item, one)

    def text(self, occurrence: Occurrence, note_has_code: bool) -> str:
        """UBL writes a note's subject code into it (`#AAI#text`); everything else is a matter of spelling."""
        if self.syntax != "cii" and note_has_code and occurrence.term in ("BT-21", "BT-22"):
            return occurrence.text[1:4] if occurrence.term == "BT-21" else occurrence.text[5:]
        return understood(occurrence.term, occurrence.text, self.syntax)

    def home(self, content: Content, here: str, parent: str) -> Content:
        """Where a term or group belongs that stands in the group `here` but has the parent `parent`: a group
        that the document does not have is made (BG-17 for a BIC without account)."""
        if here == parent:
            return content
        chain, above = [parent], group_of(terms()[parent]) if parent else ""
        while above not in ("", here):
            chain.append(above)
            above = group_of(terms()[above])
        home = content if above == here else self.root
        for group in reversed(chain if parent else []):
            found = home.groups.setdefault(group, [])
            if not found:
                found.append(Content())
            home = found[0]
        return home


class _Owners:
    """Which value a component (BT-29-1) belongs to: that of its own element, or of the element beside it
    (CII: BT-18-1). Looked up, not searched for: a hostile document may repeat both without end."""

    def __init__(self) -> None:
        self.of_element: dict[tuple[str, Element], Value] = {}
        self.of_parent: dict[tuple[str, Element | None], deque[Value]] = defaultdict(deque)

    def add(self, occurrence: Occurrence, value: Value) -> None:
        """A value that components may join."""
        self.of_element[occurrence.term, occurrence.element] = value
        self.of_parent[occurrence.term, occurrence.element.getparent()].append(value)

    def find(self, component: Occurrence) -> Value | None:
        """The value that the component completes; None where its term is not stated."""
        term = terms()[component.term].parent
        if component.attribute is not None:
            return self.of_element.get((term, component.element))
        beside = self.of_parent.get((term, component.element.getparent()))
        return beside.popleft() if beside else None


def _merge(content: Content) -> None:
    """Evens out what a syntax repeats: payment means per account, and equal texts of terms that stand once."""
    for group, (repeated, code) in _REPEATED_PER_ACCOUNT.items():
        merged: list[Content] = []
        latest: dict[str | None, Content] = {}
        for occurrence in content.groups.get(group, []):
            earlier = latest.get(occurrence.text(code))
            if earlier is None or not _joined(earlier, occurrence, repeated):
                merged.append(occurrence)
                latest[occurrence.text(code)] = occurrence
        if merged:
            content.groups[group] = merged
    for _, one in content.walk():
        for term, values in one.values.items():
            if not terms()[term].repeats and len(values) > 1:
                different: dict[tuple[object, ...], Value] = {}
                for value in values:
                    different.setdefault((value.text, *sorted(value.parts.items())), value)
                one.values[term] = list(different.values())


def _joined(earlier: Content, later: Content, repeated: str) -> bool:
    """Joins `later` to `earlier` if it says nothing else but one more of the repeated group."""
    says_more = any(earlier.values.get(term) != values for term, values in later.values.items()) or any(
        earlier.groups.get(group) != groups for group, groups in later.groups.items() if group != repeated
    )
    if says_more or repeated not in later.groups:
        return False
    earlier.groups.setdefault(repeated, []).extend(later.groups[repeated])
    return True


def _prune(content: Content) -> None:
    """Groups that say nothing are no content: CII has elements that must be there, empty or not."""
    for group, occurrences in list(content.groups.items()):
        for occurrence in occurrences:
            _prune(occurrence)
        content.groups[group] = [one for one in occurrences if one.values or one.groups]
        if not content.groups[group]:
            del content.groups[group]
