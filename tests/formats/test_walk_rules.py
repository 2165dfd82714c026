"""What the kinds of syntax rules mean: contexts, counts, exceptions, texts, on small trees."""

import pytest

from einvoice.errors import NotAnInvoice, RulebookError
from einvoice.formats.walk import Plan, plan, walk
from einvoice.formats.walk.formula import formula
from einvoice.formats.walk.rules import is_day
from tests.formats.walk_trees import Row, Rows, broken, tree

INVOICE = "/ubl:Invoice"


def invoice(inner: str) -> str:
    return f"<ubl:Invoice>{inner}</ubl:Invoice>"


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ("", []),
        ("<cbc:UUID>x</cbc:UUID>", [("R", "UUID")]),
        ("<cbc:UUID/>", [("R", "UUID")]),
        ("<cac:Party><cbc:UUID/></cac:Party>", []),
    ],
)
def test_absent_finds_the_element_too_much(inner: str, found: list[tuple[str, str]]) -> None:
    assert broken(invoice(inner), Row("R", INVOICE, "absent", "cbc:UUID")) == found


def test_absent_is_reported_once_for_each_context_node() -> None:
    xml = invoice("<cac:Party><cbc:ID/><cbc:ID/></cac:Party><cac:Party><cbc:ID/></cac:Party>")
    assert broken(xml, Row("R", "cac:Party", "absent", "cbc:ID")) == [("R", "ID"), ("R", "ID")]
    assert broken(xml, Row("R", INVOICE, "absent", "cac:Party/cbc:ID")) == [("R", "ID")]
    assert broken(xml, Row("R", INVOICE, "absent", "//cbc:ID")) == [("R", "ID")]


def test_what_is_broken_at_one_place_is_told_in_the_order_of_ids() -> None:
    rows = [Row(f"R{number}", INVOICE, "absent", "cbc:UUID") for number in (3, 7, 1, 5, 2, 8, 4, 6)]
    assert [rule for rule, _ in broken(invoice("<cbc:UUID/>"), *rows)] == [f"R{n}" for n in range(1, 9)]


def test_absent_attributes_and_exceptions() -> None:
    xml = invoice('<cbc:ID name="x"/><cbc:Note name="y"/>')
    assert broken(xml, Row("R", INVOICE, "absent", "//@name")) == [("R", "ID")]
    assert broken(xml, Row("R", INVOICE, "absent", "//@name", exceptions="//cbc:ID/@name")) == [("R", "Note")]
    assert broken(xml, Row("R", INVOICE, "absent", "//@name", exceptions="//@name")) == []


@pytest.mark.parametrize(
    ("kind", "limit", "broken_at"),
    [
        ("at_most", "1", {2, 3, 5}),
        ("at_most", "2", {3, 5}),
        ("exactly", "1", {0, 2, 3, 5}),
        ("present", "", {0}),
    ],
)
def test_counts_belong_to_the_context_node(kind: str, limit: str, broken_at: set[int]) -> None:
    for number in (0, 1, 2, 3, 5):
        xml = invoice(f"<cac:Party>{'<cbc:ID/>' * number}</cac:Party>")
        found = broken(xml, Row("R", "cac:Party", kind, "cbc:ID", limit))
        assert found == ([("R", "Party")] if number in broken_at else []), number


def test_nested_contexts_count_apart() -> None:
    inner = "<cac:Delivery><cbc:ID/><cbc:ID/></cac:Delivery>"
    xml = invoice(f"<cac:Delivery><cbc:ID/>{inner}<cbc:Note/></cac:Delivery>")
    row = Row("R", "cac:Delivery", "at_most", "cbc:ID", "1")
    assert broken(xml, row) == [("R", "Delivery")]
    assert broken(invoice(f"<cac:Delivery>{inner}{inner}</cac:Delivery>"), row) == [("R", "Delivery")] * 2
    outer = invoice("<cac:Delivery><cac:Delivery><cbc:ID/></cac:Delivery><cbc:ID/><cbc:ID/></cac:Delivery>")
    assert broken(outer, row) == [("R", "Delivery")]


def test_first_context_takes_the_node_even_without_rules_of_its_own() -> None:
    later = Row("R", "//cbc:ID", "absent", "@schemeID")
    xml = invoice('<cac:Party><cbc:ID schemeID="x"/></cac:Party>')
    assert broken(xml, later) == [("R", "ID")]
    assert broken(xml, Row("S", "cac:Party/cbc:ID", "absent", "@name"), later) == []
    assert broken(xml, later, others=["cac:Party/cbc:ID"]) == []
    assert broken(xml, later, Row("S", "cac:Party/cbc:ID", "absent", "@schemeID")) == [("R", "ID")]


def test_distinct_texts_in_the_whole_document() -> None:
    xml = invoice("<cac:A><cbc:Code>58</cbc:Code></cac:A><cac:B><cbc:Code> 58</cbc:Code></cac:B>")
    assert broken(xml, Row("R", INVOICE, "distinct", "//cbc:Code")) == [("R", "Invoice")]
    assert broken(xml, Row("R", INVOICE, "distinct", "//cbc:Code", "trimmed")) == []


@pytest.mark.parametrize(
    ("text", "fine"),
    [("1.00", True), ("1.000", False), ("1.00 ", False), ("1.<!-- c -->000", False), ("1.0<!-- c -->0", True),
     ("1.<![CDATA[000]]>", False), ("1", True), ("", True), ("1.2.3", False), ("1.00<cbc:X>0</cbc:X>", False)],
)  # fmt: skip
def test_decimals_are_counted_in_the_whole_string_value(text: str, fine: bool) -> None:
    found = broken(
        invoice(f"<cbc:PaidAmount>{text}</cbc:PaidAmount>"), Row("R", "//*Amount", "decimals", ".", "2")
    )
    assert found == ([] if fine else [("R", "PaidAmount")])


def test_prefixes_of_the_document_do_not_matter() -> None:
    cbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
    for name in ("PaidAmount", "Amount:PaidAmount", "ID:PaidAmount"):
        prefix = name.rpartition(":")[0]
        declared = f'xmlns{":" if prefix else ""}{prefix}="{cbc}"'
        xml = invoice(f"<{name} {declared}>1.234</{name}>")
        assert broken(xml, Row("R", "//*Amount", "decimals", ".", "2")) == [("R", "PaidAmount")]
        assert broken(xml, Row("R", "//cbc:*Amount", "decimals", ".", "2")) == [("R", "PaidAmount")]
        assert broken(xml, Row("R", "//cac:*Amount", "decimals", ".", "2")) == []


@pytest.mark.parametrize(
    ("indicator", "kind"),
    [("true", "charge"), (" true ", "charge"), ("1", "charge"), ("\n1\n", "charge"), ("false", "allowance"),
     ("0", "allowance"), (" 0", "allowance"), ("TRUE", ""), ("\N{NO-BREAK SPACE}true", ""), ("", "")],
)  # fmt: skip
def test_indicators_are_booleans(indicator: str, kind: str) -> None:
    text = f"<cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator><cbc:ID/>"
    rows = [Row(name, f"cac:AllowanceCharge[{name}]", "absent", "cbc:ID") for name in ("charge", "allowance")]
    conditions: dict[str, dict[str, object]] = {
        name: {"read": "cbc:ChargeIndicator", "as": "boolean", "any": [text]}
        for name, text in (("charge", "true"), ("allowance", "false"))
    }
    found = broken(
        invoice(f"<cac:AllowanceCharge>{text}</cac:AllowanceCharge>"), *rows, conditions=conditions
    )
    assert [rule for rule, _ in found] == ([kind] if kind else [])


SCHEMES = "<cac:TaxScheme>{}</cac:TaxScheme>"


@pytest.mark.parametrize(
    ("schemes", "found"),
    [
        (["<cbc:ID>VAT</cbc:ID>"], {"any"}),
        (["<cbc:ID>vat</cbc:ID>"], {"any"}),
        (["<cbc:ID>FC</cbc:ID>"], {"other"}),
        ([""], {"other"}),
        ([], set()),
        (["<cbc:ID>VAT</cbc:ID><cbc:ID>FC</cbc:ID>"], {"any"}),
        (["<cbc:ID>VAT</cbc:ID>", "<cbc:ID>FC</cbc:ID>"], {"any", "other"}),
    ],
)
def test_conditions_look_at_the_first_of_each(schemes: list[str], found: set[str]) -> None:
    rows = [
        Row(name, f"cac:PartyTaxScheme[{name}]", "present", "cbc:X") for name in ("any", "other", "neither")
    ]
    shared: dict[str, object] = {"each": "cac:TaxScheme", "read": "cbc:ID", "as": "upper"}
    neither: dict[str, object] = {"nothing": ["cac:TaxScheme"]}
    xml = invoice(f"<cac:PartyTaxScheme>{''.join(map(SCHEMES.format, schemes))}</cac:PartyTaxScheme>")
    for row in rows:
        conditions: dict[str, dict[str, object]] = {
            "any": {**shared, "any": ["VAT"]}, "other": {**shared, "other": ["VAT"]}, "neither": neither,
        }  # fmt: skip
        expected = row.id in found if row.id != "neither" else not schemes
        assert bool(broken(xml, row, conditions=conditions)) is expected, row.id


def test_conditions_are_made_of_others() -> None:
    conditions: dict[str, dict[str, object]] = {
        "a": {"read": "cbc:A", "any": ["1"]}, "no b": {"nothing": ["cbc:B"]},
        "b": {"not": "no b"}, "both": {"all": ["a", "b"]},
    }  # fmt: skip
    row = Row("R", "cac:Party[both]", "present", "cbc:X")
    for inner, expected in [
        ("", 0),
        ("<cbc:A>1</cbc:A>", 0),
        ("<cbc:A>1</cbc:A><cbc:B/>", 1),
        ("<cbc:B/>", 0),
    ]:
        assert len(broken(invoice(f"<cac:Party>{inner}</cac:Party>"), row, conditions=conditions)) == expected


@pytest.mark.parametrize(
    ("text", "fine"),
    [("20260302", True), (" 20260302\n", True), ("20260231", True), ("20261301", False), ("20260300", False),
     ("2026-03-02", False), ("202603021200", False), ("", False), ("2026٠3٠2", False)],
)  # fmt: skip
def test_shape_of_a_day(text: str, fine: bool) -> None:
    assert is_day(text) is fine


@pytest.mark.parametrize(
    ("text", "counts", "holds"),
    [("a == 0 or b > 0", (0, 0), True), ("a == 0 or b > 0", (1, 0), False), ("a > 0 and b > 0", (1, 0), False),
     ("a > 0 or (b == 0 and c == 0)", (0, 0, 0), True), ("a <= 2", (3,), False)],
)  # fmt: skip
def test_formula(text: str, counts: tuple[int, ...], holds: bool) -> None:
    assert formula(text)(counts) is holds
    assert formula(text, first=2)((9, 9, *counts)) is holds


@pytest.mark.parametrize(
    "text",
    ["a", "a == 7", "__import__('os')", "a < 1", "a == b", "not a == 1", "a == 1 == 1", "(", "len(a) == 1"],
)
def test_nothing_but_a_formula_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        formula(text)


@pytest.mark.parametrize(
    "row",
    [Row("R", INVOICE, "absent", "cbc:"), Row("R", INVOICE, "absent", "xyz:A"),
     Row("R", INVOICE, "absent", "@a/cbc:B"),
     Row("R", "cac:Party[no such]", "present", "cbc:A"), Row("R", INVOICE, "no such", "cbc:A"),
     Row("R", INVOICE, "counts", "cbc:A", "a is 1"), Row("R", INVOICE, "shape", ".", "DDMMYYYY"),
     Row("R", INVOICE, "special")],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_refused(row: Row) -> None:
    with pytest.raises(RulebookError):
        plan("ubl-invoice", Rows([row]), terms=False)


@pytest.mark.parametrize(
    "definition",
    [{}, {"read": "cbc:A"}, {"read": "cbc:A", "any": ["1"], "other": ["2"]}, {"read": "cbc:A", "any": "1"},
     {"read": "cbc:A", "any": ["1"], "as": "loudly"}, {"not": "no such"}, {"read": "A", "any": ["1"]},
     {"read": "cbc:A", "any": ["1"], "more": "x"}],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_refused(definition: dict[str, object]) -> None:
    with pytest.raises(RulebookError, match="condition"):
        plan("ubl-invoice", Rows([], {"c": definition}), terms=False)


def _everything() -> Plan:
    return plan("ubl-invoice", Rows([Row("R", "cac:SubInvoiceLine", "absent", "cbc:UUID")]))


def test_depth_is_limited_not_met_by_accident() -> None:
    def nested(depth: int) -> str:
        return invoice("<cac:SubInvoiceLine>" * depth + "<cbc:UUID/>" + "</cac:SubInvoiceLine>" * depth)

    assert [rule for rule, _ in walk(tree(nested(254)), _everything()).broken] == ["R"]
    for depth in (256, 2_000):
        with pytest.raises(NotAnInvoice, match="256"):
            walk(tree(nested(depth)), _everything())


def test_comments_and_instructions_of_a_tree_built_by_hand_are_passed_over() -> None:
    from lxml import etree

    root = tree(invoice("<cbc:UUID/>"))
    root.insert(0, etree.Comment("cbc:UUID"))
    root.append(etree.ProcessingInstruction("x", "y"))
    row = Row("R", INVOICE, "absent", "cbc:UUID")
    assert len(walk(root, plan("ubl-invoice", Rows([row]))).broken) == 1
