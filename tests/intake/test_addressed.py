"""Letters ask the supplier; what a hint tells the receiver stays inside. Asked of every hint of all rules."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from einvoice.intake.addressed import to_supplier
from tests.parts import ROOT

CASES = {
    "Der Absender muss die Summe berichtigen; eine falsche Summe nicht bezahlen.": "Bitte die Summe berichtigen.",
    "Beim Absender eine Rechnung mit Datum anfordern; § 14 Abs. 4 Nr. 3 UStG verlangt es.": (
        "Bitte eine Rechnung mit Datum senden; § 14 Abs. 4 Nr. 3 UStG verlangt es."
    ),
    "The sender has to fill the element or to leave it out.": "Please fill the element or leave it out.",
    "Ask the sender for a new invoice with its date.": "Please send a new invoice with its date.",
    "Nicht auf dieses Konto zahlen. Die richtige IBAN beim Absender erfragen.": "",
    "Menge mit der Lieferung vergleichen; ram:ID angeben.": "Ram:ID angeben.",
    "ram:PersonName entfernen.": "ram:PersonName entfernen.",
    "Die IBAN angeben.": "Die IBAN angeben.",
    "": "",
}


@pytest.mark.parametrize("hint", CASES)
def test_a_hint_is_said_to_whoever_reads_it(hint: str) -> None:
    assert to_supplier(hint) == CASES[hint]


def hints() -> set[str]:
    return {
        one
        for path in (ROOT / "rules").rglob("*.toml")
        for one in _in(tomllib.loads(path.read_text("utf-8")))
    }


def _in(table: object) -> Iterator[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            if key in ("hint_de", "hint_en") and isinstance(value, str):
                yield value
            yield from _in(value)
    elif isinstance(table, list):
        for one in table:
            yield from _in(one)


def test_no_hint_of_any_rule_speaks_of_the_sender_to_the_sender() -> None:
    found = {hint: to_supplier(hint) for hint in hints()}
    assert len(found) > 300
    silent = [hint for hint, said in found.items() if not said]
    assert len(silent) < 20
    wrong = re.compile(r"Absender|\b[Ss]ender\b|nicht (?:be)?zahlen|[Dd]o not pay|Vorsteuer|input tax")
    assert [said for said in found.values() if wrong.search(said)] == []
    assert [said for said in found.values() if said and not said.endswith(".")] == []
