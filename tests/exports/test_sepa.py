"""SEPA payment files: judged by the official schema, read back by a reader that knows nothing of the writer."""

import importlib.util
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from einvoice.approval import workdays
from einvoice.errors import Refused
from einvoice.exports.sepa.charset import spelled
from einvoice.exports.sepa.export import sepa
from einvoice.exports.sepa.remittance import remittance
from einvoice.exports.sepa.settings import read as policy
from einvoice.exports.sepa.transfers import transfers
from tests.exports import rows as made_up
from tests.exports.rows import DAY, IBANS, PAYMENT, closed, creditor, posting, row
from tests.parts import FULL, rounds

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


@pytest.fixture(scope="module")
def official() -> xmlschema.XMLSchema:
    spec = importlib.util.find_spec("sepaxml")
    assert spec is not None
    assert spec.submodule_search_locations
    return xmlschema.XMLSchema(
        str(Path(spec.submodule_search_locations[0]) / "schemas" / "pain.001.001.09.xsd")
    )


def read(data: bytes) -> list[dict[str, Any]]:
    """The transactions of a file with the day of their block; its sums are recomputed on the way."""
    root = etree.fromstring(data)
    blocks = root.findall(".//p:PmtInf", NS)
    found = []
    for block in blocks:
        inside = [
            {
                "day": date.fromisoformat(block.findtext("p:ReqdExctnDt/p:Dt", "", NS)),
                "id": one.findtext("p:PmtId/p:EndToEndId", "", NS),
                "amount": Decimal(one.findtext("p:Amt/p:InstdAmt", "", NS)),
                "name": one.findtext("p:Cdtr/p:Nm", "", NS),
                "iban": one.findtext("p:CdtrAcct/p:Id/p:IBAN", "", NS),
                "text": one.findtext("p:RmtInf/p:Ustrd", "", NS),
                "town": one.findtext("p:Cdtr/p:PstlAdr/p:TwnNm", None, NS),
                "bic": one.findtext("p:CdtrAgt/p:FinInstnId/p:BICFI", None, NS),
            }
            for one in block.findall("p:CdtTrfTxInf", NS)
        ]
        _sums_hold(block, inside)
        found += inside
    head = root.find(".//p:GrpHdr", NS)
    assert head is not None
    _sums_hold(head, found)
    return found


def _sums_hold(owner: etree._Element, inside: list[dict[str, Any]]) -> None:
    assert owner.findtext("p:NbOfTxs", "", NS) == str(len(inside))
    assert Decimal(owner.findtext("p:CtrlSum", "", NS)) == sum(one["amount"] for one in inside)


def test_a_file_holds_the_official_schema_and_is_the_same_again(official: xmlschema.XMLSchema) -> None:
    batch = closed([row(1, [posting("119.00")]), row(2, [posting("50.00")], iban=IBANS[1])])
    (file,) = sepa(batch).files
    official.validate(etree.fromstring(file.data))
    assert file.name == "musterlippe_2026-0007_pain.001.xml"
    assert sepa(batch).files == [file]
    first, second = read(file.data)
    assert (first["amount"], first["iban"], first["name"]) == (
        Decimal("119.00"), IBANS[0], "Buerobedarf Mueller + Soehne",
    )  # fmt: skip
    assert first["text"] == "RE RE-1 vom 02.11.2026"
    assert second["id"] == "1-2026-0007-2"
    assert (first["town"], first["bic"]) == (None, "SOGEDEFFXXX")


LEFT: Mapping[str, tuple[dict[str, Any], str]] = {
    "dollars": ({"currency": "USD"}, "currency"),
    "direct debit": ({"means": "59"}, "debited"),
    "card": ({"means": "54"}, "card"),
    "cash": ({"means": "10"}, "cash"),
    "cheque": ({"means": "20"}, "means"),
    "clearing": ({"means": "97"}, "clearing"),
    "paid already": ({"payable": "0.00"}, "paid"),
    "no account": ({"iban": ""}, "iban"),
    "wrong digits": ({"iban": "DE00512108001245126199"}, "iban"),
    "not in SEPA": ({"iban": "TR330006100519786457841326"}, "iban"),
    "in cheques": ({"means": "21"}, "means"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_transferred_is_named_with_its_reason(name: str) -> None:
    more, code = LEFT[name]
    output = sepa(closed([row(1, [posting("119.00")]), row(2, [posting("119.00")], **more)]))
    assert [(one.position, one.code) for one in output.left] == [(2, code)]
    assert [one["amount"] for one in read(output.files[0].data)] == [Decimal("119.00")]


def test_more_than_a_transfer_can_carry_is_named() -> None:
    rows = [row(1, [posting("119.00")]), row(2, [posting("1000000000.00")])]
    assert [(one.position, one.code) for one in sepa(closed(rows)).left] == [(2, "amount")]


def test_an_unconfirmed_iban_is_held_unless_the_town_says_otherwise() -> None:
    said = {"seller": "X", "seller_vat_id": None, "iban": IBANS[1]}
    rows = [row(1, [posting("119.00")]), row(2, [posting("1.00")], creditor=creditor(said, confirmed=None))]
    assert [one.code for one in sepa(closed(rows)).left] == ["iban-unconfirmed"]
    assert not sepa(closed(rows, payment={**PAYMENT, "accounts": "authorised"})).left


def test_an_account_outside_the_eea_gets_the_structured_address_or_is_held() -> None:
    swiss = {"seller": "Uhren AG", "seller_vat_id": None, "iban": IBANS[3]}
    address = {"line_1": "Bahnhofstraße 1", "post_code": "8001", "city": "Zürich", "country": "CH"}
    rows = [
        row(1, [posting("10.00")], creditor=creditor(swiss, address=address)),
        row(2, [posting("20.00")], creditor=creditor(swiss, address={"city": "Zürich"})),
    ]
    output = sepa(closed(rows))
    assert [one["town"] for one in read(output.files[0].data)] == ["Zuerich"]
    assert [(one.position, one.code) for one in output.left] == [(2, "address")]


def test_credit_notes_are_set_off_and_listed_or_carried_forward() -> None:
    rows = [
        row(1, [posting("100.00")]),
        row(2, [posting("30.00")], credit=True, type_code="381", number="GS-2", iban=""),
        row(3, [posting("80.00")], credit=True, type_code="381", number="GS-3"),
        row(4, [posting("5.00")], credit=True, type_code="381", supplier="another", seller="Anderer"),
    ]
    output = sepa(closed(rows))
    (paid,) = read(output.files[0].data)
    assert paid["amount"] == Decimal("70.00")
    assert paid["text"] == "RE RE-1 100,00, GS GS-2 -30,00"
    assert [(one.position, one.code) for one in output.left] == [(3, "credit-carried"), (4, "credit-carried")]


def test_skonto_is_taken_while_the_money_still_arrives_in_time() -> None:
    terms = "#SKONTO#TAGE=30#PROZENT=2.00#\n#SKONTO#TAGE=10#PROZENT=5.00#\n"
    output = sepa(closed([row(1, [posting("119.00")], terms=terms)]))
    (paid,) = read(output.files[0].data)
    assert (paid["amount"], paid["day"]) == (Decimal("116.62"), date(2026, 12, 1))
    assert paid["text"].endswith("abzgl. Skonto 2,38")
    assert output.details[0]["rows"] == [{"position": 1, "full": "119.00", "paid": "116.62"}]
    (late,) = read(
        sepa(closed([row(1, [posting("119.00")], terms=terms)], day=date(2026, 12, 2))).files[0].data
    )
    assert late["amount"] == Decimal("119.00")


def test_a_file_is_split_where_the_bank_takes_no_more() -> None:
    rows = [row(number, [posting("40.00")]) for number in range(1, 8)]
    by_rows = sepa(closed(rows, payment={**PAYMENT, "most_rows": 3})).files
    assert [len(read(file.data)) for file in by_rows] == [3, 3, 1]
    by_sum = sepa(closed(rows, payment={**PAYMENT, "most_amount": "100.00"})).files
    assert [len(read(file.data)) for file in by_sum] == [2, 2, 2, 1]
    ids = [etree.fromstring(file.data).findtext(".//p:MsgId", "", NS) for file in by_rows]
    assert len(set(ids)) == 3
    assert max(map(len, ids)) <= 35


def test_a_demo_says_so_everywhere() -> None:
    (file,) = sepa(closed([row(1, [posting("1.00")])], demo=True)).files
    assert file.name.startswith("DEMO_")
    text = file.data.decode()
    assert "<MsgId>DEMO-" in text
    assert text.count("<Nm>DEMO Stadt Musterlippe</Nm>") == 2


@pytest.mark.parametrize(
    "more",
    [{"iban": "DE1"}, {"name": ""}, {"bic": "x"}, {"lead": "2"}, {"execution": "soon"}, {"most_amount": "x"},
     {"accounts": "all"}, {"purse": 1}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_by_name(more: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=next(iter(more))):
        policy({**PAYMENT, **more})


def test_without_the_policy_and_without_a_schema_nothing_is_written(tmp_path: Path) -> None:
    batch = [row(1, [posting("1.00")])]
    with pytest.raises(Refused, match="does not pay by itself"):
        sepa(closed(batch, payment={}))
    other = tmp_path / "pain.xsd"
    other.write_text("<schema/>")
    for named, why in ((tmp_path / "none.xsd", "cannot be read"), (other, "not the schema")):
        with pytest.raises(Refused, match=why):
            sepa(closed(batch, payment={**PAYMENT, "schema": str(named)}))


@given(st.text(max_size=200))
def test_any_text_becomes_one_that_banks_take(text: str) -> None:
    written = spelled(text, 70)
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
    assert set(written) <= allowed
    assert len(written) <= 70
    assert written == written.strip()
    assert "//" not in written


@given(st.lists(st.tuples(st.text(min_size=1, max_size=40), st.integers(1, 10**9)), min_size=1, max_size=30))
def test_a_remittance_fits_and_counts_what_it_cannot_name(parts: list[tuple[str, int]]) -> None:
    said = [
        (
            {"number": number, "issue_date": "2026-11-02", "payment": {}},
            Decimal(cents) / 100,
            Decimal(cents) / 100,
        )
        for number, cents in parts
    ]
    assert len(remittance(said)) <= 140


@settings(
    max_examples=5000 if FULL else rounds(60, 200), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(made_up.batches())
def test_each_row_is_paid_or_named_and_all_sums_agree(rows: list[Any]) -> None:
    batch = closed(rows)
    if not transfers(rows, policy(PAYMENT), DAY)[0]:
        with pytest.raises(Refused, match="nothing can be transferred"):
            sepa(batch)
        return
    output = sepa(batch)
    left = {one.position for one in output.left}
    paid = {part["position"]: part for one in output.details for part in one["rows"]}
    assert sorted([*left, *paid]) == [row.position for row in rows]
    found = [one for file in output.files for one in read(file.data)]
    assert Counter(one["id"] for one in found) == Counter(one["id"] for one in output.details)
    by_position = {row.position: row.content for row in rows}
    expected = Decimal()
    for position, part in paid.items():
        said = by_position[position]
        asked = Decimal(said["approved"]) if Decimal(said["payable"]) else Decimal()
        signed = -asked if said["credit"] else asked
        assert Decimal(part["full"]) == signed
        assert abs(Decimal(part["paid"])) <= abs(signed)
        expected += Decimal(part["paid"])
    assert sum((one["amount"] for one in found), Decimal()) == expected
    assert all(one["amount"] > 0 and one["day"] > DAY and workdays.works(one["day"]) for one in found)
    assert all(one["iban"] in IBANS and len(one["text"]) <= 140 for one in found)
