"""Functions that make the names and views in use: nothing is looked for that no rule asks for."""

from collections.abc import Iterable, Iterator, Sequence

from einvoice.rulebook.blocks import INDENT
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.filling import Filled, Filling, groups, keeping, straight
from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import Way, siblings_before, translate
from einvoice.rulebook.types import Used
from einvoice.rulebook.views import TEXT, spelled, view_source

_AT_ONCE = ("texts", "first", "raw", "trim", "number", "numbers", "double")
"""Views that rules need: made with the group. Only messages need the others."""

_OF_FIRST = ("first", "number", "double", "written")
"""Views of the first occurrence: only for them does the order of a union matter."""


Attributes = list[tuple[str, str, str]]
"""Which function makes which attribute of which owner."""


def make(compiler: Compiler, used: Used, attributes: Attributes) -> Iterator[str]:
    """The functions. `attributes` are told which of them makes which attribute, and knows of others already."""
    names = [compiler.names[key] for key in used.names]
    deep = _deep(names)
    filled: dict[str, list[Filled]] = {owner: [] for owner in sorted(compiler.owners)}
    for key, name in zip(used.names, names, strict=True):
        views = [view for *of, view in used.views if tuple(of) == key]
        ordered = any(view in _OF_FIRST for view in views)
        branches = straight(name.path)
        eager = name.is_group and name.owner != "invoice" and key not in deep
        if branches is not None and not _is_one_of_many_attributes(name, names):
            at_once = [view for view in views if view in _AT_ONCE]
            filled[name.owner].append(Filled(name, branches, at_once, eager, ordered, key in used.bare))
            views = [view for view in views if view not in _AT_ONCE]
        else:
            branches = None
        if branches is None or (name.is_group and not eager):
            yield from _name(compiler, name, translate(name.path), ordered)
            attributes.append((*key, f"name_{name.owner}_{name.name}"))
        is_text = name.path.rpartition("/")[2].startswith("@")
        source = f"group.{name.name}" if branches is None else translate(name.path).source
        for view in views:
            if view == "earlier":
                yield from _earlier(name)
                attributes.append((name.owner, f"{name.name}__{view}", f"earlier_{name.owner}_{name.name}"))
                continue
            made = keeping(f"{name.name}__{view}", view_source(name.kind, view, is_text, "found"))
            lines = [f"{INDENT}said, found = doc.said, {source}", *made]
            yield from _function(f"view_{name.owner}_{name.name}__{view}", name, lines)
            attributes.append((name.owner, f"{name.name}__{view}", f"view_{name.owner}_{name.name}__{view}"))
    for key in compiler.listed:
        name = compiler.names[key]
        found = keeping(f"{name.name}__elements", translate(name.path).unordered)
        yield from _function(f"listed_{name.name}", name, found)
        attributes.append((name.owner, f"{name.name}__elements", f"listed_{name.name}"))
    for owner, of_owner in filled.items():
        later = [attribute for of, attribute, _ in attributes if of == owner]
        several = _may_meet([name for name in names if name.kind == owner])
        yield from Filling().source(owner, of_owner, later, several)


def _earlier(name: Name) -> Iterator[str]:
    """A function that tells a group what the siblings before it say, and one that gives what one of them says."""
    found = siblings_before(name.path)
    assert found is not None
    way, said = translate(found[1]), f"said_{name.owner}_{name.name}"
    text = spelled(name.kind, "texts").format("x" if way.attribute else TEXT.format("x"))
    yield f"def {said}(element, doc):"
    yield from (f"{INDENT}kids, said = doc.kids, doc.said", f"{INDENT}return [{text} for x in {way.source}]")
    made = keeping(f"{name.name}__earlier", f"earlier(element, doc, {found[0]!r}, {said})")
    yield from _function(f"earlier_{name.owner}_{name.name}", name, made)


def _is_one_of_many_attributes(name: Name, names: Iterable[Name]) -> bool:
    """Whether a name stands for an attribute of its owner's own element, of which rules know several: each of them
    looks at one, and the others are not read for it."""
    own = {other.path for other in names if other.owner == name.owner and other.path.startswith("@")}
    return name.path in own and len(own) > 1


def _may_meet(names: Sequence[Name]) -> bool:
    """Whether two of these names may lead to the same element: none of the tags they end with tell them apart."""
    ends = [end for name in names for end in _ends(name)]
    return any(
        all(a == b for a, b in zip(reversed(one), reversed(other), strict=False))
        for place, one in enumerate(ends)
        for other in ends[:place]
    )


def _ends(name: Name) -> list[tuple[str, ...]]:
    """The tags that each branch of a name ends with, the last one last; as many as are known."""
    if branches := straight(name.path):
        return [tags for tags, _ in branches]
    tags = translate(name.path).tags
    return [()] if tags is None else [(tag,) for tag in tags]


def _deep(names: Iterable[Name]) -> set[tuple[str, str]]:
    """The names by which groups lie in groups of their own kind, as sub-lines do."""
    edges = [(name.owner, name.kind, name.name) for name in names if name.is_group]
    reached: dict[str, set[str]] = {
        owner: {kind for one, kind, _ in edges if one == owner} for owner, _, _ in edges
    }
    for _ in reached:
        for kinds in reached.values():
            kinds |= {kind for one in list(kinds) for kind in reached.get(one, ())}
    return {(owner, name) for owner, kind, name in edges if owner == kind or owner in reached.get(kind, ())}


def _name(compiler: Compiler, name: Name, way: Way, ordered: bool) -> Iterator[str]:
    """A function that finds what a name stands for in a group."""
    source = way.source if ordered else way.unordered
    if way.xpath is not None:
        source = source.replace("XPATH", compiler.constant("xpath", way.xpath))
    lines = keeping(name.name, source)
    if name.is_group:
        one, several = f"(group_{name.kind}(found[0], doc),)", groups(name.kind, "found")
        made = f"NONE if not found else {one} if len(found) == 1 else {several}"
        lines = [f"{INDENT}found = {source}", *keeping(name.name, made)]
    yield from _function(f"name_{name.owner}_{name.name}", name, lines)


def _function(function: str, name: Name, lines: Sequence[str]) -> Iterator[str]:
    yield f"def {function}(group):"
    yield f"{INDENT}element, doc = group._element, group._doc"
    yield f"{INDENT}kids = doc.{'top' if name.owner == 'invoice' else 'kids'}"
    yield from lines
