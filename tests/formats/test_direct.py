"""The short ways of reading, of a tree and along the walk of a verdict, give what the long way gives, or leave the
document to it."""

import copy
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from lxml import etree

from einvoice.errors import NotAnInvoice
from einvoice.formats import xml
from einvoice.formats.along import Reading
from einvoice.formats.direct import read_plainly
from einvoice.formats.understanding import invoice_of, invoice_of_any
from einvoice.formats.walk.names import SYNTAXES
from einvoice.formats.walk.plan import plan
from einvoice.formats.writing import write
from einvoice.model.bases import base, names
from einvoice.rulebook.syntax import syntax_rules
from einvoice.validation import schema
from einvoice.validation.deliveries import Look, examined, validate_delivery
from einvoice.validation.options import Options
from einvoice.validation.stages import release_of
from einvoice.validation.typed import validate_and_read
from tests.parts import CORPUS, ROOT
from tests.sizes import many_lines

FULL = bool(os.environ.get("EINVOICE_FULL"))
CHANGES = ("remove", "repeat", "text", "tail", "attribute", "unknown", "move", "value", "comment")
ALLOWED = ("remove", "repeat", "text", "attribute", "value")
"""Changes that a schema often allows."""

TEXTS = ("", " ", "x", "12", "1.50", "2026-03-02", "20260302", "EUR", "VAT", "true", "SEPA", "QUJD", "#AAI#x")


def documents() -> Iterator[tuple[str, etree._Element]]:
    """The rule examples in every syntax, the samples, and the corpus (a part of it, unless EINVOICE_FULL is set)."""
    for name in names() if FULL else ("standard", "small"):
        for syntax in ("ubl-invoice", "ubl-creditnote", "cii"):
            yield f"{name} {syntax}", xml.parse(write(base(name, syntax), syntax).data)
    files = [*(ROOT / "samples").glob("*.xml"), *sorted(CORPUS.rglob("*.xml"))[:: 1 if FULL else 40]]
    for path in files:
        root = _parsed(path)
        if root is not None:
            yield path.name, root


def _parsed(path: Path) -> etree._Element | None:
    try:
        root = xml.parse(path.read_bytes())
    except xml.Refused:
        return None
    return root if root.tag in SYNTAXES else None


EVERY = list(documents())


def test_both_ways_read_the_same() -> None:
    plain = 0
    for name, root in EVERY:
        plain += read_plainly(root) is not None
        assert invoice_of(root) == invoice_of_any(root), name
    assert plain > len(EVERY) / 2


def test_what_is_read_along_the_walk_of_a_verdict_is_the_same() -> None:
    assert sum(_is_read_along(root, name) for name, root in EVERY) > len(EVERY) * 2 / 5


def _is_read_along(root: etree._Element, *said: object) -> bool:
    """Whether the document is one that is read along the walk of its verdict; what is read is as it should be."""
    if schema.check(root, SYNTAXES[root.tag]):
        return False
    walked = _walked(root)
    plain = walked.result
    assert plain == read_plainly(root), said
    assert invoice_of(root, walked) == invoice_of_any(root), said
    return plain is not None


def _walked(root: etree._Element) -> Reading:
    """The walk that a verdict makes, with the syntax rules of a release."""
    syntax, release = SYNTAXES[root.tag], release_of(Options())
    table = syntax_rules(release.versions["en16931"], syntax, release.rules)
    walked = Reading(root)
    for _ in walked.listings(plan(syntax, table).automaton.start):
        pass
    return walked


def test_a_document_too_long_to_be_listed_as_a_whole_is_read_along_the_walk() -> None:
    for syntax in ("ubl-invoice", "cii"):
        root = xml.parse(many_lines(700, syntax))
        walked = _walked(root)
        assert walked.whole is None
        assert walked.result is not None
        assert walked.result == read_plainly(root)


def test_a_verdict_gives_the_invoice_as_well() -> None:
    along = 0
    for path in [path for path in sorted((ROOT / "samples").glob("*.xml")) if _parsed(path) is not None]:
        data = path.read_bytes()
        (found,) = examined(data, "", Options(), Look(lambda root, walked: walked, Reading))
        ((report, invoice),) = validate_and_read(data, "", Options())
        assert invoice == invoice_of_any(xml.parse(data)), path.name
        assert report.findings == found.report.findings == validate_delivery(data, "")[0].findings, path.name
        refused = any(one.rule == "EI-XSD" for one in report.findings)
        assert not (isinstance(found.looked, Reading) and refused), path.name
        along += isinstance(found.looked, Reading)
    assert along > 5


def test_a_walk_that_came_to_no_end_has_read_nothing() -> None:
    root = EVERY[0][1]
    walked = Reading(root)
    walked.listings(plan(SYNTAXES[root.tag]).automaton.start)
    assert walked.result is None


@pytest.mark.parametrize("seed", range(20 if FULL else 4))
def test_both_ways_read_the_same_of_changed_documents(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(400 if FULL else 60):
        name, root = dice.choice(EVERY)
        if not 1 < sum(1 for _ in root.iter()) < 600:
            continue
        root = copy.deepcopy(root)
        said = [_change(root, dice) for _ in range(dice.randrange(1, 4))]
        assert invoice_of(root) == invoice_of_any(root), (name, said)


@pytest.mark.parametrize("seed", range(20 if FULL else 2))
def test_a_changed_document_is_read_the_same_along_the_walk(seed: int) -> None:
    dice = random.Random(seed)
    along = 0
    for _ in range(1_000 if FULL else 60):
        name, root = dice.choice(EVERY)
        if not 1 < sum(1 for _ in root.iter()) < 600:
            continue
        root = copy.deepcopy(root)
        said = [_change(root, dice, ALLOWED) for _ in range(dice.randrange(1, 3))]
        along += _is_read_along(root, name, said)
    assert along > 5


def _change(root: etree._Element, dice: random.Random, kinds: Sequence[str] = CHANGES) -> str:
    """Changes one element: its text, an attribute, its place; gives what was done."""
    element = dice.choice([one for one in root.iter("*") if one is not root] or [root])
    parent = element.getparent()
    if parent is None:
        return "nothing"
    what = dice.choice(kinds)
    if what == "remove":
        parent.remove(element)
    elif what == "repeat":
        element.addnext(copy.deepcopy(element))
    elif what == "text":
        element.text = dice.choice(TEXTS)
    elif what == "tail":
        element.tail = dice.choice(TEXTS)
    elif what == "attribute":
        element.set(dice.choice(("schemeID", "unitCode", "currencyID", "format", "x")), dice.choice(TEXTS))
    elif what == "unknown":
        etree.SubElement(element, "{urn:x}y").text = dice.choice(TEXTS)
    elif what == "move":
        dice.choice(list(root.iter("*"))[:40] or [root]).append(copy.deepcopy(element))
    elif what == "value" and element.attrib:
        element.set(dice.choice(list(map(str, element.attrib))), dice.choice(TEXTS))
    elif what == "comment":
        element.append(etree.Comment("x"))
    return f"{what} {element.tag}"


def test_where_the_schema_allows_anything_texts_are_not_overlooked() -> None:
    extension = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
    root = xml.parse(write(base("small", "ubl-invoice"), "ubl-invoice").data)
    root.insert(
        0,
        etree.fromstring(
            f'<e:UBLExtensions xmlns:e="{extension}"><e:UBLExtension><e:ExtensionContent>'
            '<x xmlns="urn:x">before<y z="within">that</y>after<u/><y/></x>'
            "</e:ExtensionContent></e:UBLExtension></e:UBLExtensions>"
        ),
    )
    assert not schema.check(root, "ubl-invoice")
    invoice = invoice_of(root, _walked(root))
    assert {one.text for one in invoice.further} == {"beforeafter", "that", "within"}
    assert invoice == invoice_of_any(root)


def test_lines_that_say_nothing_are_no_lines() -> None:
    root = xml.parse(write(base("small", "ubl-invoice"), "ubl-invoice").data)
    line = next(root.iter("{*}InvoiceLine"))
    for number in range(300):
        empty = copy.deepcopy(line)
        del empty[1 if number % 2 else 0 :]
        for inner in empty:
            inner.tag = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}Price"
            inner.text = None
        line.addprevious(empty)
    read = read_plainly(root)
    assert read
    assert len(read[0]["lines"]) == len(invoice_of_any(root).lines)
    assert invoice_of(root) == invoice_of_any(root)


def test_payment_means_that_say_something_twice_are_not_joined_to_others() -> None:
    root = xml.parse(write(base("standard", "ubl-invoice"), "ubl-invoice").data)
    means = next(root.iter("{*}PaymentMeans"))
    means.addnext(copy.deepcopy(means))
    reference = next(means.iter("{*}PaymentID"))
    reference.addnext(copy.deepcopy(reference))
    assert invoice_of(root) == invoice_of_any(root)
    assert invoice_of(root).unplaced


def test_other_documents_are_refused_as_before() -> None:
    with pytest.raises(NotAnInvoice):
        invoice_of(etree.fromstring("<x/>"))
