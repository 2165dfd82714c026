"""The public invoice covers the norm, keeps everything, and computes what is left out."""

import json
import typing
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from einvoice.model.bases import base, example, names
from einvoice.model.content import Content, Value
from einvoice.model.fields import Group, Identifier, fields
from einvoice.model.invoice import Invoice
from einvoice.model.terms import Term, components, terms
from einvoice.model.totals import Totals


def groups(model: type[Group], group: str, above: tuple[str, ...] = ()) -> Iterator[tuple[str, type[Group]]]:
    """All groups below a model, as (group id, model)."""
    yield group, model
    if group in above:
        return
    for name, row in fields(group).items():
        if row.is_group:
            yield from groups(inner(model, name), row.id, (*above, group))


def inner(model: type[Group], name: str) -> Any:
    """The class of a field, without list and None."""
    found = typing.get_type_hints(model)[name]
    while args := [arg for arg in typing.get_args(found) if arg is not type(None)]:
        found = args[0]
    return found


MODELS = dict(groups(Invoice, ""))


def test_every_group_and_term_of_the_table_has_its_field() -> None:
    assert set(MODELS) == {"", *(row.id for row in terms().values() if row.is_group)}
    for group, model in MODELS.items():
        extra = {"unplaced", "further"} if group == "" else {"sub_lines"} & set(model.model_fields)
        assert set(model.model_fields) - extra == set(fields(group)) - extra, group


ROWS = [(group, name, row) for group in MODELS for name, row in fields(group).items()]


@pytest.mark.parametrize(
    ("group", "name", "row"), ROWS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_field_is_as_the_table_says(group: str, name: str, row: Term) -> None:
    hint = typing.get_type_hints(MODELS[group])[name]
    assert (typing.get_origin(hint) is list) == row.repeats
    kind = inner(MODELS[group], name)
    if not row.is_group:
        expected = {"Date": date, "Amount": Decimal, "Unit price amount": Decimal, "Quantity": Decimal}
        expected |= {"Percentage": Decimal}
        parts = {terms()[part].field for part in components(row.id)}
        assert parts <= set(getattr(kind, "model_fields", ()))
        assert issubclass(kind, Identifier) == ("scheme" in parts)
        assert parts or kind is expected.get(row.datatype, str)


def test_the_schema_names_each_term() -> None:
    schema = Invoice.model_json_schema()
    found = set()
    for group in (schema, *schema["$defs"].values()):
        for stated in group.get("properties", {}).values():
            found.add(stated.get("x-term"))
            if "x-term" in stated:
                assert stated["x-cardinality"] == terms()[stated["x-term"]].widest_card
    shared = {f"BG-DEX-0{number}" for number in (8,)}
    assert {row.id for row in terms().values() if not row.is_component} - found == shared


@pytest.mark.parametrize("name", names())
def test_every_base_comes_back_from_content_and_from_json(name: str) -> None:
    content = base(name)
    invoice = Invoice.from_content(content)
    assert invoice.unplaced == []
    assert invoice.to_content().plain() == content.plain()
    text = invoice.model_dump_json(context={"attachments": True})
    assert Invoice.model_validate_json(text) == invoice
    assert "null" not in text


def test_values_are_typed_and_keep_their_digits() -> None:
    invoice = Invoice.from_content(base())
    assert invoice.issue_date == date(2026, 3, 2)
    assert invoice.totals
    assert str(invoice.totals.total_amount_with_vat) == "606.20"
    assert invoice.seller
    assert invoice.seller.electronic_address == Identifier(
        value="rechnung@werre-buerobedarf.example", scheme="EM"
    )
    assert invoice.lines[0].item
    assert invoice.lines[0].item.classification_identifiers[0].scheme == "TST"


def test_a_number_of_many_digits_is_kept_as_written() -> None:
    written = "0.1" + "0" * 70
    price = Invoice.from_content(example({"BG-25[1]/BT-146": written})).lines[0].price
    assert price
    assert str(price.net_price) == written


@pytest.mark.parametrize("number", ["1E+61", "1E-61", "NaN", "Infinity"])
def test_numbers_far_from_any_amount_are_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        Totals(paid_amount=Decimal(number))
    assert Totals(paid_amount=Decimal("1E+60")).paid_amount == Decimal(10) ** 60


ODD: list[tuple[dict[str, Any], tuple[str, str, Any]]] = [
    ({"BT-2": "gestern"}, ("BT-2", "", "gestern")),
    ({"BT-2": "2026-02-30"}, ("BT-2", "", "2026-02-30")),
    ({"BG-25[2]/BT-131": "1.234,56"}, ("BT-131", "BG-25[2]", "1.234,56")),
    ({"BG-25[1]/BT-146": "1e2"}, ("BT-146", "BG-25[1]/BG-29[1]", "1e2")),
    ({"BG-25[1]/BT-146": "1" + "0" * 70}, ("BT-146", "BG-25[1]/BG-29[1]", "1" + "0" * 70)),
    ({"BG-25[2]/BG-29": {"BT-146": "viel"}}, ("BT-146", "BG-25[2]/BG-29[1]", "viel")),
    ({"+BT-10": "noch eine"}, ("BT-10", "", "noch eine")),
    ({"+BG-7": {"BT-44": "Zweite Stadt"}}, ("BG-7", "", {"BT-44": "Zweite Stadt"})),
    (
        {"BG-24[1]/BT-125": {"value": "kein base64!", "BT-125-1": "application/pdf"}},
        ("BT-125", "BG-24[1]", {"value": "kein base64!", "BT-125-1": "application/pdf"}),
    ),
]


@pytest.mark.parametrize(("changes", "unplaced"), ODD)
def test_what_fits_nowhere_is_kept(changes: dict[str, Any], unplaced: tuple[str, str, Any]) -> None:
    content = example(changes)
    invoice = Invoice.from_content(content)
    assert [(one.term, one.place, one.stated) for one in invoice.unplaced] == [unplaced]
    assert invoice.to_content().plain() == content.plain()
    assert "unplaced" in json.loads(invoice.model_dump_json())


def test_a_term_in_the_wrong_group_is_kept() -> None:
    content = Content({"BT-27": [Value("verirrt")]})
    invoice = Invoice.from_content(content)
    assert [one.term for one in invoice.unplaced] == ["BT-27"]
    assert invoice.to_content().plain() == content.plain()


@pytest.mark.parametrize("name", names())
def test_totals_are_computed_as_the_bases_state_them(name: str) -> None:
    content = base(name)
    stated = Invoice.from_content(content)
    invoice = Invoice.from_content(content)
    assert stated.totals
    invoice.totals = Totals(
        paid_amount=stated.totals.paid_amount,
        rounding_amount=stated.totals.rounding_amount,
        total_vat_amount_in_accounting_currency=stated.totals.total_vat_amount_in_accounting_currency,
    )
    invoice.vat_breakdown = []
    for line in invoice.lines:
        line.net_amount = None
    assert invoice.compute_totals() is invoice
    assert invoice.totals == stated.totals
    for row in (*stated.vat_breakdown, *invoice.vat_breakdown):
        row.exemption_reason_text = row.exemption_reason_code = None
    assert invoice.vat_breakdown == stated.vat_breakdown
    assert [line.net_amount for line in invoice.lines] == [line.net_amount for line in stated.lines]


def test_what_is_stated_is_not_computed() -> None:
    invoice = Invoice.from_content(example({"BT-112": "1.00", "BG-22/BT-115": False}))
    assert invoice.compute_totals().totals
    assert invoice.totals
    assert invoice.totals.total_amount_with_vat == Decimal("1.00")
    assert invoice.totals.amount_due_for_payment == Decimal("-99.00")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"BT-131": False, "BT-129": False}, r"^lines\[0\]: net_amount"),
        ({"BT-151": False, "BG-23": False}, "VAT"),
    ],
)
def test_what_is_missing_to_compute_is_named(changes: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        Invoice.from_content(example(changes)).compute_totals()


LEAVES = [(group, row) for group in MODELS for row in fields(group).values() if not row.is_group]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LEAVES), st.text(max_size=12)), max_size=8))
def test_any_content_survives(stated: list[tuple[tuple[str, Term], str]]) -> None:
    content = base("extension")
    places = dict(reversed(list(content.walk())))
    for (group, row), text in stated:
        if group in places:
            places[group].add(row.id, text)
    invoice = Invoice.from_content(content)
    again = invoice.to_content()
    assert counts(again) == counts(content)
    back = Invoice.from_content(again)
    assert in_order(back) == in_order(invoice)


def counts(content: Content) -> Counter[tuple[str, str]]:
    """How often each term is stated in each group."""
    return Counter(
        (here, term) for here, group in content.walk() for term in group.values for _ in group.values[term]
    )


def in_order(invoice: Invoice) -> Invoice:
    """The invoice with what is unplaced in an order of its own."""
    ordered = sorted(invoice.unplaced, key=lambda one: (one.term, one.place, str(one.stated)))
    return invoice.model_copy(update={"unplaced": ordered})


def test_strict_numbers_are_decimals_and_are_never_written_out_without_end() -> None:
    for number in ("1.50", 1.5, Decimal("NaN"), Decimal("Infinity"), True):
        with pytest.raises(ValidationError):
            Totals.model_validate({"paid_amount": number}, strict=True)
    assert Totals.model_validate({"paid_amount": Decimal("1.50")}, strict=True).paid_amount == Decimal("1.50")
    far = Totals.model_validate({"paid_amount": Decimal("1E+999999999")}, strict=True)
    assert far.model_dump_json() == '{"paid_amount":"1E+999999999"}'
    with pytest.raises(ValidationError):
        Totals.model_validate_json('{"paid_amount": 1e999999999}', strict=True)
