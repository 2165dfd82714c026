"""Changes to the structure and the codes of an invoice: what stands where, how often, in which order."""

import copy

from lxml import etree

from tests.conformance.bed import Bed, put_in_order
from tests.conformance.values import ATTRIBUTES, codes
from tests.conformance.wording import restated

_VAT_NAMES = ("TaxCategory", "ClassifiedTaxCategory", "ApplicableTradeTax", "CategoryTradeTax")
_EXTENSIONS = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"


def delete(bed: Bed) -> None:
    """Takes an element away, or one that the schema does not ask for."""
    element = bed.any()
    if (parent := element.getparent()) is not None:
        parent.remove(element)


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
        restated(bed, bed.random.choice(leaves))


def reorder(bed: Bed) -> None:
    """Exchanges two neighbours: of the same name, so that the schema does not mind, mostly."""
    element = bed.any()
    same = [e for e in bed.elements() if (n := e.getnext()) is not None and n.tag == e.tag]
    if same and bed.random.random() < 0.8:
        element = bed.random.choice(same)
    if element is not bed.root and (after := element.getnext()) is not None:
        after.addnext(element)


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


def unregister(bed: Bed, of_one: float = 0.6) -> None:
    """Takes tax numbers away: all of a party, or of all parties. `of_one`: how often those of one party only."""
    numbers = [
        e for e in bed.elements() if str(e.tag).endswith(("}PartyTaxScheme", "}SpecifiedTaxRegistration"))
    ]
    if numbers and bed.random.random() < of_one:
        owner = bed.random.choice(numbers).getparent()
        numbers = [number for number in numbers if number.getparent() is owner]
    for number in numbers:
        if (parent := number.getparent()) is not None:
            parent.remove(number)


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
        choices = ATTRIBUTES.get(name, ("x", "", "1"))
        value = bed.random.choice(codes(name) or choices if bed.random.random() < 0.3 else choices)
        if bed.random.random() < 0.1:
            value = bed.random.choice((f" {value}", f"{value} ", value.swapcase(), f"{value}\t"))
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


def extend(bed: Bed) -> None:
    """UBL: anything at all within an extension, where rules that look everywhere find it."""
    child = next((c for c in bed.kind(bed.root).children if c.name.endswith("}UBLExtensions")), None)
    if child is None:
        return insert(bed)
    outer = bed.root.find(f"{{{_EXTENSIONS}}}UBLExtensions")
    if outer is None:
        outer = etree.Element(child.name)
        bed.root.insert(0, outer)
    content = etree.SubElement(
        etree.SubElement(outer, f"{{{_EXTENSIONS}}}UBLExtension"), f"{{{_EXTENSIONS}}}ExtensionContent"
    )
    inner = copy.deepcopy(bed.random.choice(bed.elements()))
    if not str(inner.tag).startswith(f"{{{_EXTENSIONS}}}"):
        inner.tail = None
        content.append(inner)
    if bed.random.random() < 0.3 or not len(content):
        foreign = bed.random.choice(("x:Amount", "x:BinaryObject", "x:ID", "x:Note")).partition(":")[2]
        etree.SubElement(content, f"{{urn:beispiel}}{foreign}").text = bed.random.choice(("1.234", "x", ""))
    return None
