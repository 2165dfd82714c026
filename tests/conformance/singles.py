"""One change at one element, for every element of the examples' bases: what no luck is needed to find.

A rule that stumbles over something missing, repeated, blank or oddly written does so at one place; random mutants
meet that place beside the right category of VAT only now and then.
"""

import copy
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from einvoice.formats.writing import write
from einvoice.model import bases
from tests.conformance import seeds
from tests.conformance.grammar import Kind, grammar

_NUMBERS = ("-0", "-0.00", "0.0", "1.005", "-19.99", "38369180771601.74", "9999999999999999999999.99")
_RICH = {"xrechnung-extension": ("full", "extension"), "xrechnung-cvd": ("full", "cvd")}
_COUNTED = ("Tax", "Allowance", "Monetary", "ServiceCharge")
"""Parts of names: below these an element is tried in the bases of all VAT categories, elsewhere in the full ones."""


@dataclass(frozen=True, slots=True)
class Single:
    """A change to the element number `element` of a base, written for a stratum."""

    stratum: seeds.Stratum
    base: str
    element: int
    change: str

    def source(self) -> seeds.Source | None:
        """The document; None where the base cannot be one of the stratum, or nothing changes."""
        source = _base(self.stratum, self.base)
        if source is None:
            return None
        root = etree.fromstring(source.data)
        element = _elements(root)[self.element]
        kind = grammar(source.schema).kind_of(element) or Kind()
        if not _CHANGES[self.change](element, kind):
            return None
        data = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
        name = f"{source.name}:{self.change}:{etree.QName(element).localname}#{self.element}"
        return seeds.Source(name, data, source.in_pdf)


@functools.cache
def singles() -> tuple[Single, ...]:
    """All of them, in a fixed order."""
    return tuple(_every())


def _every() -> Iterator[Single]:
    for stratum in seeds.STRATA:
        for name in bases.names():
            source = _base(stratum, name)
            rich = name in _RICH.get(stratum.profile, ("full",))
            for number, element in enumerate(_elements(etree.fromstring(source.data))) if source else ():
                if rich or _is_counted(element):
                    yield from (Single(stratum, name, number, change) for change in _CHANGES)


@functools.lru_cache(maxsize=64)
def _base(stratum: seeds.Stratum, name: str) -> seeds.Source | None:
    data = write(bases.base(name, stratum.syntax), stratum.syntax).data
    return seeds.under(seeds.Source(f"base/{name}/{stratum.syntax}", data), stratum)


def _elements(root: etree._Element) -> list[etree._Element]:
    return [element for element in root.iter(etree.Element) if element is not root]


def _is_counted(element: etree._Element) -> bool:
    names = [etree.QName(one).localname for one in (element, *element.iterancestors())]
    return any(part in name for part in _COUNTED for name in names)


def _gone(element: etree._Element, kind: Kind) -> bool:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
    return True


def _twice(element: etree._Element, kind: Kind) -> bool:
    element.addnext(copy.deepcopy(element))
    return True


def _other_twin(element: etree._Element, kind: Kind) -> bool:
    """A second one that says something else; before the first, which then is not the first any more."""
    twin = copy.deepcopy(element)
    leaves = [leaf for leaf in twin.iter(etree.Element) if not len(leaf)]
    for leaf in leaves:
        leaf.text = {"decimal": "7.77", "date": "2026-01-01", "boolean": leaf.text}.get(kind.text, "Y")
    element.addprevious(twin)
    return len(leaves) == 1


def _written(how: Callable[[str], str]) -> Callable[[etree._Element, Kind], bool]:
    """The text of an element, written otherwise."""

    def change(element: etree._Element, kind: Kind) -> bool:
        before, element.text = element.text, how(element.text or "")
        return not len(element) and element.text != before

    return change


def _number(text: str) -> Callable[[etree._Element, Kind], bool]:
    def change(element: etree._Element, kind: Kind) -> bool:
        element.text = text
        return kind.text == "decimal"

    return change


def _split(element: etree._Element, kind: Kind) -> bool:
    """A comment in the middle of the text."""
    text = element.text or ""
    comment = etree.Comment("x")
    element.text, comment.tail = text[: len(text) // 2], text[len(text) // 2 :]
    element.insert(0, comment)
    return len(element) == 1


def _bare(element: etree._Element, kind: Kind) -> bool:
    """Without its attributes."""
    stated = len(element.attrib)
    for name in list(element.attrib):
        del element.attrib[name]
    return bool(stated)


_CHANGES: dict[str, Callable[[etree._Element, Kind], bool]] = {
    "gone": _gone,
    "twice": _twice,
    "other": _other_twin,
    "bare": _bare,
    "split": _split,
    "blank": _written(lambda text: " "),
    "padded": _written(lambda text: f"\n {text}\t"),
    "case": _written(str.swapcase),
    **{f"number{index}": _number(text) for index, text in enumerate(_NUMBERS)},
}
