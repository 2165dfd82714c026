"""Where an element stands, in words people and tools can use: `/ubl:Invoice[1]/cac:Price[1]`.

Names carry the prefixes that the standards themselves use; a document may choose others.
"""

import re
from types import MappingProxyType
from typing import Any, cast

from lxml import etree

from einvoice.model.namespaces import NAMESPACES, ZUGFERD1

_PREFIXES = {uri: prefix for spaces in (ZUGFERD1, NAMESPACES) for prefix, uri in spaces.items()}
_STEP = re.compile(r"/(?:(?P<prefix>[^/:@\[\]]+):)?(?P<name>[^/:@\[\]]+)\[(?P<position>\d+)\]")
_END = re.compile(r"/@(?:[^/:@\[\]]+:)?(?P<attribute>[^/:@\[\]]+)")


def prefixed(tag: str) -> str:
    """`{urn:…}ID` as `cbc:ID`; `{*}ID` and names of foreign namespaces keep their name alone."""
    namespace, _, name = tag.rpartition("}")
    prefix = _PREFIXES.get(namespace.removeprefix("{"))
    return f"{prefix}:{name}" if prefix else name


def name_of(element: etree._Element) -> str:
    """The element's name with its customary prefix, or with the document's own for a foreign namespace."""
    name = prefixed(element.tag)
    return name if ":" in name or not element.prefix else f"{element.prefix}:{name}"


def line_of(element: etree._Element) -> int | None:
    """The line of the source in which the element begins; None for one that was never parsed."""
    return cast("int | None", element.sourceline)


class Locator:
    """Places of elements of one document, linear in the document however many are asked for."""

    def __init__(self) -> None:
        self._positions: dict[etree._Element, dict[etree._Element, int]] = {}

    def path(self, element: etree._Element, attribute: str | None = None) -> str:
        """The path from the root with positions: among siblings of the same name, counted from 1."""
        steps = [f"@{prefixed(attribute)}"] if attribute is not None else []
        at: etree._Element | None = element
        while at is not None:
            parent = at.getparent()
            position = 1 if parent is None else self._among(parent)[at]
            steps.append(f"{name_of(at)}[{position}]")
            at = parent
        return "/" + "/".join(reversed(steps))

    def _among(self, parent: etree._Element) -> dict[etree._Element, int]:
        known = self._positions.get(parent)
        if known is None:
            counts: dict[str, int] = {}
            known = self._positions[parent] = {}
            for child in parent:
                counts[child.tag] = known[child] = counts.get(child.tag, 0) + 1
        return known


def place(element: etree._Element, attribute: str | None = None) -> str:
    """The path of one element; for many of one document see `Locator`."""
    return Locator().path(element, attribute)


def resolving(location: str, syntax: str | None) -> str:
    """A path as an XPath 1.0 that finds the element whatever prefixes a reader knows; unlike ours, it is long.

    `syntax` is that of the document. What is no path of ours is given back as it is.
    """
    spaces = NAMESPACES if syntax != "zugferd1" else MappingProxyType({**NAMESPACES, **ZUGFERD1})
    steps, at = [], 0
    while step := _STEP.match(location, at):
        steps.append(f"/*[{_named(step, spaces)}][{step['position']}]")
        at = step.end()
    if (end := _END.match(location, at)) and end.end() == len(location):
        return "".join(steps) + f"/@*[local-name()='{end['attribute']}']"
    return "".join(steps) if steps and at == len(location) else location


def _named(step: "re.Match[str]", spaces: Any) -> str:
    uri = spaces.get(step["prefix"]) if step["prefix"] else None
    named = f"local-name()='{step['name']}'"
    return f"{named} and namespace-uri()='{uri}'" if uri else named
