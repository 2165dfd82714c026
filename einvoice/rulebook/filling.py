"""Fills a new group with what its names find, for all names whose paths go straight down.

Such names share the way: the children of each element are looked at once, not once per name, and where an element is
missing nothing below it is looked for. Each name and view has a slot of its owner's class, set once, to what
stands for absence too. Groups are made at once as well, except where making them would go as deep as the
document does, and those of the invoice: these are only noted where there are none. What is not made at once has a
slot too, which holds None until somebody asks (`reading`).
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import tag_of
from einvoice.rulebook.views import ABSENT, OF_ALL, TEXT, of_each, of_first, view_source

_QNAME = r"[A-Za-z]+:[A-Za-z]\w*"
_STRAIGHT = re.compile(rf"(?P<tags>{_QNAME}(?:/{_QNAME})*)?(?:(?(tags)/)@(?P<attribute>[\w:.-]+))?")

Branch = tuple[tuple[str, ...], str | None]
"""Tags from parent to child, and the attribute at the end if there is one."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A name, where it leads, and the views of it that are made with it.

    eager: its groups are made at once; ordered: the order of its occurrences matters.
    """

    name: Name
    branches: list[Branch]
    views: list[str]
    eager: bool = False
    ordered: bool = True

    @property
    def is_itself(self) -> bool:
        """Whether it stands for the element of the group."""
        return self.branches == [((), None)]

    def absent(self) -> Iterator[tuple[str, str]]:
        """The attributes, and Python for what they are where nothing is found."""
        yield self.name.name, "NONE"
        yield from ((f"{self.name.name}__{view}", ABSENT.get(view, "NONE")) for view in self.views)

    def slots(self) -> Iterator[str]:
        """The attributes that every group of the owner has from the beginning."""
        if self.eager or not self.name.is_group:
            yield from (attribute for attribute, _ in self.absent())


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

    def below(self) -> Iterator[Filled]:
        """What is missing if this element is."""
        yield from (filled for _, filled in self.ends)
        for child in self.children.values():
            yield from child.below()


@dataclass(slots=True)
class Filling:
    """Python that sets the names of one owner."""

    lines: list[str] = field(default_factory=list)
    count: int = 0

    def source(self, owner: str, names: list[Filled], later: list[str]) -> Iterator[str]:
        """The function `group_OWNER`, and `slots_OWNER`: the attributes of its groups. `later`: those made later.

        The invoice of a stretch is made by `group_here`, which fills nothing.
        """
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
            self._end(filled, self._union(variables, filled), "    ")
        slots = [slot for filled in names for slot in filled.slots()]
        later = sorted(set(later).difference(slots))
        fresh = [f"    group = fresh(of_{owner})", "    group._element = element", "    group._doc = doc"]
        fresh += [f"    {''.join(f'group.{one} = ' for one in later)}None"] if later else []
        if owner == "invoice":
            yield from ("def group_here(element, doc):", *fresh, "    return group")
        yield f"def group_{owner}(element, doc):"
        yield f"    pool = doc.pools[{owner!r}]"
        yield from ("    group = pool.get(element)", "    if group is not None:", "        return group")
        yield from fresh
        kids = "top" if owner == "invoice" else "kids"
        yield from ("    pool[element] = group", f"    kids, said = doc.{kids}, doc.said")
        yield from self.lines
        yield "    return group"
        yield f"slots_{owner} = {(*slots, *later)!r}"

    def _union(self, variables: list[str], filled: Filled) -> str:
        """A new variable with what several branches found."""
        if not filled.ordered and len({tags for tags, _ in filled.branches}) == len(variables):
            return self._keep(f"[{', '.join(f'*{one}' for one in variables)}]", "    ")
        both = f"merged(doc, ({', '.join(variables)}))"
        if len(variables) == 2:
            one, two = variables
            both = f"{both} if {one} and {two} else {one} or {two}"
        return self._keep(both, "    ")

    def _place(self, top: _Node, filled: Filled, joined: list[tuple[list[str], Filled]]) -> None:
        branches = filled.branches
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
            self._else(child.below(), indent)

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
        self._else([filled], indent)

    def _else(self, missing: Iterable[Filled], indent: str) -> None:
        """Sets names that found nothing, if there are any."""
        attributes: dict[str, list[str]] = {}
        for filled in missing:
            for attribute, absent in filled.absent():
                attributes.setdefault(absent, []).append(f"group.{attribute}")
        if attributes:
            self.lines.append(f"{indent}else:")
        for absent, names in attributes.items():
            self.lines.append(f"{indent}    {' = '.join(names)} = {absent}")

    def _set(self, filled: Filled, found: str, indent: str) -> None:
        """Sets a name and its views; `found` holds something. Other groups are made when they are asked for."""
        name, views = filled.name, filled.views
        if filled.eager:
            self.lines.append(f"{indent}group.{name.name} = {grouped(name.kind, found)}")
        if name.is_group:
            return
        self.lines.append(f"{indent}group.{name.name} = {found}")
        if not views:
            return
        attribute = filled.branches[0][1] is not None
        element = self._keep(f"{found}[0]", indent)
        first = element if attribute else self._keep(TEXT.format(element), indent)
        several = [view for view in views if view in OF_ALL]
        for view in (view for view in views if view not in several):
            made = of_first(name.kind, view, first)
            self.lines.append(f"{indent}group.{name.name}__{view} = {made}")
        if filled.is_itself:
            for view in several:
                one = of_each(name.kind, view, first)
                self.lines.append(f"{indent}group.{name.name}__{view} = ({one},)")
        elif several:
            self.lines.append(f"{indent}if len({found}) == 1:")
            for view in several:
                one = of_each(name.kind, view, first)
                self.lines.append(f"{indent}    group.{name.name}__{view} = ({one},)")
            self.lines.append(f"{indent}else:")
            for view in several:
                every = view_source(name.kind, view, attribute, found)
                self.lines.append(f"{indent}    group.{name.name}__{view} = {every}")

    def _keep(self, text: str, indent: str) -> str:
        """A new variable with that value."""
        variable = self._variable()
        self.lines.append(f"{indent}{variable} = {text}")
        return variable

    def _variable(self) -> str:
        self.count += 1
        return f"k{self.count}"


def grouped(owner: str, found: str) -> str:
    """Python for the groups of the elements that a variable holds."""
    return f"(group_{owner}({found}[0], doc),) if len({found}) == 1 else {groups(owner, found)}"


def groups(owner: str, found: str) -> str:
    """Python for the groups of any number of elements."""
    return f"[group_{owner}(x, doc) for x in {found}]"


_READ = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""  # texts are left as they are
    r"|(?P<of>\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.(?P<name>[A-Za-z_]\w*)\b(?!\(| = )"
)


def reading(source: str, later: Container[str]) -> str:
    """Generated Python in which attributes that are not made at once are made where they are first read."""

    def made(found: re.Match[str]) -> str:
        of, name = found["of"], found["name"]
        if name not in later:
            return found[0]
        return f"({of}.{name} if {of}.{name} is not None else {of}.make_{name}())"

    return _READ.sub(made, source)


def keeping(attribute: str, source: str) -> list[str]:
    """The last lines of a function that makes an attribute of a group."""
    return [f"    group.{attribute} = made = {source}", "    return made"]
