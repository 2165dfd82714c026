"""From occurrences, which are as the document has them, to content, which is free of any syntax.

What the syntaxes do differently is evened out here, and only here: spelling of dates and codes, the subject code
that UBL writes into its notes, payment means repeated for each account, terms repeated in each tax subtotal, and
groups that a document states only by something inside them.
"""

from einvoice.formats.spelling import understood
from einvoice.formats.walk.bindings import group_of
from einvoice.formats.walk.groups import Group, Occurrence
from einvoice.model.content import Content, Value
from einvoice.model.terms import terms

_REPEATED_PER_ACCOUNT = {"BG-16": "BG-17"}
"""Groups that both syntaxes repeat once for each occurrence of a group in them."""


def stated(invoice: Group, syntax: str) -> Content:
    """The content of a whole invoice."""
    content = Content()
    _Stating(syntax, content).fill(content, invoice)
    _merge(content)
    _prune(content)
    return content


class _Stating:
    def __init__(self, syntax: str, root: Content) -> None:
        self.syntax, self.root = syntax, root

    def fill(self, content: Content, group: Group) -> None:
        """Adds what a group occurrence states, and all groups in it."""
        occurrences = list(group.occurrences())
        note_has_code = any(occurrence.term == "BT-21" for occurrence in occurrences)
        elements: list[tuple[Occurrence, Value]] = []
        for occurrence in occurrences:
            if not terms()[occurrence.term].is_component:
                value = Value(self.text(occurrence, note_has_code))
                elements.append((occurrence, value))
                self.home(content, group.term, occurrence.parent).values.setdefault(
                    occurrence.term, []
                ).append(value)
        for occurrence in occurrences:
            if terms()[occurrence.term].is_component:
                self.complete(content, occurrence, elements)
        for inner in group.groups:
            home = self.home(content, group.term, inner.parent)
            made = Content()
            home.groups.setdefault(inner.term, []).append(made)
            self.fill(made, inner)

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

    def complete(
        self, content: Content, component: Occurrence, elements: list[tuple[Occurrence, Value]]
    ) -> None:
        """A component joins the value of its own element, or of the element beside it (CII: BT-18-1); where
        its term is not stated, it stands with an empty one."""
        owner = terms()[component.term].parent
        candidates = [(said, value) for said, value in elements if said.term == owner]
        beside = component.element.getparent()
        for said, value in candidates:
            same = said.element is component.element or (
                component.attribute is None and said.element.getparent() is beside
            )
            if same and component.term not in value.parts:
                value.parts[component.term] = component.text
                return
        empty = Value("", {component.term: component.text})
        self.home(content, component.group.term, component.parent).values.setdefault(owner, []).append(empty)


def _merge(content: Content) -> None:
    """Evens out what a syntax repeats: payment means per account, and equal texts of terms that stand once."""
    for group, repeated in _REPEATED_PER_ACCOUNT.items():
        merged: list[Content] = []
        for occurrence in content.groups.get(group, []):
            if not any(_joined(earlier, occurrence, repeated) for earlier in merged):
                merged.append(occurrence)
        if merged:
            content.groups[group] = merged
    for _, one in content.walk():
        for term, values in one.values.items():
            if not terms()[term].repeats and len(values) > 1:
                one.values[term] = [value for at, value in enumerate(values) if value not in values[:at]]


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
