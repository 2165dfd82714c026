"""Small changes to real invoices, at the places where two judges may differ. The same seed gives the same mutants.

`mutants(xml, seed, n)` is for everyone; `python -m tests.conformance.mutants FILE SEED N FOLDER` writes them.
"""

import copy
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from lxml import etree

from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.model.lexical import BLANKS
from einvoice.validation import schema as stage
from tests.conformance.grammar import Child, Grammar, Kind, grammar
from tests.conformance.values import ATTRIBUTES, shifted, value_for

INVALID = 0.15
"""The part of mutants that may fail the schema."""

_TRIES = 12
_VAT_NAMES = ("TaxCategory", "ClassifiedTaxCategory", "ApplicableTradeTax", "CategoryTradeTax")


def mutants(xml: bytes, seed: int, n: int, schema: str = "") -> Iterator[bytes]:
    """n mutants of an invoice, each with one to six changes, nine of ten valid against the schema.

    `schema` (a key of schema_files.MAIN) is that of the root element unless given.
    """
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, remove_pis=True))
    schema = schema or KNOWN_ROOTS[str(root.tag)]
    random = Random(f"{seed}")
    for _ in range(n):
        yield _mutant(root, schema, random)


def _mutant(root: etree._Element, schema: str, random: Random) -> bytes:
    may_fail = random.random() < INVALID
    for attempt in range(_TRIES):
        bed = Bed(copy.deepcopy(root), grammar(schema), random)
        for _ in range(min(6, 1 + int(random.expovariate(0.8)))):
            random.choices(_CHANGES, _WEIGHTS)[0](bed)
        if may_fail or attempt == _TRIES - 1 or _valid(bed.root, schema):
            break
    return _written(bed.root, random)


def _valid(root: etree._Element, schema: str) -> bool:
    """Whether the schema takes it; what comments and blanks would hide is taken away first."""
    bare = copy.deepcopy(root)
    etree.strip_tags(bare, etree.Comment)
    return stage.official(schema).is_valid(bare)


def _written(root: etree._Element, random: Random) -> bytes:
    """The bytes, now and then with other prefixes: the official rules look at names with their prefix."""
    text = etree.tostring(root, encoding="unicode")
    if random.random() < 0.04:
        prefix = random.choice(sorted({e.prefix for e in root.iter(etree.Element) if e.prefix} or {"x"}))
        other = random.choice(("xa", "ns1", "Amount", "ram2"))
        renamed = re.sub(rf"(</?|xmlns:|\s(?=\w+:\w+=)){prefix}(?=[:=])", rf"\g<1>{other}", text)
        text = renamed if f"xmlns:{other}=" in renamed else text
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


class Bed:
    """A copy of the document that changes are made to, with what the schema allows."""

    def __init__(self, root: etree._Element, allowed: Grammar, random: Random) -> None:
        self.root = root
        self.grammar = allowed
        self.random = random

    def elements(self) -> list[etree._Element]:
        """All elements below the root."""
        return [element for element in self.root.iter(etree.Element) if element is not self.root]

    def leaf(self) -> etree._Element:
        """One element that states something; amounts and codes a little more often than the rest."""
        leaves = [element for element in self.elements() if not len(element)] or [self.root]
        return self.random.choice(leaves)

    def any(self) -> etree._Element:
        """One element below the root; groups as likely as values."""
        elements = self.elements() or [self.root]
        groups = [element for element in elements if len(element)]
        return self.random.choice(groups if groups and self.random.random() < 0.5 else elements)

    def kind(self, element: etree._Element) -> Kind:
        """What the schema allows in an element; nothing where it does not know it."""
        return self.grammar.kind_of(element) or Kind()

    def make(self, child: Child, parent: etree._Element, depth: int = 0) -> etree._Element | None:
        """A new child with all that must stand in it and some of what may, put where the schema wants it."""
        order = [allowed.name for allowed in self.kind(parent).children]
        element = etree.Element(child.name)
        put_in_order(parent, element, order)
        kind = self.grammar.kind(child.kind)
        for name, needed in kind.attributes.items():
            if needed or self.random.random() < 0.12:
                element.set(name, self.attribute(name, kind))
        optional = 0.0 if depth > 2 else min(0.3, 1.5 / (1 + len(kind.children)))
        wanted = [c for c in kind.children if c.needed or self.random.random() < optional]
        if kind.choice:
            wanted = kind.children[:1]
        if kind.children and not wanted and depth < 3:
            wanted = [self.random.choice(kind.children)]
        for inner in wanted if depth < 6 else []:
            self.make(inner, element, depth + 1)
        if not kind.children:
            element.text = value_for(element, kind.text, self.random)
        return element

    def attribute(self, name: str, kind: Kind) -> str:
        """A value for an attribute: the document's own currency and units mostly."""
        if name in kind.fixed:
            return kind.fixed[name]
        used = self.root.xpath(f"//@{name}")
        if isinstance(used, list) and used and self.random.random() < 0.75:
            return str(self.random.choice(used))
        return self.random.choice(ATTRIBUTES.get(name, ("x", "", "1")))


def put_in_order(parent: etree._Element, element: etree._Element, order: list[str]) -> None:
    """Puts a child among its siblings where the schema's sequence wants it, after others of its name."""
    rank = order.index(str(element.tag)) if element.tag in order else len(order)
    for number, sibling in enumerate(parent):
        if sibling.tag in order and order.index(str(sibling.tag)) > rank:
            parent.insert(number, element)
            return
    parent.append(element)


def _remove(element: etree._Element) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def delete(bed: Bed) -> None:
    """Takes an element away, or one that the schema does not ask for."""
    _remove(bed.any())


def duplicate(bed: Bed) -> None:
    """Repeats an element right after itself, now and then twice."""
    element = bed.any()
    for _ in range(bed.random.choice((1, 1, 1, 2))):
        if element is not bed.root:
            element.addnext(copy.deepcopy(element))


def repeat_changed(bed: Bed) -> None:
    """Repeats a group with another value in it: two breakdowns, two payees, two accounts."""
    groups = [element for element in bed.elements() if len(element)]
    if not groups:
        return
    group = bed.random.choice(groups)
    twin = copy.deepcopy(group)
    group.addnext(twin)
    leaves = [element for element in twin.iter(etree.Element) if not len(element)]
    if leaves:
        _restate(bed, bed.random.choice(leaves))


def reorder(bed: Bed) -> None:
    """Exchanges two neighbours: of the same name, so that the schema does not mind, mostly."""
    element = bed.any()
    same = [e for e in bed.elements() if (n := e.getnext()) is not None and n.tag == e.tag]
    if same and bed.random.random() < 0.8:
        element = bed.random.choice(same)
    if element is not bed.root and (after := element.getnext()) is not None:
        after.addnext(element)


def empty(bed: Bed) -> None:
    """Leaves an element without its text, or without its children."""
    element = bed.leaf() if bed.random.random() < 0.7 else bed.any()
    for child in list(element):
        element.remove(child)
    element.text = bed.random.choice((None, "", " ", "\n\t"))


def pad(bed: Bed) -> None:
    """Blanks round or within a value, and the no-break space that is none."""
    element = bed.leaf()
    text = element.text or ""
    blank = bed.random.choice((" ", "  ", "\n", "\t", "\u00a0"))
    middle = len(text) // 2
    element.text = bed.random.choice((blank + text, text + blank, text[:middle] + blank + text[middle:]))


def comment(bed: Bed) -> None:
    """A comment inside a value: its text is still the whole of it."""
    element = bed.leaf()
    text = element.text or ""
    middle = bed.random.randint(0, len(text))
    element.text, note = text[:middle], etree.Comment(" Hinweis ")
    note.tail = text[middle:]
    element.insert(0, note)


def _restate(bed: Bed, element: etree._Element) -> None:
    kind = bed.kind(element)
    if kind.text == "decimal" and bed.random.random() < 0.8:
        element.text = shifted(element.text or "", bed.random) or element.text
    elif not kind.children:
        element.text = value_for(element, kind.text, bed.random)


def restate(bed: Bed) -> None:
    """Another code, date, name or number."""
    _restate(bed, bed.leaf())


def shift(bed: Bed) -> None:
    """Moves an amount, rate or quantity by a cent, by one, by nearly one, or writes it with other decimals."""
    numbers = [element for element in bed.elements() if shifted(element.text or "", Random(0)) is not None]
    amounts = [e for e in numbers if str(e.tag).endswith(("Amount", "Percent", "Quantity"))]
    if chosen := amounts if amounts and bed.random.random() < 0.9 else numbers:
        element = bed.random.choice(chosen)
        element.text = shifted(element.text or "", bed.random)


def recode(bed: Bed) -> None:
    """Another code in an element that states one."""
    codes = [e for e in bed.elements() if not len(e) and str(e.tag).endswith(("Code", "ID", "Indicator"))]
    if codes:
        element = bed.random.choice(codes)
        element.text = value_for(element, bed.kind(element).text, bed.random)


def category(bed: Bed) -> None:
    """Another VAT category wherever one stands, as a whole invoice would say it; or in one group alone."""
    groups = [e for e in bed.elements() if etree.QName(e).localname in _VAT_NAMES]
    wanted = bed.random.choice(("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"))
    if groups and bed.random.random() < 0.4:
        groups = [bed.random.choice(groups)]
    for group in groups:
        for child in group.iterchildren(etree.Element):
            name = etree.QName(child).localname
            if name in ("CategoryCode", "ID"):
                child.text = wanted
            elif name in ("Percent", "RateApplicablePercent") and wanted not in "SLM":
                child.text = bed.random.choice(("0", "0.00", child.text or "0"))


def attribute(bed: Bed) -> None:
    """Sets, changes or takes away an attribute."""
    elements = [e for e in bed.elements() if bed.kind(e).attributes]
    if not elements:
        return
    element = bed.random.choice(elements)
    kind = bed.kind(element)
    name = bed.random.choice(list(kind.attributes))
    if name in element.attrib and bed.random.random() < 0.3:
        del element.attrib[name]
    else:
        value = bed.random.choice(ATTRIBUTES.get(name, ("x", "", "1")))
        element.set(name, kind.fixed.get(name, value))


def insert(bed: Bed) -> None:
    """Puts in something the schema allows and the invoice does not say; most syntax rules speak of such."""
    every = [(element, bed.kind(element)) for element in bed.root.iter(etree.Element)]
    parents = [element for element, kind in every if kind.children and not (kind.choice and len(element))]
    if not parents:
        return
    parent = bed.random.choice(parents)
    there = {child.tag for child in parent}
    allowed = bed.kind(parent).children
    absent = [child for child in allowed if child.name not in there and not _extension(child.name)]
    if absent:
        bed.make(bed.random.choice(absent), parent)


def _extension(name: str) -> bool:
    return name.endswith(("}UBLExtensions", "}Signature"))


def transplant(bed: Bed) -> None:
    """A copy of something, in another place where the schema allows it: nested, or on another level."""
    donors = bed.elements()
    if not donors:
        return
    donor = bed.random.choice(donors)
    places = [
        e for e in bed.root.iter(etree.Element) if any(c.name == donor.tag for c in bed.kind(e).children)
    ]
    if places:
        parent = bed.random.choice(places)
        put_in_order(parent, copy.deepcopy(donor), [child.name for child in bed.kind(parent).children])


def nest(bed: Bed) -> None:
    """A line within a line, as the Extension knows them, with the values of one that is there."""
    lines = [e for e in bed.elements() if etree.QName(e).localname in ("InvoiceLine", "CreditNoteLine")]
    if not lines:
        return transplant(bed)
    line, inner = bed.random.choice(lines), copy.deepcopy(bed.random.choice(lines))
    space = etree.QName(line).namespace
    name = f"{{{space}}}Sub{etree.QName(line).localname}"
    inner.tag = name
    put_in_order(line, inner, [child.name for child in bed.kind(line).children])
    return None


def specification(bed: Bed) -> None:
    """Another BT-24, so that other rules judge the same content."""
    for element in bed.root.iter("{*}CustomizationID", "{*}GuidelineSpecifiedDocumentContextParameter"):
        leaf = element[0] if len(element) else element
        leaf.text = value_for(leaf, "string", bed.random)
        return


def blank_date(bed: Bed) -> None:
    """Another day, or the same one written otherwise."""
    dates = [e for e in bed.elements() if str(e.tag).endswith(("Date", "DateTimeString"))]
    if dates:
        element = bed.random.choice(dates)
        element.text = value_for(element, bed.kind(element).text, bed.random)
        if bed.random.random() < 0.1:
            element.text = bed.random.choice(BLANKS) + element.text


_CHANGES: list[Callable[[Bed], None]]
_CHANGES = [delete, duplicate, repeat_changed, reorder, empty, pad, comment, restate, shift, recode, category]
_CHANGES += [attribute, insert, transplant, nest, specification, blank_date]
_WEIGHTS = [8, 6, 5, 2, 5, 4, 1.5, 8, 12, 8, 6, 6, 14, 5, 1.5, 2, 3]


def main() -> None:
    """Writes mutants of one file into a folder: FILE SEED N FOLDER."""
    source, seed, number, target = sys.argv[1:]
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(mutants(Path(source).read_bytes(), int(seed), int(number))):
        (folder / f"{Path(source).stem}-{seed}-{index:05}.xml").write_bytes(data)


if __name__ == "__main__":
    main()
