"""What an expression of the rule language means: facts/rule-language.md section 4, and the traps of section 8."""

import time
from decimal import Decimal

import pytest
from lxml import etree

from einvoice.rulebook import functions
from tests.rulebook.town import CREDIT_NOTE, CROSS, INVOICE, Town, rule

MEANINGS = [
    ("any(t.lines == sum(line.net for line in invoice.lines) for t in invoice.totals)", True),
    ("any(t.gross == t.gross for t in invoice.totals)", False),  # absent compares false
    ("any(t.lines - (t.paid or 0) == 3 for t in invoice.totals)", True),
    ("any(t.lines - t.paid == 3 for t in invoice.totals)", False),  # absent makes absent
    ("any(t.paid != 3 for t in invoice.totals)", False),
    ("any(t.lines == 3 for t in invoice.totals)", True),
    ("any(3 == t.lines for t in invoice.totals)", True),
    ("any(2.99 < t.lines < 3.01 for t in invoice.totals)", True),
    ("any(-t.lines == -3 for t in invoice.totals)", True),
    ("any(abs(-t.lines) * 2 / 4 == 1.5 for t in invoice.totals)", True),
    ("any(t.lines > (3 if t.paid else 2) for t in invoice.totals)", True),
    ("invoice.currency == 'EUR'", False),  # as written
    ("invoice.currency.trim == 'EUR'", True),
    ("invoice.currency.raw == ' EUR'", True),
    ("invoice.currency in ('EUR', ' EUR')", True),
    ("invoice.currency not in ('EUR', 'USD')", True),
    ("prefix(invoice.currency, 2) == ' E'", True),
    ("invoice.lines and not invoice.charges", True),
    ("invoice.lines == invoice.lines if invoice.type else True", None),
    ("invoice.type != 'x'", False),  # nothing there differs
    ("not invoice.type == 'x'", True),
    ("invoice.lines.id == '2'", True),  # any occurrence fits
    ("invoice.lines.id != '2'", True),  # any occurrence differs
    ("'3' == invoice.lines.id", False),
    ("count(invoice.lines) == 2 and count(line for line in invoice.lines if line.net > 1) == 1", True),
    ("distinct(line.id for line in invoice.lines)", True),
    ("(invoice.lines and invoice.totals) == (invoice.currency and True)", None),
    ("all(line.net > 0 for line in invoice.lines) == any(line.id for line in invoice.lines)", True),
    ("double_sum(line.net for line in invoice.lines) == 3", True),
    ("matches(invoice.number, '[A-Z]-[0-9]+')", True),
]


@pytest.mark.parametrize(("test", "holds"), [case for case in MEANINGS if case[1] is not None])
def test_meaning(own: Town, test: str, holds: bool) -> None:
    assert own.breaks(rule(test)) == ([] if holds else ["X-1"])


def test_what_stands_written_blank_and_absent_are_three_things(own: Town) -> None:
    tests = {"stated": "stated(invoice.X)", "there": "invoice.X"}
    held = {
        (name, what): not own.breaks(rule(text.replace("X", name)))
        for name in ("number", "notes.text", "type")
        for what, text in tests.items()
    }
    assert held == {
        ("number", "stated"): True,
        ("number", "there"): True,
        ("notes.text", "stated"): False,
        ("notes.text", "there"): True,
        ("type", "stated"): False,
        ("type", "there"): False,
    }


AMOUNTS = [
    # Python's sum() of floats corrects the error since 3.12, XPath does not
    ("double_sum(line.net for line in invoice.lines) == 0.3", ("0.1", "0.2"), False),
    ("sum(line.net for line in invoice.lines) == 0.3", ("0.1", "0.2"), True),
    # more digits than a default decimal context keeps
    ("sum(l.net for l in invoice.lines) == 1", ("0." + "9" * 38, "0." + "0" * 37 + "1"), True),
    # half up, also below zero
    ("all(round0(line.net) == 0 for line in invoice.lines)", ("-0.5", "0.4"), True),
    ("all(round2(line.net) == -2.01 for line in invoice.lines)", ("-2.015", "-2.0149"), True),
    # binary: 1.005 * 10 * 10 is 100.49999999999999 (rounds to 100), decimal rounds to 101
    ("all(double_round2(double(line.net)) == 1.0 for line in invoice.lines)", ("1.005", "1.0"), True),
    ("all(round2(line.net) == 1.01 for line in invoice.lines)", ("1.005", "1.01"), True),
    ("all(exact(double(line.net) - 1) < 99.1 for line in invoice.lines)", ("100.10", "100.10"), True),
    # as written: a blank counts among the decimals, a number may begin with +
    ("all(decimals(line.net) <= 2 for line in invoice.lines)", ("1.20", "1.20 "), False),
    ("all(line.net == 1.2 for line in invoice.lines)", (" 1.20\n", "+1.2"), True),
    # junk is no number, and no exception
    ("all(line.net for line in invoice.lines)", ("abc", "NaN"), True),
    ("any(line.net == line.net for line in invoice.lines)", ("1_000", "１２"), False),
    ("sum(line.net for line in invoice.lines) == 0", ("1e3", "0x10"), True),
    ("all(round2(line.net * line.net) > 0 for line in invoice.lines)", ("9" * 5000, "1" * 60000), True),
    ("all(double_round2(double(line.net)) > 0 for line in invoice.lines)", ("9" * 500, "9" * 400), True),
    # divided by zero it is no number
    ("any(ratio(1, line.net) >= 0 or ratio(1, line.net) < 0 for line in invoice.lines)", ("0", "0.00"), False),
    # only four characters are blanks
    ("any(stated(line.net) for line in invoice.lines)", (" ", "\t\r\n "), False),
    ("all(stated(line.net) for line in invoice.lines)", ("\u00a0", "\u2003"), True),
]  # fmt: skip


@pytest.mark.parametrize(("test", "amounts", "holds"), AMOUNTS)
def test_numbers_as_the_official_engine_has_them(
    own: Town, test: str, amounts: tuple[str, str], holds: bool
) -> None:
    document = INVOICE.replace(">1.0<", f">{amounts[0]}<").replace(">2</b:Line", f">{amounts[1]}</b:Line")
    assert own.breaks(rule(test), document) == ([] if holds else ["X-1"])


def test_a_comment_or_an_element_inside_a_value_is_no_end_of_it(own: Town) -> None:
    document = INVOICE.replace(">R-1<", ">R<b:X>-</b:X>1<")
    assert own.breaks(rule("invoice.number == 'R-1'"), document) == []


RATIOS = [
    ("2", "3", "0.666666666666666667"),
    ("-2", "3", "-0.666666666666666667"),
    ("10", "4", "2.5"),
    ("1E-9", "3", "0.000000000333333333333333333"),
    ("0", "7", "0"),
]


@pytest.mark.parametrize(("value", "by", "expected"), RATIOS)
def test_division_keeps_18_decimals_the_last_one_rounded(value: str, by: str, expected: str) -> None:
    assert functions.ratio(Decimal(value), Decimal(by)) == Decimal(expected)


def test_division_by_a_number_of_many_digits_takes_no_seconds() -> None:
    began = time.process_time()
    assert functions.ratio(Decimal("12.50"), Decimal("1" * 200_000 + ".5")) == 0
    assert functions.ratio(Decimal("7" * 200_000), Decimal(7)) == Decimal("1" * 200_000)
    assert time.process_time() - began < 1


def test_a_year_of_thousands_of_digits_is_no_day() -> None:
    assert functions.moment("2" * 5000 + "-01-01").is_nan()
    assert functions.moment("2" * 9 + "-01-01") > functions.moment("2026-01-01")


VARIANTS = """[X-1]
assert = "invoice.type"
cii.assert = "invoice.currency"
ubl-creditnote.assert = "invoice.number == 'G-1'"
ubl.'1.3.16'.assert = "invoice.number"
en = "x"
de = "x"
"""


@pytest.mark.parametrize(
    ("document", "syntax", "release", "breaks"),
    [
        (INVOICE, "ubl-invoice", "kosit-2026-01-31", True),
        (INVOICE, "ubl-invoice", "en16931-1.3.16", False),
        (CREDIT_NOTE, "ubl-creditnote", "kosit-2026-01-31", True),
        (CREDIT_NOTE.replace("R-1", "G-1"), "ubl-creditnote", "kosit-2026-01-31", False),
        (CROSS, "cii", "kosit-2026-01-31", False),
        (CROSS.replace("InvoiceCurrencyCode", "TaxCurrencyCode"), "cii", "en16931-1.3.16", True),
    ],
)
def test_variants(own: Town, document: str, syntax: str, release: str, breaks: bool) -> None:
    assert own.breaks(VARIANTS, document, syntax, release=release) == (["X-1"] if breaks else [])


@pytest.mark.parametrize(
    ("bounds", "release", "there"),
    [
        ("until = '1.3.15'", "kosit-2026-01-31", True),
        ("until = '1.3.15'", "en16931-1.3.16", False),
        ("since = '1.3.16'", "kosit-2026-01-31", False),
        ("since = '1.3.16'", "en16931-1.3.16", True),
        ("since = 'xrechnung 2.6.0'", "en16931-1.3.16", False),
        ("only = 'cii'", "kosit-2026-01-31", False),
        ("only = ['ubl-creditnote', 'ubl-invoice']", "kosit-2026-01-31", True),
    ],
)
def test_bounds_of_an_entry(own: Town, bounds: str, release: str, there: bool) -> None:
    other = '[X-2]\nassert = "True"\nen = "x"\nde = "x"\n'
    assert own.breaks(other + rule("False", bounds), release=release) == (["X-1"] if there else [])


FAMILY = """[family.sums]
for    = "x in invoice.WHERE"
when   = "x.NAME in (CODES)"
found  = "TEST"
assert = "not found"
en = "NAME of WHERE"
de = "{x.NAME}"
[family.sums.rules]
X-1 = { WHERE = "lines", NAME = "id", CODES = "'1', '2'", TEST = "x.net == 1 or x.net == 9" }
X-2 = { WHERE = "lines", NAME = "id", CODES = "'2',", TEST = "x.net == 1 or x.net == 9" }
X-3 = { WHERE = "lines", NAME = "id", CODES = "'2',", TEST = "x.net", de = "anders" }
"""


def test_families_put_names_codes_and_expressions_in(own: Town) -> None:
    assert own.breaks(FAMILY) == ["X-1", "X-3"]


def test_a_breach_names_its_place_and_values_and_stays_readable_afterwards(own: Town) -> None:
    text = """[X-1]
for    = "line in invoice.lines"
double_net = "line.net * 1000"
assert = "line.net < 2"
en = "{line.id!r}: {double_net}, {line.net}, {invoice.type}"
de = "{line.id!r}: {double_net}, {line.net}, {invoice.type}"
hint_de = "Position {line.id} ändern"
"""
    document = etree.fromstring(INVOICE.replace(">2</b:Line", ">1234.50</b:Line"))
    (breach,) = own.book(text).judge(document)
    assert breach.rule.message("de", breach) == "„2“: 1.234.500,00, 1.234,50, (nicht angegeben)"
    assert breach.rule.message("en", breach) == "“2”: 1,234,500.00, 1,234.50, (not stated)"
    assert breach.rule.hint("de", breach) == "Position 2 ändern"
    assert breach.rule.hint("en", breach) == ""
    assert breach.values == {"line.id": "2", "double_net": "1234500.00", "line.net": "1234.50"}
    assert breach.element is document[-1]
