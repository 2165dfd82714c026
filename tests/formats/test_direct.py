"""The short way of reading gives what the long way gives, or leaves the document to it."""

import copy
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from einvoice.errors import NotAnInvoice
from einvoice.formats import xml
from einvoice.formats.direct import read_plainly
from einvoice.formats.understanding import invoice_of, invoice_of_any
from einvoice.formats.walk.names import SYNTAXES
from einvoice.formats.writing import write
from einvoice.model.bases import base, names
from tests.parts import CORPUS, ROOT

FULL = bool(os.environ.get("EINVOICE_FULL"))
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


def _change(root: etree._Element, dice: random.Random) -> str:
    """Changes one element: its text, an attribute, its place; gives what was done."""
    element = dice.choice([one for one in root.iter("*") if one is not root] or [root])
    parent = element.getparent()
    if parent is None:
        return "nothing"
    what = dice.choice(
        ("remove", "repeat", "text", "tail", "attribute", "unknown", "move", "value", "comment")
    )
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


def test_other_documents_are_refused_as_before() -> None:
    with pytest.raises(NotAnInvoice):
        invoice_of(etree.fromstring("<x/>"))
