"""Reading small hand-written documents: occurrences, groups, what stands elsewhere, and what no term holds."""

from typing import Any

import pytest
from lxml import etree

from einvoice.errors import NotAnInvoice
from einvoice.formats.reading import Reading, read
from einvoice.formats.xml import parse
from tests.formats.walk_trees import tree

TRADE = (
    "<rsm:CrossIndustryInvoice><rsm:SupplyChainTradeTransaction>{}"
    "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"
)
SETTLEMENT = TRADE.format("<ram:ApplicableHeaderTradeSettlement>{}</ram:ApplicableHeaderTradeSettlement>")
AGREEMENT = TRADE.format("<ram:ApplicableHeaderTradeAgreement>{}</ram:ApplicableHeaderTradeAgreement>")
INVOICE = "<ubl:Invoice>{}</ubl:Invoice>"


def invoice(inner: str) -> Reading:
    return read(tree(INVOICE.format(inner)))


def said(reading: Reading) -> list[tuple[str, str]]:
    return [(occurrence.term, occurrence.text) for occurrence in reading.invoice.everything()]


def plain(reading: Reading) -> dict[str, Any]:
    return reading.content().plain()


def test_every_occurrence_in_document_order_as_written() -> None:
    reading = invoice("<cbc:ID>1</cbc:ID><cbc:ID> 2 </cbc:ID><cbc:ID/>")
    assert said(reading) == [("BT-1", "1"), ("BT-1", " 2 "), ("BT-1", "")]
    occurrences = list(reading.invoice.occurrences("BT-1"))
    assert [occurrence.location for occurrence in occurrences] == [
        f"/ubl:Invoice[1]/cbc:ID[{n}]" for n in (1, 2, 3)
    ]
    assert [occurrence.line for occurrence in occurrences] == [1, 1, 1]
    assert occurrences[0].group is reading.invoice


def test_text_is_the_whole_string_value() -> None:
    total = "<cac:LegalMonetaryTotal><cbc:PayableAmount>{}</cbc:PayableAmount></cac:LegalMonetaryTotal>"
    for text in (
        "11<!-- -->9.00",
        "11<?p q?>9.00",
        "<![CDATA[119]]>.00",
        "&#49;19.00",
        "11<cbc:X>9</cbc:X>.00",
    ):
        root = parse(etree.tostring(tree(INVOICE.format(total.format(text)))))
        assert ("BT-115", "119.00") in said(read(root)), text


def test_prefixes_of_the_document_do_not_matter() -> None:
    xml = b"""<x:Invoice xmlns:x="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
        ><ID xmlns="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">7</ID></x:Invoice>"""
    reading = read(parse(xml))
    assert said(reading) == [("BT-1", "7")]
    assert next(reading.invoice.occurrences()).location == "/ubl:Invoice[1]/cbc:ID[1]"


def test_names_of_another_namespace_are_no_terms() -> None:
    reading = invoice('<z:ID xmlns:z="urn:z">7</z:ID>')
    assert said(reading) == []
    assert [(detail.path, detail.text) for detail in reading.further] == [("/ubl:Invoice[1]/ID[1]", "7")]


CHARGE = (
    "<cac:AllowanceCharge><cbc:ChargeIndicator>{}</cbc:ChargeIndicator>"
    "<cbc:Amount>5</cbc:Amount></cac:AllowanceCharge>"
)


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [("true", {"BG-21": {"BT-99": "5"}}), (" true ", {"BG-21": {"BT-99": "5"}}), ("1", {"BG-21": {"BT-99": "5"}}),
     ("false", {"BG-20": {"BT-92": "5"}}), ("\n0", {"BG-20": {"BT-92": "5"}}), ("perhaps", {})],
)  # fmt: skip
def test_an_indicator_tells_allowance_from_charge(indicator: str, expected: dict[str, Any]) -> None:
    reading = invoice(CHARGE.format(indicator))
    assert plain(reading) == {group: [table] for group, table in expected.items()}
    assert [detail.text for detail in reading.further] == ([] if expected else ["perhaps", "5"])


def test_cii_indicators_too() -> None:
    allowance = """<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator> 1 </udt:Indicator>
        </ram:ChargeIndicator><ram:ActualAmount>5</ram:ActualAmount></ram:SpecifiedTradeAllowanceCharge>"""
    reading = read(tree(SETTLEMENT.format(allowance)))
    assert plain(reading) == {"BG-21": [{"BT-99": "5"}]}
    assert reading.further == []


def test_what_comes_later_decides_about_what_came_before() -> None:
    scheme = "<cac:TaxScheme>{}</cac:TaxScheme>"
    number = f"<cac:PartyTaxScheme><cbc:CompanyID>{{}}</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>"
    schemes = number.format("DE1", "<cbc:ID> VAT</cbc:ID>") + number.format("12/3", "<cbc:ID>FC</cbc:ID>")
    party = f"<cac:Party>{schemes}{number.format('9', '')}</cac:Party>"
    reading = invoice(f"<cac:AccountingSupplierParty>{party}</cac:AccountingSupplierParty>")
    assert said(reading) == [("BT-31", "DE1"), ("BT-32", "12/3"), ("BT-32", "9")]


SUB = "<cac:SubInvoiceLine><cbc:ID>{}</cbc:ID><cac:Item><cbc:Name>{}</cbc:Name></cac:Item>{}</cac:SubInvoiceLine>"


def test_sub_lines_lie_in_their_lines_at_any_depth() -> None:
    subs = SUB.format("1.1", "b", SUB.format("1.1.1", "c", "")) + SUB.format("1.2", "d", "")
    line = f"<cac:InvoiceLine><cbc:ID>1</cbc:ID><cac:Item><cbc:Name>a</cbc:Name></cac:Item>{subs}</cac:InvoiceLine>"
    assert plain(invoice(line)) == {
        "BG-25": [{
            "BT-126": "1", "BG-31": {"BT-153": "a"}, "BG-DEX-01": [
                {"BT-126": "1.1", "BG-DEX-01": [
                    {"BT-126": "1.1.1", "BG-DEX-02": {"BT-153": "c"}},
                ], "BG-DEX-02": {"BT-153": "b"}},
                {"BT-126": "1.2", "BG-DEX-02": {"BT-153": "d"}},
            ],
        }],
    }  # fmt: skip


# ------------------------------------------------------------------ what stands outside the element of its group

TOTALS = """<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>CZK</cbc:TaxCurrencyCode>
    <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19</cbc:TaxAmount></cac:TaxTotal>
    <cac:TaxTotal><cbc:TaxAmount currencyID="CZK">475</cbc:TaxAmount></cac:TaxTotal>{}"""
LEGAL = "<cac:LegalMonetaryTotal><cbc:PayableAmount>119</cbc:PayableAmount></cac:LegalMonetaryTotal>"


@pytest.mark.parametrize("legal", [LEGAL, ""])
def test_tax_totals_of_ubl_belong_to_the_totals(legal: str) -> None:
    reading = invoice(TOTALS.format(legal))
    payable = {"BT-115": "119"} if legal else {}
    assert plain(reading)["BG-22"] == {"BT-110": "19", "BT-111": "475", **payable}
    assert reading.further == []


def test_a_currency_that_is_not_the_invoices_is_a_further_detail() -> None:
    reading = invoice(
        TOTALS.format(LEGAL).replace("<cbc:PayableAmount", '<cbc:PayableAmount currencyID="USD"')
    )
    assert [(detail.attribute, detail.text) for detail in reading.further] == [("currencyID", "USD")]


MEANS = (
    "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode>{}"
    "</ram:SpecifiedTradeSettlementPaymentMeans>"
)
IBAN = "<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>{}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>"
BIC = (
    "<ram:PayeeSpecifiedCreditorFinancialInstitution><ram:BICID>{}</ram:BICID>"
    "</ram:PayeeSpecifiedCreditorFinancialInstitution>"
)


def test_a_bic_joins_the_account_of_its_own_payment_means_only() -> None:
    means = (
        MEANS.format(IBAN.format("DE1"))
        + MEANS.format(BIC.format("XX"))
        + MEANS.format(IBAN.format("DE3") + BIC.format("YY"))
    )
    reading = read(tree(SETTLEMENT.format(means)))
    assert plain(reading) == {
        "BG-16": {
            "BT-81": "58",
            "BG-17": [{"BT-84": "DE1"}, {"BT-86": "XX"}, {"BT-84": "DE3", "BT-86": "YY"}],
        }
    }


def test_payment_means_that_say_different_things_stay_apart() -> None:
    means = MEANS.format(IBAN.format("DE1")) + MEANS.format(IBAN.format("DE2")).replace("58", "30")
    reading = read(tree(SETTLEMENT.format(means)))
    assert [(group["BT-81"], group["BG-17"]) for group in plain(reading)["BG-16"]] == [
        ("58", [{"BT-84": "DE1"}]),
        ("30", [{"BT-84": "DE2"}]),
    ]


def test_a_sepa_creditor_of_the_seller_belongs_to_the_direct_debit() -> None:
    seller = """<cac:AccountingSupplierParty><cac:Party><cac:PartyIdentification><cbc:ID schemeID="SEPA">DE98</cbc:ID>
        </cac:PartyIdentification></cac:Party></cac:AccountingSupplierParty>"""
    mandate = (
        "<cac:PaymentMeans><cac:PaymentMandate><cbc:ID>M1</cbc:ID></cac:PaymentMandate></cac:PaymentMeans>"
    )
    assert plain(invoice(seller + mandate)) == {"BG-16": {"BG-19": {"BT-89": "M1", "BT-90": "DE98"}}}
    assert plain(invoice(seller)) == {"BG-16": {"BG-19": {"BT-90": "DE98"}}}


def test_direct_debit_of_cii_has_no_element_of_its_own() -> None:
    inner = "<ram:CreditorReferenceID>DE98</ram:CreditorReferenceID><ram:PaymentReference>R1</ram:PaymentReference>"
    reading = read(tree(SETTLEMENT.format(inner + MEANS.format(""))))
    assert plain(reading) == {"BG-16": {"BT-81": "58", "BT-83": "R1", "BG-19": {"BT-90": "DE98"}}}


# ------------------------------------------------------------------ one spelling for all syntaxes


def test_subject_code_of_a_ubl_note() -> None:
    notes = "".join(
        f"<cbc:Note>{text}</cbc:Note>" for text in ("#AAI#Hello", "#AAI", "Hello #AAI#", "#ABC##")
    )
    assert plain(invoice(notes)) == {
        "BG-1": [
            {"BT-21": "AAI", "BT-22": "Hello"},
            {"BT-22": "#AAI"},
            {"BT-22": "Hello #AAI#"},
            {"BT-21": "ABC", "BT-22": "#"},
        ]
    }


def test_components_join_the_value_of_their_own_element() -> None:
    ids = "<ram:ID>1</ram:ID>" + "".join(
        f"<ram:GlobalID schemeID='{scheme}'>{text}</ram:GlobalID>"
        for scheme, text in (("0088", 2), ("0060", 3))
    )
    reading = read(tree(AGREEMENT.format(f"<ram:SellerTradeParty>{ids}</ram:SellerTradeParty>")))
    assert plain(reading)["BG-4"]["BT-29"] == [
        "1", {"value": "2", "BT-29-1": "0088"}, {"value": "3", "BT-29-1": "0060"},
    ]  # fmt: skip


def test_components_in_an_element_beside() -> None:
    reference = """<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>{}</ram:IssuerAssignedID>
        <ram:TypeCode>130</ram:TypeCode><ram:ReferenceTypeCode>{}</ram:ReferenceTypeCode>
        </ram:AdditionalReferencedDocument>"""
    reading = read(tree(AGREEMENT.format(reference.format("a", "ABZ") + reference.format("b", "AEK"))))
    assert plain(reading) == {"BT-18": [{"value": "a", "BT-18-1": "ABZ"}, {"value": "b", "BT-18-1": "AEK"}]}
    assert reading.further == []


def test_dates_and_codes_of_cii_are_spelled_as_in_the_norm() -> None:
    tax = """<ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:TaxPointDate>
        <udt:DateString format="102">20260302</udt:DateString></ram:TaxPointDate>
        <ram:DueDateTypeCode>72</ram:DueDateTypeCode></ram:ApplicableTradeTax>"""
    reading = read(tree(SETTLEMENT.format(tax * 2)))
    assert plain(reading) == {"BT-7": "2026-03-02", "BT-8": "432"}
    assert [text for term, text in said(reading) if term == "BT-7"] == ["20260302", "20260302"]


def test_a_date_in_another_format_stays_and_its_format_is_told() -> None:
    xml = TRADE.format("").replace(
        "<rsm:SupplyChainTradeTransaction>",
        '<rsm:ExchangedDocument><ram:IssueDateTime><udt:DateTimeString format="203">202603021200</udt:DateTimeString>'
        "</ram:IssueDateTime></rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>",
    )
    reading = read(tree(xml))
    assert plain(reading) == {"BT-2": "202603021200"}
    assert [(detail.attribute, detail.text) for detail in reading.further] == [("format", "203")]


# ------------------------------------------------------------------ further details, other roots, large texts


def test_what_no_term_holds_is_listed_in_document_order() -> None:
    reading = invoice(
        '<cbc:UUID schemeName="n">u</cbc:UUID><cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>1</cbc:ID>'
        "<cac:Signature> <cbc:Note/>  tail </cac:Signature>"
        "<cac:AccountingCustomerParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>12/3</cbc:CompanyID>"
        "<cac:TaxScheme><cbc:ID>FC</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingCustomerParty>"
    )
    root = "/ubl:Invoice[1]"
    assert [(detail.path, detail.text.strip()) for detail in reading.further] == [
        (f"{root}/cbc:UUID[1]", "u"),
        (f"{root}/cbc:UUID[1]/@schemeName", "n"),
        (f"{root}/cac:Signature[1]", "tail"),
        (
            f"{root}/cac:AccountingCustomerParty[1]/cac:Party[1]/cac:PartyTaxScheme[1]/cbc:CompanyID[1]",
            "12/3",
        ),
    ]


def test_schema_hints_to_the_parser_are_no_details() -> None:
    xml = INVOICE.format("").replace(
        "<ubl:Invoice",
        '<ubl:Invoice xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="a b"',
        1,
    )
    root = etree.fromstring(xml.replace("<ubl:Invoice", f"<ubl:Invoice xmlns:ubl='{UBL}'", 1))
    assert read(root).further == []


UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


def test_an_attachment_is_read_when_asked_for() -> None:
    reading = invoice(
        "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode='text/csv'>YQ=="
        "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    group = next(reading.invoice.inside("BG-24"))
    assert [text for binding, text, *_ in group.found if binding.term == "BT-125"] == [None]
    assert said(reading) == [("BT-125", "YQ=="), ("BT-125-1", "text/csv")]
    assert plain(reading) == {"BG-24": [{"BT-125": {"value": "YQ==", "BT-125-1": "text/csv"}}]}


@pytest.mark.parametrize("xml", ["<a/>", "<Invoice/>", "<i:Invoice xmlns:i='urn:other'/>"])
def test_other_roots_are_no_invoices(xml: str) -> None:
    with pytest.raises(NotAnInvoice, match="root element"):
        read(etree.fromstring(xml))


def test_a_term_stated_twice_alike_is_stated_once() -> None:
    assert plain(invoice("<cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID><cbc:ID>1</cbc:ID>")) == {"BT-1": ["1", "2"]}


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("<ram:ID>1</ram:ID><ram:ID>2</ram:ID>", ["1", "2"]),
        ("<ram:ID>1</ram:ID><ram:GlobalID>2</ram:GlobalID>", ["1", "2"]),
        (
            "<ram:ID>1</ram:ID><ram:GlobalID schemeID='0088'>2</ram:GlobalID>",
            {"value": "2", "BT-46-1": "0088"},
        ),
    ],
)
def test_an_id_gives_way_to_one_with_a_scheme_beside_it(ids: str, expected: object) -> None:
    other = "<ram:SellerTradeParty><ram:GlobalID schemeID='x'>3</ram:GlobalID></ram:SellerTradeParty>"
    reading = read(tree(AGREEMENT.format(f"{other}<ram:BuyerTradeParty>{ids}</ram:BuyerTradeParty>")))
    assert plain(reading)["BG-7"] == {"BT-46": expected}
