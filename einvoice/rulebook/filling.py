"""Fills a new group with what its names find, for all names whose paths go straight down.

Such names share the way: the children of each element are looked at once, not once per name, and where an element is
missing nothing below it is looked for; what a missing name stands for belongs to its owner's class. Groups
are only noted where there are none: making them at once would go as deep as the document does.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import tag_of
from einvoice.rulebook.views import ABSENT, TEXT, spelled, view_source

_QNAME = r"[A-Za-z]+:[A-Za-z]\w*"
_STRAIGHT = re.compile(rf"(?P<tags>{_QNAME}(?:/{_QNAME})*)?(?:(?(tags)/)@(?P<attribute>[\w:.-]+))?")

Branch = tuple[tuple[str, ...], str | None]
"""Tags from parent to child, and the attribute at the end if there is one."""

Filled = tuple[Name, list[Branch], list[str]]
"""A name, where it leads, and the views of it that are made with it."""


def straight(path: str) -> list[Branch] | None:
    """The branches of a path of child steps and attributes; None for any other path."""
    if path == ".":
        return [((), None)]
    branches = []
    for part in path.split("|"):
        found = _STRAIGHT.fullmatch(part.strip())
        if not found or not found[0] or ":" in (found["attribute"] or ""):
            return None
        tags = tuple(tag_of(name) for name in (found["tags"] or "").split("/") if name)
        branches.append((tags, found["attribute"]))
    return branches


@dataclass(slots=True)
class _Node:
    """An element on the way: the names that end there, the attributes looked at, and the children."""

    ends: list[tuple[str | None, Filled]] = field(default_factory=list)
    joins: list[tuple[str | None, str]] = field(default_factory=list)
    children: dict[str, "_Node"] = field(default_factory=dict)

    def groups(self) -> Iterator[str]:
        """The names of groups that are missing if this element is."""
        yield from (name.name for _, (name, _, _) in self.ends if name.is_group)
        for child in self.children.values():
            yield from child.groups()


@dataclass(slots=True)
class Filling:
    """Python that sets the names of one owner."""

    lines: list[str] = field(default_factory=list)
    count: int = 0

    def source(self, owner: str, names: list[Filled]) -> Iterator[str]:
        """The function `fill_OWNER`, and `absent_OWNER`: what its names are where nothing is found."""
        top, joined = _Node(), list[tuple[list[str], Filled]]()
        for filled in names:
            self._place(top, filled, joined)
        for variables, _ in joined:
            self.lines.append(f"    {' = '.join(variables)} = NONE")
        for _, filled in (end for end in top.ends if end[0] is None):
            self._set(filled, self._keep("(element,)", "    "), "    ")
        self._attributes(top, "element", "    ")
        self._children(top, "kids[element]", "    ")
        for variables, filled in joined:
            both = f"merged(doc, ({', '.join(variables)}))"
            self._end(filled, self._keep(both, "    "), "    ")
        yield f"def fill_{owner}(element, doc, parts):"
        yield f"    kids = doc.{'top' if owner == 'invoice' else 'kids'}"
        yield from self.lines
        yield f"absent_{owner} = {{{', '.join(_absent(names))}}}"

    def _place(self, top: _Node, filled: Filled, joined: list[tuple[list[str], Filled]]) -> None:
        _, branches, _ = filled
        nodes = [self._node(top, tags) for tags, _ in branches]
        if len(branches) == 1:
            nodes[0].ends.append((branches[0][1], filled))
            return
        variables = [self._variable() for _ in branches]
        for node, (_, attribute), variable in zip(nodes, branches, variables, strict=True):
            node.joins.append((attribute, variable))
        joined.append((variables, filled))

    def _node(self, top: _Node, tags: Iterable[str]) -> _Node:
        for tag in tags:
            top = top.children.setdefault(tag, _Node())
        return top

    def _children(self, node: _Node, children: str, indent: str) -> None:
        """Looks for the children of an element, each once, and for what lies below those that are there."""
        if not node.children:
            return
        below = self._keep(children, indent)
        for tag, child in node.children.items():
            found = self._keep(f"{below}.get({tag!r})", indent)
            self.lines.append(f"{indent}if {found}:")
            self._found(child, found, indent + "    ")
            if missing := list(child.groups()):
                self.lines.append(f"{indent}else:")
                self._no_groups(missing, indent + "    ")

    def _found(self, node: _Node, found: str, indent: str) -> None:
        before = len(self.lines)
        for attribute, variable in node.joins:
            if attribute is None:
                self.lines.append(f"{indent}{variable} = {found}")
        for attribute, filled in node.ends:
            if attribute is None:
                self._set(filled, found, indent)
        self._attributes(node, f"{found}[0]", indent, found)
        self._children(node, f"kids[{found}[0]] if len({found}) == 1 else below(kids, {found})", indent)
        if len(self.lines) == before:
            self.lines.append(f"{indent}pass")

    def _attributes(self, node: _Node, element: str, indent: str, among: str | None = None) -> None:
        """Looks for attributes of an element, or of each `among` several."""
        wanted = [one for one, _ in node.ends if one] + [one for one, _ in node.joins if one]
        for attribute in dict.fromkeys(wanted):
            one = self._keep(f"{element}.get({attribute!r})", indent)
            several = f"[y for x in {among} if (y := x.get({attribute!r})) is not None]"
            alone = f"NONE if {one} is None else ({one},)"
            texts = self._keep(
                alone if among is None else f"({alone}) if len({among}) == 1 else {several}", indent
            )
            for at, variable in node.joins:
                if at == attribute:
                    self.lines.append(f"{indent}{variable} = {texts}")
            for at, filled in node.ends:
                if at == attribute:
                    self._end(filled, texts, indent)

    def _end(self, filled: Filled, found: str, indent: str) -> None:
        """Sets a name that may have found nothing."""
        self.lines.append(f"{indent}if {found}:")
        before = len(self.lines)
        self._set(filled, found, indent + "    ")
        if len(self.lines) == before:
            self.lines.append(f"{indent}    pass")
        if filled[0].is_group:
            self.lines.append(f"{indent}else:")
            self._no_groups([filled[0].name], indent + "    ")

    def _no_groups(self, names: list[str], indent: str) -> None:
        self.lines.append(f"{indent}{' = '.join(f'parts[{name!r}]' for name in names)} = NONE")

    def _set(self, filled: Filled, found: str, indent: str) -> None:
        """Sets a name and its views; `found` holds something. Groups are made when they are asked for."""
        name, branches, views = filled
        if name.is_group:
            return
        self.lines.append(f"{indent}parts[{name.name!r}] = {found}")
        if not views:
            return
        attribute = branches[0][1] is not None
        element = self._keep(f"{found}[0]", indent)
        first = element if attribute else self._keep(TEXT.format(element), indent)
        several = [view for view in views if view in ("texts", "raw", "trim")]
        for view in (view for view in views if view not in several):
            made = f"number({first})" if view == "number" else spelled(name.kind, view).format(first)
            self.lines.append(f"{indent}parts['{name.name}__{view}'] = {made}")
        if several:
            self.lines.append(f"{indent}if len({found}) == 1:")
            for view in several:
                one = spelled(name.kind, view).format(first)
                self.lines.append(f"{indent}    parts['{name.name}__{view}'] = ({one},)")
            self.lines.append(f"{indent}else:")
            for view in several:
                every = view_source(name.kind, view, attribute, found)
                self.lines.append(f"{indent}    parts['{name.name}__{view}'] = {every}")

    def _keep(self, text: str, indent: str) -> str:
        """A new variable with that value."""
        variable = self._variable()
        self.lines.append(f"{indent}{variable} = {text}")
        return variable

    def _variable(self) -> str:
        self.count += 1
        return f"k{self.count}"


def _absent(names: list[Filled]) -> Iterator[str]:
    for name, _, views in names:
        if not name.is_group:
            yield f"{name.name!r}: NONE"
            yield from (f"'{name.name}__{view}': {ABSENT.get(view, 'NONE')}" for view in views)
