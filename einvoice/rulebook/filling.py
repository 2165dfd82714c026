"""Fills a new group with what its names find, for all names whose paths go straight down.

Such names share the way: the children of each element are looked at once, not once per name. Groups are only
noted where there are none: making them at once would go as deep as the document does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import tag_of
from einvoice.rulebook.views import view_source

_QNAME = r"[A-Za-z]+:[A-Za-z]\w*"
_STRAIGHT = re.compile(rf"(?P<tags>{_QNAME}(?:/{_QNAME})*)?(?:(?(tags)/)@(?P<attribute>[\w:.-]+))?")

Branch = tuple[tuple[str, ...], str | None]
"""Tags from parent to child, and the attribute at the end if there is one."""

Filled = tuple[Name, list[Branch], list[str]]
"""A name, where it leads, and the views of it that are made with it."""


def straight(path: str) -> list[Branch] | None:
    """The branches of a path of child steps and attributes; None for any other path."""
    branches = []
    for part in path.split("|"):
        found = _STRAIGHT.fullmatch(part.strip())
        if not found or not found[0] or ":" in (found["attribute"] or ""):
            return None
        tags = tuple(tag_of(name) for name in (found["tags"] or "").split("/") if name)
        branches.append((tags, found["attribute"]))
    return branches


@dataclass(slots=True)
class Filling:
    """Python that sets the names of one owner."""

    lines: list[str] = field(default_factory=list)
    known: dict[tuple[str, ...], str] = field(default_factory=dict)
    count: int = 0

    def source(self, owner: str, names: list[Filled]) -> Iterator[str]:
        """The function `fill_OWNER`."""
        for name, branches, views in names:
            found = [self.found(branch) for branch in branches]
            text = found[0]
            for other in found[1:]:
                text = self.keep(
                    f"merged(doc, ({text}, {other})) if {text} and {other} else {text} or {other}"
                )
            guard = f"if not {text}: " if name.is_group else ""
            self.lines.append(f"{guard}parts[{name.name!r}] = {text}")
            for view in views:
                made = view_source(name.kind, view, branches[0][1] is not None, text)
                self.lines.append(f"parts['{name.name}__{view}'] = {made}")
        yield f"def fill_{owner}(element, doc, parts):"
        yield "    kids = doc.kids"
        if self.count:
            yield "    k0 = kids[element]"
        yield from (f"    {line}" for line in self.lines)

    def found(self, branch: Branch) -> str:
        """A variable that holds what a branch leads to."""
        tags, attribute = branch
        if not tags:
            return self.keep(f"[x for x in (element.get({attribute!r}),) if x is not None]")
        elements = self.elements(tags)
        if attribute is None:
            return elements
        return self.keep(f"{elements} and [y for x in {elements} if (y := x.get({attribute!r})) is not None]")

    def elements(self, tags: tuple[str, ...]) -> str:
        """A variable that holds the elements at the end of a chain of children."""
        if tags not in self.known:
            children = "k0" if len(tags) == 1 else self.children(tags[:-1])
            self.known[tags] = self.keep(f"{children}.get({tags[-1]!r}, NONE)")
        return self.known[tags]

    def children(self, tags: tuple[str, ...]) -> str:
        """A variable that holds the children, by tag, of the elements at the end of a chain."""
        key = (*tags, "*")
        if key not in self.known:
            above = self.elements(tags)
            self.known[key] = self.keep(f"kids[{above}[0]] if len({above}) == 1 else below(kids, {above})")
        return self.known[key]

    def keep(self, text: str) -> str:
        """A new variable with that value."""
        self.count += 1
        self.lines.append(f"k{self.count} = {text}")
        return f"k{self.count}"
