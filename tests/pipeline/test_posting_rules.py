"""Posting rules of a town: checked with their place, asked when an invoice is routed, and on request."""

from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval.persons import Actor
from einvoice.approval.postings import rows
from einvoice.errors import RulebookError
from einvoice.intake.ruling import booked
from einvoice.pipeline.posting import lines, propose_again, set_rules
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Invoice, Posting
from einvoice.validation.options import Options
from tests.pipeline.place import SAMPLE, demo, once

RULES = """\
[ORDNER]
to = "konto=5255000 produkt=111101"
for = "line in invoice.lines"
if = "matches(line.name, 'Aktenordner.*')"

[SPAETER]
to = "konto=9999 kst=4010"
if = "invoice.currency == 'EUR'"

[NIE]
to = "ktr=1"
if = "invoice.currency == 'USD'"
"""
SERVICE = Actor(people.SERVICE, "einvoice", True)


def posted(place: Opened) -> list[Posting]:
    with place.store.reading() as session:
        return rows(session, session.exec(select(Invoice.id)).one() or 0)


def test_rules_are_asked_when_an_invoice_is_routed_and_say_why(tmp_path: Path) -> None:
    folder = demo(tmp_path, SAMPLE)
    (tmp_path / "rules.toml").write_text(RULES)
    with opened(read_workplace(folder / "einvoice.toml")) as place:
        count, _ = set_rules(place, SERVICE, tmp_path / "rules.toml", "musterlippe")
    assert count == 3
    once(folder)
    with opened(read_workplace(folder / "einvoice.toml")) as place:
        found = posted(place)
        assert {(row.account, row.product, row.cost_centre, row.cost_object) for row in found} == {
            ("5255000", "111101", "4010", None)
        }
        assert (found[0].proposed_from or {})["because"] == [
            {"by": "rule", "rule": "ORDNER"},
            {"by": "rule", "rule": "SPAETER"},
        ]
        assert [line.name for line in lines(place, 1)] == ["Aktenordner, breit", "Handbuch Kassenwesen"]
        set_rules(place, SERVICE, None, "musterlippe")
        with place.store.reading() as session:
            person = people.demo_person(session, "Sabine Sander")
        propose_again(place, Actor(person.id or 0, "Sabine Sander", True), 1)
        assert {(row.account, row.product) for row in posted(place)} == {("5400", None)}


WRONG = {
    "no such dimension": ('[A]\nto = "farbe=rot"\nif = "invoice.number"\n', "rules.toml:2: A: to"),
    "nothing to set": ('[A]\nto = ""\nif = "invoice.number"\n', "rules.toml:2: A: to"),
    "no condition": ('[A]\nto = "konto=1"\n', "rules.toml:1: A: if"),
    "no such term": ('[A]\nto = "konto=1"\nif = "invoice.nummer == \'1\'"\n', "rules.toml:3: A: if"),
    "no rules": ("", "there are no posting rules"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(tmp_path: Path, wrong: str) -> None:
    text, said = WRONG[wrong]
    folder = demo(tmp_path, SAMPLE)
    (tmp_path / "rules.toml").write_text(text)
    with opened(read_workplace(folder / "einvoice.toml")) as place, pytest.raises(RulebookError) as refused:
        set_rules(place, SERVICE, tmp_path / "rules.toml", "musterlippe")
    assert said in str(refused.value)


def test_what_is_no_invoice_is_asked_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    for data in (b"<a/>", b"<a", b"%PDF-1.7"):
        assert booked(data, tmp_path / "rules.toml", Options())["fits"] == []
