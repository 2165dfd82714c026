"""What a step of a path may ask of an element: which paths are read, and a test of the texts they give.

Two notations lead here: the XPath predicates of schemas/terms.tsv (predicates.py), and the named conditions of
rules/syntax/conditions.toml (`named`). The halves are kept apart so that the walk reads every path once, however
many conditions want it, and evaluates them once for each different set of texts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from einvoice.formats.walk.names import Element, clark, string_value
from einvoice.model.lexical import BLANKS, trim
from einvoice.model.namespaces import xpath

Texts = Mapping[str, tuple[str, ...]]
"""path -> the texts found there"""
Test = Callable[[Texts], bool]
Reader = Callable[[Element], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Condition:
    """A named question about an element. Conditions are compared by identity: build each once."""

    name: str
    paths: tuple[str, ...]
    test: Test


def _boolean(text: str) -> str:
    """An xs:boolean in its one canonical spelling; other text as it is."""
    return {"1": "true", "0": "false"}.get(text := text.strip(BLANKS), text)


FORMS: dict[str, Callable[[str], str]] = {
    "written": str,
    "trimmed": trim,
    "upper": str.upper,
    "boolean": _boolean,
}
"""How a text is brought into form before it is compared."""


def named(definitions: Mapping[str, Mapping[str, object]]) -> dict[str, Condition]:
    """The conditions of conditions.toml by name; the file itself explains the keys.

    Raises ValueError for a key, form or name that does not exist.
    """
    built: dict[str, Condition] = {}
    for name, definition in definitions.items():
        try:
            built[name] = _build(name, definition, built)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"condition {name!r}: {error}") from error
    return built


def _build(name: str, definition: Mapping[str, object], earlier: Mapping[str, Condition]) -> Condition:
    match dict(definition):
        case {"all": list(names), **rest} if not rest:
            parts = [earlier[part] for part in names]
            paths = tuple(dict.fromkeys(path for part in parts for path in part.paths))
            return Condition(name, paths, lambda texts: all(part.test(texts) for part in parts))
        case {"not": str(other), **rest} if not rest:
            opposite = earlier[other]
            return Condition(name, opposite.paths, lambda texts: not opposite.test(texts))
        case {"nothing": list(absent), **rest} if not rest:
            return Condition(name, _checked(absent), lambda texts: not any(texts[path] for path in absent))
        case {"read": str(path), **rest} if rest.keys() <= {"each", "as", "any", "other"}:
            return _comparison(name, path, rest)
    raise ValueError(f"keys {', '.join(definition)} do not go together")


def _comparison(name: str, path: str, rest: dict[str, object]) -> Condition:
    """Some text read is in a list (`any`), or some text read is not in it (`other`)."""
    form = FORMS[str(rest.get("as", "written"))]
    if "each" in rest:
        path = f"{rest['each']}>{path}"
    if ("any" in rest) == ("other" in rest):
        raise ValueError("exactly one of `any` and `other` is needed")
    wanted = "any" in rest
    listed = rest["any"] if wanted else rest["other"]
    if not isinstance(listed, list):
        raise TypeError("`any` and `other` are lists of texts")
    values = frozenset(listed)
    return Condition(
        name, _checked([path]), lambda texts: any((form(text) in values) is wanted for text in texts[path])
    )


def _checked(paths: Sequence[str]) -> tuple[str, ...]:
    for path in paths:
        reader(path)
    return tuple(paths)


@cache
def reader(path: str) -> Reader:
    """A function element -> the texts at the path, in document order.

    `a/b`, `@x`, `.` and `../a` as in XPath; `a>b` gives for each a the first b, or the empty text without one.
    """
    if ">" in path:
        outer, inner = path.split(">")
        nodes, read = select(outer), reader(inner)
        if outer == ".":
            return lambda element: (read(element) or ("",))[:1]
        return lambda element: tuple([(read(node) or ("",))[0] for node in nodes(element)])
    outer, slash, last = path.rpartition("/")
    if last.startswith("@"):
        name = last[1:]
        if not slash:
            return lambda element: () if (text := element.get(name)) is None else (text,)
        owners = select(outer)
        return lambda element: tuple(
            [text for node in owners(element) if (text := node.get(name)) is not None]
        )
    found = select(path)
    return lambda element: tuple([string_value(node) for node in found(element)])


Among = Callable[[Sequence[Element]], tuple[str, ...]]


@cache
def among(path: str) -> Among | None:
    """As reader(path), for who has the children of an element at hand: to look through them takes a fraction of the
    time of asking libxml2. None where a path leads elsewhere than to children."""
    outer, each, inner = path.partition(">")
    if "/" in path or not all(":" in name for name in (outer, inner) if name):
        return None
    tag = clark(outer)
    if not each:
        return lambda children: tuple([string_value(child) for child in children if child.tag == tag])
    within = cast(Among, among(inner))
    return lambda children: tuple([(within(list(one)) or ("",))[0] for one in children if one.tag == tag])


Seen = dict[tuple[str, Element], tuple[str, ...]]
"""(path, element) -> what it reads, remembered for one walk"""


@cache
def recalling(path: str) -> Callable[[Element, Seen], tuple[str, ...]]:
    """As reader(path), but what a path with `..` reads of the element above is read only once: otherwise each of
    many brothers would look at all its brothers."""
    rest = path
    while rest.startswith("../"):
        rest = rest.removeprefix("../")
    read, levels = reader(rest), path.count("../")
    if not levels:
        return lambda element, seen: read(element)

    def recalled(element: Element, seen: Seen) -> tuple[str, ...]:
        owner = above(element, levels)
        if owner is None:
            return ()
        texts = seen.get((rest, owner))
        if texts is None:
            texts = seen[rest, owner] = read(owner)
        return texts

    return recalled


def above(element: Element, levels: int) -> Element | None:
    """The element so many levels above another; None where there is none."""
    owner: Element | None = element
    while owner is not None and levels:
        owner, levels = owner.getparent(), levels - 1
    return owner


@cache
def select(path: str) -> Callable[[Element], list[Element]]:
    """A function element -> the elements at a path of names, `.` and `..`. Raises ValueError for unknown prefixes.

    libxml2 goes over the children in half of the time that Python's iterators take.
    """
    if path == ".":
        return lambda element: [element]
    for step in path.split("/"):
        if step not in (".", ".."):
            clark(step)
    return cast(Callable[[Element], list[Element]], xpath(path))
