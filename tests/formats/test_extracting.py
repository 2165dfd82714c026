"""Structured data: JSON as the contract has it, CSV that no spreadsheet can be tricked with."""

import csv
import io
import json
from typing import Any

import pytest

from einvoice.formats.extracting import Extract, as_csv, as_json, as_jsonl
from einvoice.formats.tables import columns
from einvoice.model.bases import base, example
from einvoice.model.content import Content
from einvoice.model.invoice import FurtherDetail, Invoice


def extract(content: Content) -> Extract:
    """An extract of a content, with a detail that has no term."""
    invoice = Invoice.from_content(content, [FurtherDetail(path="/x[1]", text="y")])
    return Extract("a.xml", None, "ab" * 32, invoice, {"syntax": "cii", "container": "xml"})


def rows(*contents: Content) -> list[dict[str, str]]:
    """The CSV of contents, read back."""
    return list(csv.DictReader(io.StringIO("".join(as_csv(map(extract, contents))), newline="")))


def test_json_is_as_the_contract_has_it() -> None:
    (one,) = json.loads("".join(as_json([extract(base())])))
    assert list(one) == ["file", "document", "sha256", "source", "invoice"]
    assert one["source"]["further"] == [{"path": "/x[1]", "text": "y"}]
    invoice: dict[str, Any] = one["invoice"]
    assert invoice["number"] == "RE-2026-0815"
    assert invoice["issue_date"] == "2026-03-02"
    assert invoice["totals"]["total_amount_with_vat"] == "606.20"
    assert invoice["seller"]["electronic_address"] == {
        "value": "rechnung@werre-buerobedarf.example",
        "scheme": "EM",
    }
    attached = invoice["additional_supporting_documents"][0]["attached_document"]
    assert list(attached) == ["filename", "mime", "bytes", "sha256"]
    assert attached["bytes"] == 47
    assert "further" not in invoice
    assert "unplaced" not in invoice


def test_attachments_come_when_asked_for() -> None:
    (line,) = as_jsonl([extract(base())], attachments=True)
    documents = json.loads(line)["invoice"]["additional_supporting_documents"]
    assert documents[0]["attached_document"]["content"] == base().groups["BG-24"][0].text("BT-125")


def test_json_lists_and_lines_hold_the_same() -> None:
    extracts = [extract(base()), extract(base("small"))]
    assert json.loads("".join(as_json(extracts))) == [json.loads(line) for line in as_jsonl(extracts)]
    assert json.loads("".join(as_json([]))) == []


def test_csv_has_a_row_for_each_line_with_the_head_repeated() -> None:
    first, second = rows(base())
    assert [first["line.net_amount"], second["line.net_amount"]] == ["425.00", "105.00"]
    assert first["seller.name"] == second["seller.name"] == "Werre Bürobedarf GmbH"
    assert first["buyer.electronic_address.scheme"] == "0204"
    assert first["payment_instructions.credit_transfers.account_identifier"] == "DE19499999600123456789"
    assert first["totals.amount_due_for_payment"] == "506.20"
    assert list(first) == [column.name for column in columns()]
    assert len(set(first)) == len(columns())


def test_an_invoice_without_lines_has_one_row() -> None:
    (row,) = rows(example({"BG-25": False}))
    assert row["number"] == "RE-2026-0815"
    assert row["line.net_amount"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+49 5799", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-"])
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = rows(Content.parse({"BT-1": text}))
    assert row["number"] == "'" + text


@pytest.mark.parametrize("text", ["-12.50", "+3", "12", "", "R=1"])
def test_plain_numbers_and_texts_stay(text: str) -> None:
    (row,) = rows(Content.parse({"BT-1": text}))
    assert row["number"] == text
