"""The hybrid judged as a whole: does the PDF say of its XML what the XML says of itself?

All of it is advice (class advice, never the verdict): the XML is the invoice. Source of what is right:
schemas/hybrid.toml.
"""

from collections.abc import Iterator

from lxml import etree

from einvoice.formats import xml
from einvoice.formats.delivery import Carrier
from einvoice.formats.hybrid.choosing import KNOWN_NAMES
from einvoice.formats.hybrid.claims import FIELDS, Claims, claims
from einvoice.formats.hybrid.profiles import Profile, first, profile_of, table, version_of
from einvoice.model.problem import Problem


def judge(carrier: Carrier, root: etree._Element) -> list[Problem]:
    """What the PDF says otherwise than the invoice in it, or leaves out (EI-PDF-…, EI-PDFA)."""
    said, unreadable = said_by(carrier)
    profile = profile_of(root)
    found = [*_metadata(carrier, said, unreadable), *_carried(carrier)]
    if profile is not None:
        found += [*_level(said, profile, root), *_name(carrier, said, profile), *_relation(carrier, profile)]
    return found


def said_by(carrier: Carrier) -> tuple[Claims, bool]:
    """What the metadata claim, and whether there are some that cannot be read."""
    try:
        return (claims(carrier.xmp) if carrier.xmp is not None else Claims(None, {}, "")), False
    except xml.Refused:
        return Claims(None, {}, ""), True


def _metadata(carrier: Carrier, said: Claims, unreadable: bool) -> Iterator[Problem]:
    if unreadable:
        yield Problem("EI-PDF-XMP", {"why": "unreadable"})
        return
    missing = [field for field in FIELDS if field not in said.fields]
    if len(missing) == len(FIELDS):
        yield Problem("EI-PDF-XMP", {"why": "missing"})
    elif missing:
        yield Problem("EI-PDF-XMP", {"why": "incomplete", "fields": ", ".join(missing)})
    name = said.fields.get("DocumentFileName", carrier.name)
    if name.lower() != carrier.name.lower():
        yield Problem("EI-PDF-XMP", {"why": "name", "stated": name, "expected": carrier.name})
    kind = said.fields.get("DocumentType", "INVOICE")
    if kind.upper() != "INVOICE":
        yield Problem("EI-PDF-XMP", {"why": "type", "stated": kind, "expected": "INVOICE"})
    if not said.pdfa.startswith("3"):
        yield Problem("EI-PDFA", {"why": "other" if said.pdfa else "none", "stated": said.pdfa})


def _carried(carrier: Carrier) -> Iterator[Problem]:
    if carrier.name.lower() not in KNOWN_NAMES:
        values = {"why": "unknown", "stated": carrier.name, "expected": ", ".join(KNOWN_NAMES)}
        yield Problem("EI-PDF-NAME", values)
    if carrier.mime.lower() != "text/xml":
        yield Problem("EI-PDF-MIME", {"stated": carrier.mime or "–", "expected": "text/xml"})
    if not carrier.associated:
        yield Problem("EI-PDF-RELATION", {"why": "unassociated", "stated": carrier.name})


def _level(said: Claims, profile: Profile, root: etree._Element) -> Iterator[Problem]:
    level = said.fields.get("ConformanceLevel")
    if level is not None and _plain(level) not in map(_plain, profile.levels()):
        values = {"stated": level, "expected": profile.level, "specification": first(root, "BT-24") or ""}
        yield Problem("EI-PDF-PROFILE", values)
    version = said.fields.get("Version")
    expected = _versions(said, profile, root)
    if version is not None and version not in expected:
        values = {"why": "version", "stated": version, "expected": ", ".join(expected)}
        yield Problem("EI-PDF-XMP", values)


def _plain(level: str) -> str:
    return "".join(level.upper().replace("_", "").split())


def _versions(said: Claims, profile: Profile, root: etree._Element) -> tuple[str, ...]:
    """The right values of Version: those of the XMP schema, for XRECHNUNG that of the CIUS."""
    of_schema = tuple(table()["xmp"][said.family]["versions"]) if said.family else ()
    if profile.version == "BT-24":
        return (version_of(profile, root), *of_schema)
    return of_schema


def _name(carrier: Carrier, said: Claims, profile: Profile) -> Iterator[Problem]:
    name = carrier.name.lower()
    family = table()["xmp"].get(said.family or "factur-x")
    expected = profile.name if profile.name.lower() in family["names"] else family["names"][0]
    if name in KNOWN_NAMES and name != expected.lower():
        yield Problem("EI-PDF-NAME", {"why": "profile", "stated": carrier.name, "expected": expected})


def _relation(carrier: Carrier, profile: Profile) -> Iterator[Problem]:
    if carrier.relation not in profile.relations:
        values = {"stated": carrier.relation or "–", "expected": profile.relation, "level": profile.level}
        yield Problem("EI-PDF-RELATION", {"why": "relation", **values})
