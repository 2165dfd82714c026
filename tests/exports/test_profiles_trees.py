"""XML against a schema written by hand, JSON by the json module: hostile texts stay texts, sums stay exact."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from einvoice.exports.profiles.case import Case
from einvoice.exports.profiles.writing import write
from einvoice.model.content import Content
from tests.exports.cases import AMOUNTS, HOSTILE, made, sample, with_texts
from tests.parts import rounds

XSD = etree.XMLSchema(etree.parse(str(Path(__file__).parent / "anordnungspaket.xsd")))
NS = {"a": "urn:example:hkr:anordnungspaket:1"}


def _tree(data: bytes) -> Any:
    root = etree.fromstring(data)
    XSD.assertValid(root)
    return root


def _printed(text: str) -> str:
    """As every profile writes a text: characters that do not print are blanks."""
    return "".join(c if c.isprintable() else " " for c in text)


def test_xml_is_as_its_receiver_wants_it() -> None:
    profile, case = sample("hkr-xml")
    city = Content.parse({"BG-4": {"BG-5": {"BT-37": "Köln"}}})
    root = _tree(made(profile, replace(case, invoice=lambda row: city)).data)
    assert root.xpath("string(//a:Zahlungspartner/a:Ort)", namespaces=NS) == "Köln"
    amounts = [Decimal(text) for text in root.xpath("a:Anordnung/a:Betrag/text()", namespaces=NS)]
    assert sum(amounts) == Decimal(root.findtext("a:Summen/a:Betrag", namespaces=NS))
    assert sum(amounts) == sum(
        Decimal(text) for text in root.xpath("//a:Kontierung/a:Betrag/text()", namespaces=NS)
    )


@settings(max_examples=rounds(30, 60), deadline=None)
@given(number=HOSTILE, seller=HOSTILE, text=HOSTILE, amounts=st.lists(AMOUNTS, min_size=1, max_size=4))
def test_no_text_of_an_invoice_breaks_xml_or_json(
    number: str, seller: str, text: str, amounts: list[Decimal]
) -> None:
    profile, case = sample("hkr-xml")
    root = _tree(made(profile, with_texts(case, number, seller, text, amounts)).data)
    assert root.xpath("string(//a:Zahlungspartner/a:Name)", namespaces=NS) == _printed(seller)
    assert [Decimal(x) for x in root.xpath("//a:Kontierung/a:Betrag/text()", namespaces=NS)] == amounts
    profile, case = sample("hkr-json")
    (invoice,) = json.loads(
        made(profile, with_texts(case, number, seller, text, amounts)).data, parse_float=Decimal
    )["invoices"]
    assert invoice["seller"] == _printed(seller)
    assert [Decimal(one["amount"]) for one in invoice["postings"]] == amounts
    assert Decimal(invoice["amount"]) == sum(amounts)


def test_json_has_a_file_per_invoice_with_its_own_number() -> None:
    profile, case = sample("hkr-json")
    files = write(profile, case)
    assert [file.name for file in files] == ["musterstadt_2026-0007_1.json", "musterstadt_2026-0007_2.json"]
    said = [json.loads(file.data)["invoices"] for file in files]
    assert [[one["voucher"] for one in invoices] for invoices in said] == [[1], [2]]
    assert said[1][0]["credit"] is True
    assert said[1][0]["iban"] is None


def test_a_batch_of_a_thousand_is_filled_in_seconds() -> None:
    profile, case = sample("hkr-fixed")
    rows = [replace(case.rows[0], invoice_id=n, position=n) for n in range(1, 1001)]
    numbers = {("voucher", str(n)): n for n in range(1, 1001)}
    file = made(profile, Case(case.batch, rows, numbers=numbers))
    assert file.data.count(b"\r\nA") == 1000
