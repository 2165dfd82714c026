"""Fills a new group with what its names find, for all names whose paths go straight down.

Such names share the way: the children of each element are looked at once, not once per name, and where an element is
missing nothing below it is looked for. Nearly every element stands once, and is then read without a list; what stands
several times is read in a branch of its own. Each name whose occurrences are asked for, and each view, has a slot of
its owner's class, set once, to what stands for absence too. Groups are made at once as well, except where making
them would go as deep as the document does, and those of the invoice: these are only noted where there are none.
What is not made at once has a slot too, which holds None until somebody asks (`reading`); what only messages show
has none, and is made each time.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from einvoice.rulebook.blocks import Lines, indented
from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import tag_of
from einvoice.rulebook.views import ABSENT, OF_ALL, TEXT, of_each, of_first, of_several

_QNAME = r"[A-Za-z]+:[A-Za-z]\w*"
_STRAIGHT = re.compile(rf"(?P<tags>{_QNAME}(?:/{_QNAME})*)?(?:(?(tags)/)@(?P<attribute>[\w:.-]+))?")

Branch = tuple[tuple[str, ...], str | None]
"""Tags from parent to child, and the attribute at the end if there is one."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A name, where it leads, and the views of it that are made with it.

    eager: its groups are made at once; ordered: the order of its occurrences matters; bare: they are asked for
    themselves.
    """

    name: Name
    branches: list[Branch]
    views: list[str]
    eager: bool = False
    ordered: bool = True
    bare: bool = True

    def absent(self) -> Iterator[tuple[str, str]]:
        """The attributes, and Python for what they are where nothing is found."""
        if self.bare or self.name.is_group:
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

    def ending(self, attribute: str | None) -> list[Filled]:
        """The names that end with that attribute, or with the element itself."""
        return [filled for at, filled in self.ends if at == attribute]

    def joining(self, attribute: str | None) -> list[str]:
        """The variables of unions that the same belongs to."""
        return [variable for at, variable in self.joins if at == attribute]

    @property
    def attributes(self) -> list[str]:
        """The attributes looked at."""
        return list(dict.fromkeys(at for at, _ in (*self.ends, *self.joins) if at is not None))

    def below(self) -> Iterator[Filled]:
        """What is missing if this element is."""
        yield from (filled for _, filled in self.ends)
        for child in self.children.values():
            yield from child.below()


@dataclass(slots=True)
class Filling:
    """Python that sets the names of one owner."""

    count: int = 0

    def source(self, owner: str, names: list[Filled], later: list[str], pooled: bool) -> Iterator[str]:
        """The function `group_OWNER`, and `slots_OWNER`: the attributes of its groups.

        later: those made later. pooled: groups are remembered by element, as several names may lead to one. The
        invoice of a stretch is made by `group_here`, which fills nothing.
        """
        slots = [slot for filled in names for slot in filled.slots()]
        later = sorted(one for one in set(later).difference(slots) if not is_shown(one))
        fresh = [f"group = fresh(of_{owner})", "group._element = element", "group._doc = doc"]
        fresh += _set(dict.fromkeys(later, "None"))
        if owner == "invoice":
            yield from ("def group_here(element, doc):", *indented(fresh), "    return group")
        if pooled:
            known = [f"pool = doc.pools[{owner!r}]", "group = pool.get(element)"]
            fresh = [*known, "if group is not None:", "    return group", *fresh, "pool[element] = group"]
        if lines := self._lines(names):
            fresh.append(f"kids, said = doc.{'top' if owner == 'invoice' else 'kids'}, doc.said")
        yield f"def group_{owner}(element, doc):"
        yield from indented([*fresh, *lines, "return group"])
        yield f"slots_{owner} = {(*slots, *later)!r}"

    def _lines(self, names: list[Filled]) -> Lines:
        top, joined = _Node(), list[tuple[list[str], Filled]]()
        for filled in names:
            self._place(top, filled, joined)
        lines = [f"{' = '.join(variables)} = NONE" for variables, _ in joined]
        lines += self._once(top, "element", "(element,)")
        for variables, filled in joined:
            lines += self._union(variables, filled)
        return lines

    def _place(self, top: _Node, filled: Filled, joined: list[tuple[list[str], Filled]]) -> None:
        """Notes a name where its branches end; `joined` those of several."""
        nodes = [_node(top, tags) for tags, _ in filled.branches]
        if len(nodes) == 1:
            nodes[0].ends.append((filled.branches[0][1], filled))
            return
        variables = [self._variable() for _ in nodes]
        for node, (_, attribute), variable in zip(nodes, filled.branches, variables, strict=True):
            node.joins.append((attribute, variable))
        joined.append((variables, filled))

    def _union(self, variables: list[str], filled: Filled) -> Lines:
        """Sets a name to what several branches found."""
        one, two, *more = variables
        both = f"merged(doc, ({', '.join(variables)}))"
        if not filled.ordered and len({tags for tags, _ in filled.branches}) == len(variables):
            both = f"[{', '.join(f'*{each}' for each in variables)}]"
        elif not more:
            both = f"{both} if {one} and {two} else {one} or {two}"
        found, is_text = self._variable(), filled.branches[0][1] is not None
        once = self._set_one([filled], f"{found}[0]", found, is_text)
        cases = _cases(found, _absent([filled]), once, self._set_several([filled], found, is_text))
        return [f"{found} = ({both}) or None", *cases]

    def _once(self, node: _Node, element: str, found: str) -> Lines:
        """Looks at an element that stands once, as `found` has it, and at what lies below it."""
        lines = [f"{variable} = {found}" for variable in node.joining(None)]
        lines += self._set_one(node.ending(None), element, found, False)
        for attribute in node.attributes:
            text = self._variable()
            lines.append(f"{text} = {element}.get({attribute!r})")
            lines += [f"{one} = NONE if {text} is None else ({text},)" for one in node.joining(attribute)]
            if ending := node.ending(attribute):
                stated = self._set_one(ending, text, f"({text},)", True)
                lines += _cases(text, _absent(ending), stated, stated)
        return lines + self._children(node, f"kids[{element}]", once=True)

    def _several(self, node: _Node, found: str) -> Lines:
        """Looks at elements of one tag, and at what lies below them."""
        lines = [f"{variable} = {found}" for variable in node.joining(None)]
        lines += self._set_several(node.ending(None), found, False)
        for attribute in node.attributes:
            texts = self._variable()
            lines.append(f"{texts} = [y for x in {found} if (y := x.get({attribute!r})) is not None] or None")
            lines += [f"{one} = {texts} or NONE" for one in node.joining(attribute)]
            if ending := node.ending(attribute):
                stated = self._set_several(ending, texts, True)
                lines += _cases(texts, _absent(ending), stated, stated)
        return lines + self._children(node, f"below(kids, {found})", once=False)

    def _children(self, node: _Node, held: str, *, once: bool) -> Lines:
        """Looks at what lies below; held: Python for the children by tag, of one element (`once`) or of several."""
        lines = Lines()
        if node.children:
            children = self._variable()
            lines.append(f"{children} = {held}")
            for tag, child in node.children.items():
                inner = self._variable()
                lines.append(f"{inner} = {children}.get({tag!r})")
                one = self._once(child, f"{inner}[0]", inner) if once else None
                several = self._several(child, inner)
                lines += _cases(inner, _absent(child.below()), several if one is None else one, several)
        return lines

    def _set_one(self, names: list[Filled], one: str, found: str, is_text: bool) -> Lines:
        """Sets names to a single element or text. Other groups are made when they are asked for."""
        views = [(filled.name, view) for filled in names for view in filled.views]
        text = one if is_text else TEXT.format(one)
        lines = Lines()
        if len(views) > 1 and not is_text:
            lines, text = [f"{(kept := self._variable())} = {text}"], kept
        said = [(of_each if view in OF_ALL else of_first)(name.kind, view, text) for name, view in views]
        for each, times in Counter(said).items():
            if times > 1 and not each.isidentifier():
                lines.append(f"{(kept := self._variable())} = {each}")
                said = [kept if one == each else one for one in said]
        values = {filled.name.name: found for filled in names if filled.bare and not filled.name.is_group}
        for filled in (filled for filled in names if filled.eager):
            values[filled.name.name] = f"(group_{filled.name.kind}({one}, doc),)"
        for (name, view), each in zip(views, said, strict=True):
            values[f"{name.name}__{view}"] = f"({each},)" if view in OF_ALL else each
        return [*lines, *_set(values)]

    def _set_several(self, names: list[Filled], found: str, is_text: bool) -> Lines:
        """Sets names to several elements or texts."""
        values: dict[str, str] = {}
        for filled in names:
            name = filled.name
            if filled.eager:
                values[name.name] = groups(name.kind, found)
            elif filled.bare and not name.is_group:
                values[name.name] = found
            for view in filled.views:
                values[f"{name.name}__{view}"] = of_several(name.kind, view, is_text, found)
        return _set(values)

    def _variable(self) -> str:
        self.count += 1
        return f"k{self.count}"


def _node(top: _Node, tags: Iterable[str]) -> _Node:
    """The element that tags lead to."""
    for tag in tags:
        top = top.children.setdefault(tag, _Node())
    return top


def _absent(missing: Iterable[Filled]) -> Lines:
    """Sets names that found nothing."""
    return _set({attribute: value for filled in missing for attribute, value in filled.absent()})


def _set(values: Mapping[str, str]) -> Lines:
    """Sets attributes; those with the same value at once."""
    attributes: dict[str, list[str]] = {}
    for attribute, value in values.items():
        attributes.setdefault(value, []).append(f"group.{attribute}")
    return [f"{' = '.join(names)} = {value}" for value, names in attributes.items()]


def _cases(found: str, missing: Lines, once: Lines, several: Lines) -> Lines:
    """What is done if nothing was found (None), one, or several."""
    lines = [f"if {found} is None:", *indented(missing or ["pass"])]
    if once != several:
        lines += [f"elif len({found}) == 1:", *indented(once)]
    return [*lines, "else:", *indented(several)] if several else lines


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
        if is_shown(name):
            return f"{of}.make_{name}()"
        return f"({of}.{name} if {of}.{name} is not None else {of}.make_{name}())"

    return _READ.sub(made, source)


def is_shown(attribute: str) -> bool:
    """Whether it is what messages show of a name."""
    return attribute.endswith("__written")


def keeping(attribute: str, source: str) -> list[str]:
    """The last lines of a function that makes an attribute of a group."""
    if is_shown(attribute):
        return [f"    return {source}"]
    return [f"    group.{attribute} = made = {source}", "    return made"]
