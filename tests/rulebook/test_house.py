"""A town's own rules: the same language, with stricter checks, and never at the cost of the official verdict."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from einvoice.errors import RulebookError, Unchecked
from einvoice.rulebook import Book, Sources, release
from einvoice.rulebook.house import house
from tests.rulebook.town import INVOICE, RELEASE, UBL, assert_german

HEAD = '[EI-HOUSE-1]\nen = "x"\nde = "x"\n'


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EINVOICE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "house").mkdir()
    return tmp_path / "house"


def book(folder: Path, text: str, words: str = "") -> Book:
    (folder / "own.toml").write_text(text)
    if words:
        (folder / "words.toml").write_text(words)
    return house(folder, RELEASE, "ubl-invoice")


def test_a_house_rule_warns(rules: Path) -> None:
    text = """[EI-HOUSE-IT-1]
for    = "line in invoice.lines"
when   = "line.net and line.net > 1 and invoice.dear"
assert = "line.net <= 1.5"
en = "Line {line.id}: {line.net}"
de = "Position {line.id}: {line.net}"
"""
    made = book(rules, text, '[invoice]\ndear = "any(t.lines > 2 for t in invoice.totals if t.lines)"\n')
    (breach,) = made.judge(etree.fromstring(INVOICE))
    assert (breach.rule.id, breach.rule.severity) == ("EI-HOUSE-IT-1", "warning")
    assert breach.rule.message("de", breach) == "Position 2: 2"
    assert [(ran.name, len(ran.digest)) for ran in made.ran] == [("house", 71)]
    assert len(book(rules, text).judge(etree.fromstring(INVOICE))) == 1


def test_an_unchanged_folder_is_read_once_and_a_changed_one_again(rules: Path) -> None:
    one = book(rules, HEAD + "assert = \"invoice.number == 'R-1'\"\n")
    assert house(rules, RELEASE, "ubl-invoice") is one
    two = book(rules, HEAD + "assert = \"invoice.number == 'R-2'\"\n")
    assert [len(each.judge(etree.fromstring(INVOICE))) for each in (one, two)] == [0, 1]


def test_a_release_by_the_same_name_has_books_of_its_own(rules: Path, tmp_path: Path) -> None:
    text = (
        HEAD
        + "assert = \"invoice.number == 'R-2'\"\n'xrechnung 2.6.0'.assert = \"invoice.number == 'R-1'\"\n"
    )
    shipped = release(RELEASE)
    (later := tmp_path / shipped.path.name).write_text(shipped.path.read_text().replace('"2.5.0"', '"2.6.0"'))
    versions = {**shipped.versions, "xrechnung": "2.6.0"}
    (rules / "own.toml").write_text(text)
    made = [
        house(rules, one, "ubl-invoice", Sources.shipped())
        for one in (shipped, replace(shipped, versions=versions, path=later))
    ]
    assert [len(each.judge(etree.fromstring(INVOICE))) for each in made] == [1, 0]


REFUSED = [
    ('assert = "True"', "BR-CO-15", "begins with EI-HOUSE-"),
    ('assert = "True"', "EI-XSD", "begins with EI-HOUSE-"),
    ('assert = "True"\nseverity = "error"', "EI-HOUSE-1", "is a warning or an information"),
    ('for = "l in invoice.lines"\nassert = "l.net * 2 == 2"', "EI-HOUSE-1", "l.net may be absent here"),
    ('for = "l in invoice.lines"\nassert = "l.net > 2"', "EI-HOUSE-1", "l.net may be absent here"),
    ('for = "l in invoice.lines"\nassert = "l.net == 2"', "EI-HOUSE-1", "l.net may be absent here"),
    ('for = "l in invoice.lines"\nn = "l.net * 2"\nassert = "n > 2"', "EI-HOUSE-1", "n: l.net may be absent"),
    ('for = "l in invoice.lines"\nassert = "l.net > 2 or l.net"', "EI-HOUSE-1", "l.net may be absent here"),
    ('for = "l in invoice.lines"\nassert = "not l.net or l.net > 2"', "EI-HOUSE-1", "l.net may be absent"),
    ('assert = "invoice.type != \'380\'"', "EI-HOUSE-1", "invoice.type may be absent here"),
    ('assert = "matches(invoice.type, \'(a+)+\')"', "EI-HOUSE-1", "linear time"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "id_", "complaint"), REFUSED)
def test_what_a_house_rule_may_not(rules: Path, text: str, id_: str, complaint: str) -> None:
    with pytest.raises(RulebookError, match=complaint) as error:
        book(rules, f"[{id_}]\n{text}\nen = 'x'\nde = 'x'\n")
    assert str(error.value).startswith(f"{rules}/own.toml:")
    assert_german(error.value)


GUARDED = [
    'for = "l in invoice.lines"\nassert = "(l.net or 0) > 2"',
    'for = "l in invoice.lines"\nwhen = "l.net"\nassert = "l.net > 2"',
    'for = "l in invoice.lines if l.net"\nassert = "l.net > 2"',
    'for = "l in invoice.lines"\nwhen = "stated(l.net) and l.net > 1"\nn = "l.net * 2"\nassert = "n > 2"',
    'for = "l in invoice.lines"\nassert = "l.net > 2 if l.net else True"',
    'assert = "all(l.net > 2 for l in invoice.lines if l.net)"',
    'assert = "sum(l.net for l in invoice.lines) > 2"',
    "assert = \"invoice.type and invoice.type != '380'\"",
]


@pytest.mark.parametrize("text", GUARDED)
def test_what_is_guarded_is_taken(rules: Path, text: str) -> None:
    assert book(rules, HEAD + text).rules


def test_own_words_are_no_official_ones(rules: Path) -> None:
    with pytest.raises(
        RulebookError, match=r"words.toml:2: invoice.charges: is a word of the official rules"
    ):
        book(rules, HEAD + 'assert = "True"', '[invoice]\ncharges = "a for a in invoice.allowance_charges"\n')


def test_a_folder_without_rules_is_said(rules: Path) -> None:
    with pytest.raises(RulebookError, match="there are no house rules here"):
        house(rules, RELEASE, "ubl-invoice")


@pytest.mark.parametrize(
    "test",
    [
        "any(a.id == b.id for a in invoice.lines for b in invoice.lines if a.id == 'x')",
        "any(a.quantity for a in invoice.lines if not any(b.quantity for b in invoice.lines))",
        "invoice.lines.id > invoice.lines.id",
    ],
)
def test_a_document_may_cost_so_many_steps_only(rules: Path, test: str) -> None:
    line = f'<a:InvoiceLine xmlns:a="{UBL}CommonAggregateComponents-2"><b:ID xmlns:b="{UBL}CommonBasicComponents-2">1</b:ID></a:InvoiceLine>'  # noqa: E501
    made = book(rules, f"{HEAD}assert = '''{test}'''")
    made.judge(etree.fromstring(INVOICE))
    with pytest.raises(Unchecked, match="too many steps"):
        made.judge(etree.fromstring(INVOICE.replace("</Invoice>", line * 1100 + "</Invoice>")))
