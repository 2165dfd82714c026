"""Paths of the tables, turned into functions from a node to the items they reach.

`a/b`, `@x`, `.`, `..`, `*` and `ancestor::a` begin at the node; `/rsm:CrossIndustryInvoice/…` at the document,
`//a` anywhere in it. Words in brackets after a step name a condition that its items must meet.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from einvoice.errors import RulebookError
from einvoice.rulebook.facturx.tree import NOWHERE, Attribute, Item, Node

NAMESPACES = {
    prefix: f"urn:un:unece:uncefact:data:standard:{name}:100"
    for prefix, name in {
        "rsm": "CrossIndustryInvoice",
        "ram": "ReusableAggregateBusinessInformationEntity",
        "udt": "UnqualifiedDataType",
        "qdt": "QualifiedDataType",
    }.items()
}
PREFIXES = {namespace: prefix for prefix, namespace in NAMESPACES.items()}

Select = Callable[[Node], list[Item]]
Test = Callable[[Node], bool]
Named = Callable[[str], Test]
"""From the words in brackets to the condition they mean."""

_STEP = re.compile(r"(?P<name>[^/\[\]]+)(?:\[(?P<words>[^\]]*)\])?(?:/|$)")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `name` is ".", "..", "*", "@x", or {namespace}local, perhaps after "ancestor::"."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Path:
    """`start` is "" (the node), "/" (the document) or "//" (anywhere)."""

    start: str
    steps: tuple[Step, ...]


def parse(text: str) -> Path:
    """The path; RulebookError if the text is none."""
    start = "//" if text.startswith("//") else "/" if text.startswith("/") else ""
    steps, at = [], len(start)
    while at < len(text):
        found = _STEP.match(text, at)
        if not found:
            raise RulebookError(f"not a path: {text}", f"kein Pfad: {text}")
        steps.append(Step(_expanded(found["name"]), found["words"] or ""))
        at = found.end()
    return Path(start, tuple(steps))


def _expanded(name: str) -> str:
    if name.startswith("ancestor::"):
        return "ancestor::" + _expanded(name.removeprefix("ancestor::"))
    prefix, colon, local = name.partition(":")
    if not colon:
        return name
    if prefix not in NAMESPACES:
        raise RulebookError(f"unknown prefix: {name}", f"unbekanntes Präfix: {name}")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def prefixed(tag: str) -> str:
    """`{urn:…}ID` as `ram:ID`."""
    namespace, _, local = tag.rpartition("}")
    return f"{PREFIXES.get(namespace[1:], '?')}:{local}" if namespace else local


def select(text: str, named: Named) -> Select:
    """What finds the items of a path."""
    path = parse(text)
    if not path.start and len(path.steps) == 1 and not path.steps[0].words:
        return _short(path.steps[0].name)
    steps = [_step(step, named) for step in path.steps]
    if path.start == "//":
        return _anywhere(path.steps[0], steps, named)
    return _chain(steps, _document if path.start else _itself)


def _short(name: str) -> Select:
    """The commonest: one step, no condition."""
    if name == ".":
        return _itself
    if name.startswith(("@", "..", "*", "ancestor::")):
        walk = _walk(name)
        return lambda node: walk([node])
    return lambda node: node.kids.get(name, NOWHERE)


def _itself(node: Node) -> list[Item]:
    return [node]


def _document(node: Node) -> list[Item]:
    return [node.tree.root]


_Walk = Callable[[Sequence[Item]], list[Item]]


def _chain(steps: Sequence[_Walk], begin: Select) -> Select:
    # Of an absolute path the first step is the root itself.
    steps = steps[1:] if begin is _document else steps

    def found(node: Node) -> list[Item]:
        items = begin(node)
        for step in steps:
            items = step(items)
        return items

    return found


def _anywhere(first: Step, steps: Sequence[_Walk], named: Named) -> Select:
    only = _filter(first.words, named)

    def found(node: Node) -> list[Item]:
        items = only(node.tree.by_name.get(first.name, NOWHERE))
        for step in steps[1:]:
            items = step(items)
        return items

    return found


def _step(step: Step, named: Named) -> _Walk:
    walk = _walk(step.name)
    if not step.words:
        return walk
    only = _filter(step.words, named)
    return lambda items: only(walk(items))


def _filter(words: str, named: Named) -> _Walk:
    if not words:
        return list
    condition = named(words)
    return lambda items: [item for item in items if isinstance(item, Node) and condition(item)]


def _walk(name: str) -> _Walk:
    if name == ".":
        return list
    if name == "..":
        return _parents
    if name == "*":
        return lambda items: [kid for item in items for kids in item.kids.values() for kid in kids]
    if name.startswith("@"):
        return _attributes(name[1:])
    if name.startswith("ancestor::"):
        return _ancestors(name.removeprefix("ancestor::"))
    return lambda items: [kid for item in items for kid in item.kids.get(name, NOWHERE)]


def _parents(items: Sequence[Item]) -> list[Item]:
    return list(dict.fromkeys(item.parent for item in items if item.parent is not None))


def _attributes(name: str) -> _Walk:
    def found(items: Sequence[Item]) -> list[Item]:
        texts = [(item, item.element.get(name)) for item in items if isinstance(item, Node)]
        return [Attribute(node, text) for node, text in texts if text is not None]

    return found


def _ancestors(name: str) -> _Walk:
    def found(items: Sequence[Item]) -> list[Item]:
        above: list[Item] = []
        for item in items:
            parent = item.parent
            while parent is not None:
                if parent.element.tag == name:
                    above.append(parent)
                parent = parent.parent
        return above

    return found
