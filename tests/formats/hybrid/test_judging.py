# ruff: noqa: E501  (a table of cases reads best one case per line)
"""The hybrid as a whole: a PDF that says of its XML what the XML says of itself is left in peace; others are told."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest

import einvoice
from einvoice.formats.delivery import open_delivery
from einvoice.formats.hybrid.embedding import embed
from tests.formats.hybrid.papers import PROFILES, cii, lines, page
from tests.parts import CORPUS, needs

HYBRIDS = sorted(CORPUS.glob("zugferd/**/*.pdf"))
ODD = {
    "acme_invoice-42_ZUGFeRD.pdf": {"EI-PDF-DIFFERS"},  # the page says 1,589.80, the XML 119
    "MustangGnuaccountingBeispielRE-20170509_505.pdf": {"EI-PDF-XMP"},  # no ConformanceLevel
    "fail1.pdf": {"EI-PDF-DIFFERS"},  # 2015 on the page, 2014 in the XML
    "MustangGnuaccountingBeispielRE-20201121_508_withBOM.pdf": {"EI-PDF-DIFFERS"},  # number 507, 508
    "sample_inofficial_20190125_atgp_factur-x_v_1_0.pdf": {"EI-PDF-DIFFERS"},  # the page of another invoice
    "zugferd_2p0_MINIMUM.pdf": {"EI-PDF-RELATION"},  # Alternative
    "zugferd_2p1_BASIC-WL_Einfach.pdf": {"EI-PDF-DIFFERS"},  # account DE20…, FR20…
    "MustangRE-20171118_506_ZUGFeRD1and2.pdf": {"EI-PDF-AMBIGUOUS"},
}
"""Samples of others whose PDF and XML really disagree (looked at one by one)."""


def told(pdf: bytes) -> list[tuple[str, str]]:
    """The advice about a PDF: rule and why."""
    found = einvoice.validate(pdf).findings
    assert not [
        f for f in found if f.rule.startswith("EI-PDF") and (f.severity == "error" or f.cls != "advice")
    ]
    return [(f.rule, f.values.get("why", "")) for f in found if f.cls == "advice"]


@needs("shared")
@pytest.mark.parametrize("path", HYBRIDS, ids=lambda path: path.name)
def test_no_false_alarm_on_samples_of_others(path: Any) -> None:
    assert {rule for rule, _ in told(path.read_bytes())} == ODD.get(path.name, set())


@pytest.mark.parametrize("level", PROFILES)
def test_what_we_write_is_right_throughout(level: str) -> None:
    made = embed(page(*lines(level)), cii(level)).pdf
    report = einvoice.validate(made)
    assert (report.verdict, told(made)) == ("accepted", [])
    assert report.pdf is not None
    assert (report.pdf.level, report.pdf.pdfa, report.pdf.pdfa_valid) == (level, "3B", None)


def changed(change: Callable[[Any], None], level: str = "BASIC") -> bytes:
    """A good hybrid, changed."""
    with pikepdf.open(io.BytesIO(embed(page(*lines(level)), cii(level)).pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream, fix_metadata_version=False)
        return stream.getvalue()


def packet(old: bytes, new: bytes) -> Callable[[Any], None]:
    """Changes the metadata."""

    def change(document: Any) -> None:
        stream = document.Root.Metadata
        before = stream.read_bytes()
        assert old in before
        stream.write(before.replace(old, new))

    return change


def relation(name: str | None) -> Callable[[Any], None]:
    """Changes the AFRelationship."""

    def change(document: Any) -> None:
        if name is None:
            del document.Root.AF[0].AFRelationship
        else:
            document.Root.AF[0].AFRelationship = pikepdf.Name("/" + name)

    return change


def renamed(name: str) -> Callable[[Any], None]:
    """Changes the label of the embedded file."""

    def change(document: Any) -> None:
        document.Root.AF[0].UF = document.Root.AF[0].F = pikepdf.String(name)

    return change


def mime(document: Any) -> None:
    document.Root.AF[0].EF.F.Subtype = pikepdf.Name("/application/octet-stream")


def unassociated(document: Any) -> None:
    del document.Root.AF


def without_metadata(document: Any) -> None:
    del document.Root.Metadata


CASES = {
    "another level": (packet(b">BASIC<", b">EXTENDED<"), [("EI-PDF-PROFILE", "")]),
    "another file": (packet(b">factur-x.xml<", b">other.xml<"), [("EI-PDF-XMP", "name")]),
    "another type": (packet(b">INVOICE</fx", b">ORDER</fx"), [("EI-PDF-XMP", "type")]),
    "another version": (packet(b">1.0<", b">9.9<"), [("EI-PDF-XMP", "version")]),
    "no level": (packet(b"<fx:ConformanceLevel>BASIC</fx:ConformanceLevel>", b""), [("EI-PDF-XMP", "incomplete")]),
    "PDF/A-1": (packet(b"part>3<", b"part>1<"), [("EI-PDFA", "other")]),
    "a lie in attributes": (
        packet(b"<rdf:RDF ", b"<rdf:RDF xmlns:fx='urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#' fx:ConformanceLevel=' MINIMUM\n' "),
        [("EI-PDF-PROFILE", "")],
    ),
    "broken metadata": (packet(b"</rdf:RDF>", b""), [("EI-PDF-XMP", "unreadable")]),
    "a trap in metadata": (packet(b"<x:xmpmeta", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x:xmpmeta'), [("EI-PDF-XMP", "unreadable")]),
    "no metadata": (without_metadata, [("EI-PDF-XMP", "missing"), ("EI-PDFA", "none")]),
    "unknown name": (renamed("daten.xml"), [("EI-PDF-NAME", "unknown"), ("EI-PDF-XMP", "name")]),
    "name of another profile": (renamed("xrechnung.xml"), [("EI-PDF-NAME", "profile"), ("EI-PDF-XMP", "name")]),
    "type of file": (mime, [("EI-PDF-MIME", "")]),
    "not associated": (unassociated, [("EI-PDF-RELATION", "unassociated")]),
    "relation missing": (relation(None), [("EI-PDF-RELATION", "relation")]),
    "relation odd": (relation("Supplement"), [("EI-PDF-RELATION", "relation")]),
    "relation fit": (relation("Source"), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_disagreement_is_told_and_rejects_nothing(name: str) -> None:
    change, expected = CASES[name]
    made = changed(change)
    assert sorted(told(made)) == expected
    assert einvoice.validate(made).verdict == "accepted"


def test_minimum_is_data_only() -> None:
    assert told(changed(relation("Alternative"), "MINIMUM")) == [("EI-PDF-RELATION", "relation")]


def test_an_invoice_is_found_by_associated_files_alone() -> None:
    def unlisted(document: Any) -> None:
        del document.Root.Names

    assert [one.path for one in open_delivery(changed(unlisted)).documents] == ["factur-x.xml"]
