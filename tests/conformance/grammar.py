"""What an official schema allows where, as a mutant needs it: the children and attributes of each type, in order."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from einvoice.validation import schema_files

XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(slots=True)
class Child:
    """A child that a type allows: its name (`{namespace}name`), its type, and whether it must stand there."""

    name: str
    kind: str
    needed: bool
    many: bool


@dataclass
class Kind:
    """A type: children in order, attributes (name → needed), the built-in type of its text, choice or sequence."""

    children: list[Child] = field(default_factory=list)
    attributes: dict[str, bool] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    text: str = ""
    choice: bool = False

    @functools.cached_property
    def index(self) -> dict[str, Child]:
        """The children by name."""
        return {child.name: child for child in self.children}


class Grammar:
    """The types of one schema; `kind_of` tells that of any element of a document."""

    def __init__(self, schema: str) -> None:
        self._declared: dict[str, etree._Element] = {}
        self._elements: dict[str, etree._Element] = {}
        for source in schema_files.read(schema).values():
            root = etree.fromstring(source)
            space = root.get("targetNamespace")
            for part in root.iter(XS + "complexType", XS + "simpleType"):
                self._declared[f"{{{space}}}{part.get('name') or id(part)}"] = part
            self._elements |= {
                f"{{{space}}}{part.get('name')}": part for part in root.findall(XS + "element")
            }
        self._kinds: dict[str, Kind] = {}
        self._ways: dict[tuple[str, str], tuple[str, ...]] = {}

    def kind_of(self, element: etree._Element) -> Kind | None:
        """The type of an element, found from the root down; None where the schema does not allow it."""
        parent = element.getparent()
        if parent is None:
            top = self._elements.get(str(element.tag))
            return self.kind(self._type_of(top)) if top is not None else None
        above = self.kind_of(parent)
        child = above.index.get(str(element.tag)) if above else None
        return self.kind(child.kind) if child else None

    def ways(self, root: str, name: str) -> tuple[str, ...]:
        """The shortest way from a root element down to an element of that name, without it; empty if none."""
        if (root, name) not in self._ways:
            self._ways[root, name] = self._search(root, name)
        return self._ways[root, name]

    def _search(self, root: str, name: str) -> tuple[str, ...]:
        top = self._type_of(self._elements[root])
        seen = {top}
        waiting: list[tuple[tuple[str, ...], str]] = [((root,), top)]
        for way, kind in waiting:
            for child in self.kind(kind).children:
                if child.name == name:
                    return way[1:]
                if child.kind not in seen and len(way) < 7:
                    seen.add(child.kind)
                    waiting.append(((*way, child.name), child.kind))
        return ()

    def kind(self, name: str) -> Kind:
        """The type of that name; a built-in one is its own text."""
        if name not in self._kinds:
            self._kinds[name] = Kind(text=name.rpartition("}")[2])
            if (declared := self._declared.get(name)) is not None:
                self._kinds[name] = self._read(declared)
        return self._kinds[name]

    def _read(self, declared: etree._Element) -> Kind:
        kind = Kind(choice=declared.find(XS + "choice") is not None)
        parts = list(_own(declared))
        base = next((part for part in parts if part.tag in (XS + "extension", XS + "restriction")), None)
        if base is not None and base.get("base"):
            above = self.kind(self._clark(base, str(base.get("base"))))
            kind = Kind([*above.children], above.attributes | {}, above.fixed | {}, above.text, above.choice)
        kind.children += [self._child(part) for part in parts if part.tag == XS + "element"]
        for part in parts:
            if part.tag != XS + "attribute":
                continue
            name = str(part.get("name"))
            kind.attributes[name] = part.get("use") == "required"
            if part.get("fixed"):
                kind.fixed[name] = str(part.get("fixed"))
        return kind

    def _child(self, part: etree._Element) -> Child:
        needed, many = part.get("minOccurs") != "0", part.get("maxOccurs", "1") != "1"
        if reference := part.get("ref"):
            name = self._clark(part, reference)
            return Child(name, self._type_of(self._elements[name]), needed, many)
        space = part.getroottree().getroot().get("targetNamespace")
        return Child(f"{{{space}}}{part.get('name')}", self._type_of(part), needed, many)

    def _type_of(self, element: etree._Element) -> str:
        if named := element.get("type"):
            return self._clark(element, named)
        space = element.getroottree().getroot().get("targetNamespace")
        inline = next(element.iter(XS + "complexType", XS + "simpleType"), None)
        return f"{{{space}}}{id(inline)}" if inline is not None else "{}anyType"

    @staticmethod
    def _clark(where: etree._Element, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{where.nsmap.get(prefix or None)}}}{local}"


def _own(declared: etree._Element) -> Iterator[etree._Element]:
    """The parts of a type, not those of the types that its children declare on the spot."""
    for part in declared:
        yield part
        if part.tag != XS + "element":
            yield from _own(part)


@functools.cache
def grammar(schema: str) -> Grammar:
    """The grammar of a schema (a key of schema_files.MAIN)."""
    return Grammar(schema)
