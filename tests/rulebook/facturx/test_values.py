"""Numbers as XPath computes them, and paths of the tables."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from einvoice.rulebook.facturx import values as v
from einvoice.rulebook.facturx.conditions import named
from einvoice.rulebook.facturx.paths import parse, select
from einvoice.rulebook.facturx.states import Automaton
from einvoice.rulebook.facturx.tree import Attribute, Node, Tree, grow
from einvoice.rulebook.rounding import rounded_double
from tests.rulebook.facturx.invoice import invoice, text, within


def tree(root: etree._Element) -> Tree:
    return grow(root, Automaton([]).start)


@pytest.mark.parametrize(
    ("value", "whole"), [("0.5", 1), ("-0.5", 0), ("1.49", 1), ("-1.51", -2), ("2.5", 3)]
)
def test_a_half_goes_up_also_below_zero(value: str, whole: int) -> None:
    assert v.rounded(Decimal(value)) == whole
    assert rounded_double(float(value)) == whole


@given(st.decimals(-(10**9), 10**9, places=4))
def test_cents_are_the_nearest(value: Decimal) -> None:
    assert abs(v.cents(value) - value) <= Decimal("0.005")
    assert v.cents(value) == v.cents(v.cents(value))


@given(st.lists(st.integers(-(10**6), 10**6), max_size=8))
def test_doubles_are_added_one_by_one(amounts: list[int]) -> None:
    root = etree.Element("a")
    for amount in amounts:
        etree.SubElement(root, "b").text = str(amount / 100)
    expected = 0.0
    for amount in amounts:
        expected += amount / 100
    assert v.double_sum(tree(root).root.kids.get("b", [])) == expected


@pytest.mark.parametrize("value", [2.0**52 + 1, -(2.0**52) - 1, 0.49999999999999994, 1e300, math.inf])
def test_what_is_whole_already_or_just_below_a_half_is_not_rounded_up(value: float) -> None:
    assert rounded_double(value) == (value if abs(value) > 1 else 0)


def test_zero_keeps_its_sign_in_doubles_only() -> None:
    assert math.copysign(1, rounded_double(-0.4)) == -1
    assert not v.alike(0.0, -0.0)
    assert v.alike(1.5, 1.5)


@pytest.mark.parametrize("text_", ["", "1,5", "1_000", "１", "0x1", "abc"])
def test_what_is_no_number_stops(text_: str) -> None:
    root = etree.Element("a")
    root.text = text_
    for read in (v.exact, v.double, v.compared):
        with pytest.raises(v.Abort):
            read(tree(root).root)
    assert math.isnan(v.lenient(text_))


def test_an_exponent_is_a_double_but_no_decimal() -> None:
    root = etree.Element("a")
    root.text = "1e2"
    assert v.double(tree(root).root) == 100.0
    with pytest.raises(v.Abort):
        v.exact(tree(root).root)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Decimal("1"), "1.00"),
        (Decimal("1.005"), "1.005"),
        (0.1, "0.10"),
        (Decimal("1E+3"), "1000.00"),
        (None, ""),
    ],
)
def test_numbers_are_shown_with_two_decimals_at_least(number: Decimal | float | None, shown: str) -> None:
    assert v.shown(number) == shown


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("//ram:BilledQuantity/@unitCode", ["H87"]),
        ("//ram:LineID/../../ram:SpecifiedTradeProduct/ram:Name", ["Parkbank, Eiche"]),
        ("//ram:SpecifiedTradeAllowanceCharge[allowance]/ram:Reason", ["Treuenachlass"]),
        ("//ram:SpecifiedTradeAllowanceCharge[charge]/ram:Reason", []),
        ("rsm:ExchangedDocument/ram:TypeCode", ["380"]),
        ("/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID", ["2026-0815"]),
        ("//ram:CountryID[outside_seller]/ancestor::ram:BuyerTradeParty/ram:Name", ["Stadt Auental"]),
        ("rsm:ExchangedDocument/*", ["2026-0815", "380", "20260302"]),
        ("//ram:ApplicableTradeTax[vat_category S]/ram:RateApplicablePercent", ["19", "19"]),
    ],
)
def test_a_path_finds_texts(path: str, texts: list[str]) -> None:
    assert [item.text.strip() for item in select(path, named)(tree(invoice()).root)] == texts


def test_an_attribute_knows_its_element() -> None:
    (item,) = select("//ram:BilledQuantity/@unitCode", named)(tree(invoice()).root)
    assert isinstance(item, Attribute)
    assert item.parent.text == "2"


def test_two_texts_where_one_is_compared_stop() -> None:
    root = invoice(
        "en16931", within("//ram:SpecifiedTradeAllowanceCharge//ram:CategoryTradeTax", "<ram:TypeCode/>")
    )
    tax = tree(root).by_name[parse("//ram:CategoryTradeTax").steps[0].name][0]
    assert isinstance(tax, Node)
    with pytest.raises(v.Abort):
        named("vat")(tax)


def test_trimming_knows_the_blanks_of_xml_only() -> None:
    blank, no_break = (
        tree(invoice("en16931", text("//ram:LineID", value))).by_name[parse("//ram:LineID").steps[0].name][0]
        for value in (" \n", "\u00a0")
    )
    assert isinstance(blank, Node)
    assert isinstance(no_break, Node)
    assert named("empty")(blank)
    assert not named("empty")(no_break)
