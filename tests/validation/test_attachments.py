"""Long attachments are set aside while the schema is asked, and nothing else is: libxml2 is asked what is base64."""

import base64
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from einvoice.formats.xml import parse
from einvoice.validation import schema
from einvoice.validation.attachments import LONG, is_base64, set_aside
from tests.parts import rounds
from tests.validation.test_schema import CAC, INVOICE

XSD = "http://www.w3.org/2001/XMLSchema"
SCHEMA = etree.XMLSchema(
    etree.XML(f'<xs:schema xmlns:xs="{XSD}"><xs:element name="a" type="xs:base64Binary"/></xs:schema>')
)
LETTERS = string.ascii_letters + string.digits + "+/= \n"
RIGHT = base64.b64encode(bytes(range(256)) * 20).decode()
REFERENCE = f"""<cac:AdditionalDocumentReference xmlns:cac="{CAC}"><cbc:ID>A</cbc:ID><cac:Attachment>
<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="a.pdf">%s</cbc:EmbeddedDocumentBinaryObject>
</cac:Attachment></cac:AdditionalDocumentReference><cac:AccountingSupplierParty/>"""


def with_attachment(text: str) -> str:
    return INVOICE.replace("<cac:AccountingSupplierParty/>", REFERENCE % text)


def allowed(text: str) -> bool:
    element = etree.Element("a")
    element.text = text
    return bool(SCHEMA.validate(element))


def near_base64() -> st.SearchStrategy[str]:
    """Base64 with its lines broken or not, and what a slip makes of it."""
    whole = st.binary(max_size=60).map(lambda data: base64.encodebytes(data).decode())
    return st.tuples(whole, st.integers(0, 90), st.text(LETTERS, max_size=3), st.integers(0, 2)).map(
        lambda drawn: drawn[0][: drawn[1]] + drawn[2] + drawn[0][drawn[1] + drawn[3] :]
    )


@settings(max_examples=rounds(500, 2000))
@given(st.one_of(near_base64(), st.text(LETTERS, max_size=12), st.text(max_size=8)))
@example("AAB=")
@example("AB==")
@example("AAA=AAAA")
@example("AAAA====")
@example("AAA")
def test_what_we_take_for_base64_libxml2_takes_too(text: str) -> None:
    if all(one.isprintable() or one == "\n" for one in text) and is_base64(text):
        assert allowed(text)


@pytest.mark.parametrize("data", [b"a", b"ab", b"abc", b"\xff" * 300])
def test_base64_is_told_with_lines_broken_or_not(data: bytes) -> None:
    assert is_base64(base64.b64encode(data).decode())
    assert is_base64(base64.encodebytes(data).decode().replace("\n", "\n  "))


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (RIGHT, True),
        (base64.encodebytes(bytes(5000)).decode(), True),
        (RIGHT[:-3] + "B==", False),
        (RIGHT + "ä", False),
        (RIGHT.replace("A", "-", 1), False),
        (RIGHT + "<cbc:ID/>", False),
    ],
)
def test_the_verdict_on_an_attachment_is_that_of_the_schema(text: str, fine: bool) -> None:
    root = parse(with_attachment(text).encode())
    before = etree.tostring(root)
    lines = [element.sourceline for element in root.iter()]
    assert (schema.check(root, "ubl-invoice") == []) == fine
    assert schema.official("ubl-invoice").is_valid(root) == fine
    assert etree.tostring(root) == before
    assert [element.sourceline for element in root.iter()] == lines


def test_text_after_an_attachment_is_a_fault_as_it_is_anywhere() -> None:
    text = with_attachment(RIGHT).replace("BinaryObject>\n</cac", "BinaryObject>A\n</cac")
    assert [one.values["found"] for one in schema.check(parse(text.encode()), "ubl-invoice")] == ["A"]


def test_faults_beside_an_attachment_are_told_as_without_it() -> None:
    told = [
        [(one.location, one.values["why"]) for one in schema.check(parse(text.encode()), "ubl-invoice")]
        for text in (
            with_attachment(attached).replace(' mimeCode="application/pdf"', ' colour="red"')
            for attached in (RIGHT, "AAAA")
        )
    ]
    assert told[0] == told[1] != []


def test_only_what_is_long_and_right_is_set_aside() -> None:
    for text, aside in ((RIGHT, True), ("A" * (LONG - 4), False), (RIGHT + "!", False)):
        root = parse(with_attachment(text).encode())
        (element,) = root.iter("{*}EmbeddedDocumentBinaryObject")
        with set_aside(root):
            assert (element not in root.iter()) == aside
        assert element in root.iter()
