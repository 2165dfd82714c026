"""Data made into an invoice: what does not fit is said with its JSON path, in both languages."""

import json
from decimal import Decimal
from typing import Any

import pytest

from einvoice.errors import NotAnInvoice, NotComputable
from einvoice.formats.extracting import invoice_table
from einvoice.model.bases import base, names
from einvoice.model.given import invoice_from_data, invoice_from_json
from einvoice.model.invoice import Invoice


@pytest.mark.parametrize("name", names())
def test_what_is_extracted_comes_back(name: str) -> None:
    invoice = Invoice.from_content(base(name))
    table = invoice_table(invoice, attachments=True)
    assert invoice_from_json(json.dumps(table)) == invoice
    assert invoice_from_json(json.dumps({"source": {}, "invoice": table})) == invoice


def test_numbers_keep_their_digits_with_or_without_quotes() -> None:
    text = '{"totals": {"paid_amount": 12.10, "rounding_amount": "0.30", "sum_of_charges": 5}}'
    totals = invoice_from_json(b"\xef\xbb\xbf" + text.encode()).totals
    assert totals
    assert [str(n) for n in (totals.paid_amount, totals.rounding_amount, totals.sum_of_charges)] == [
        "12.10", "0.30", "5",
    ]  # fmt: skip


FAULTS: list[tuple[Any, str]] = [
    ({"number": 5}, "number: expected a text"),
    ({"isue_date": "2026-01-01"}, "isue_date: there is no such field (did you mean issue_date?)"),
    ({"issue_date": "2026-13-01"}, 'issue_date: expected a day, such as "2026-03-02" (≠ "2026-13-01")'),
    ({"issue_date": 20260101}, "issue_date: expected a day"),
    ({"notes": {"note": "x"}}, "notes: expected a list"),
    ({"seller": "x"}, "seller: expected an object"),
    ({"lines": [{}, {"net_amount": "1,5"}]}, "lines[1].net_amount: expected a number"),
    ({"lines": [{"net_amount": "1_5"}]}, "lines[0].net_amount: expected a number"),
    ({"lines": [{"net_amount": True}]}, "lines[0].net_amount: expected a number"),
    (
        {"seller": {"postal_address": {"zip": "1"}}},
        "seller.postal_address.zip: there is no such field (there are: a",
    ),
    ({"seller": {"identifiers": [{}]}}, "seller.identifiers[0].value: is missing"),
    ([], "$: expected an object"),
]


@pytest.mark.parametrize(("data", "said"), FAULTS)
def test_a_fault_has_its_path_and_says_what_was_expected(data: Any, said: str) -> None:
    with pytest.raises(NotAnInvoice) as caught:
        invoice_from_json(json.dumps(data), "a.json")
    assert str(caught.value).startswith(f"a.json: {said}")
    assert caught.value.said("de") != str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(NotAnInvoice) as caught:
        invoice_from_data({"number": 5, "lines": [{"x": 1}]})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "a.json:1:2: no JSON"),
        (b'{\n"a" 1}', "a.json:2:5: no JSON"),
        (b'{"number": "1", "number": "2"}', 'a.json: "number" is stated twice'),
        (b"[" * 100_000, "a.json: no JSON"),
        (b'{"totals": {"paid_amount": NaN}}', "a.json: no JSON"),
        (b'{"totals": {"paid_amount": 1e999999999}}', "a.json: totals.paid_amount: expected a number"),
        (b'{"number": "\xff"}', "a.json: is not UTF-8"),
    ],
)
def test_what_is_no_json_says_where(text: bytes, said: str) -> None:
    with pytest.raises(NotAnInvoice) as caught:
        invoice_from_json(text, "a.json")
    assert str(caught.value).startswith(said)


def test_an_embedded_document_without_its_content_is_not_lost_in_silence() -> None:
    table = invoice_table(Invoice.from_content(base()))
    with pytest.raises(
        NotAnInvoice, match=r"^JSON: additional_supporting_documents\[0\]\.attached_document: the content"
    ):
        invoice_from_data(table)
    table = invoice_table(Invoice.from_content(base()), attachments=True)
    table["additional_supporting_documents"][0]["attached_document"]["content"] = "AAAA"
    with pytest.raises(NotAnInvoice, match="sha256: is not the digest"):
        invoice_from_data(table)


def least(**more: Any) -> Invoice:
    """An invoice of one line, its price and VAT."""
    line = {
        "invoiced_quantity": "3",
        "price": {"gross_price": "10.00", "price_discount": "0.50"},
        "vat": {"category_code": "S", "rate": "19"},
    }
    return invoice_from_data({"lines": [line], **more})


def test_amounts_are_computed_from_what_makes_them() -> None:
    invoice = least(
        allowances=[
            {"base_amount": "28.50", "percentage": "10", "vat_category_code": "S", "vat_rate": "19.00"}
        ],
        charges=[{"amount": "1", "vat_category_code": "Z"}],
        totals={"paid_amount": "5"},
    ).compute_totals()
    line, totals = invoice.lines[0], invoice.totals
    assert line.price
    assert (line.price.net_price, line.net_amount) == (Decimal("9.50"), Decimal("28.50"))
    assert invoice.allowances[0].amount == Decimal("2.85")
    rows: list[object] = [
        (row.category_code, row.rate, row.taxable_amount, row.tax_amount) for row in invoice.vat_breakdown
    ]
    assert rows == [("S", 19, Decimal("25.65"), Decimal("4.87")), ("Z", 0, 1, 0)]
    assert totals
    assert (totals.total_amount_with_vat, totals.amount_due_for_payment) == (
        Decimal("31.52"),
        Decimal("26.52"),
    )


def test_a_row_that_states_a_reason_gets_its_amounts() -> None:
    invoice = least(vat_breakdown=[{"category_code": "S", "rate": "19", "exemption_reason_text": "x"}])
    (row,) = invoice.compute_totals().vat_breakdown
    assert (row.exemption_reason_text, str(row.taxable_amount), str(row.tax_amount)) == ("x", "28.50", "5.42")


def test_a_category_with_a_single_reason_gets_it() -> None:
    invoice = least()
    vat = invoice.lines[0].vat
    assert vat
    vat.category_code, vat.rate = "AE", Decimal(0)
    assert invoice.compute_totals().vat_breakdown[0].exemption_reason_code == "VATEX-EU-AE"


def test_a_line_is_the_sum_of_its_sub_lines_where_it_has_no_price() -> None:
    parts = [{"net_amount": "1.10"}, {"invoiced_quantity": "2", "price": {"net_price": "0.555"}}]
    invoice = invoice_from_data({"lines": [{"sub_lines": parts, "vat": {"category_code": "S", "rate": "7"}}]})
    assert invoice.compute_totals().lines[0].net_amount == Decimal("2.21")


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"lines": [{"net_amount": "1"}]}, "lines[0].vat.category_code:"),
        ({"lines": [{}]}, "lines[0]:"),
        ({"charges": [{"percentage": "1"}]}, "charges[0]:"),
        ({"allowances": [{"amount": "1"}]}, "allowances[0].vat_category_code:"),
        ({"vat_breakdown": [{"category_code": "E"}]}, "vat_breakdown[0]:"),
    ],
)
def test_what_is_missing_to_compute_has_its_path(more: dict[str, Any], path: str) -> None:
    with pytest.raises(NotComputable) as caught:
        least(**more).compute_totals()
    assert str(caught.value).startswith(path)
    assert caught.value.said("de").startswith(path)
