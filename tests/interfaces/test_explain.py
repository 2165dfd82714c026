"""`einvoice explain` and `rules`: every rule of every book and table can be asked for."""

import importlib

import pytest

from einvoice import rulebook
from tests.interfaces.calls import call, rows


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("BR-CO-15", "(BT-112)"),
        ("br-co-15", "BR-CO-15  (en16931"),
        ("[BR-DE-1]", "Zahlungsanweisungen (BG-16)"),
        ("PEPPOL-EN16931-R008", "leeres Element"),
        ("BR-DEX-09", "xrechnung-extension: Fehler"),
        ("UBL-CR-470", "xrechnung-extension: Hinweis"),
        ("UBL-DT-01", "UBL:"),
        ("CII-DT-001", "Attribut schemeName"),
        ("CII-SR-452", "xrechnung: Fehler"),
        ("CII-SR-467", "en16931-1.3.16 (nur mit Namen)"),
        ("FX-SCH-A-000164", "facturx-basicwl: Fehler"),
        ("EI-XSD", "entspricht nicht dem Schema"),
        ("UNSPECIFIC", "keine Kennung"),
    ],
)
def test_each_kind_of_rule_is_explained(rule: str, said: str) -> None:
    result = call("explain", rule)
    assert (result.code, result.err) == (0, "")
    assert said in result.out
    assert "{" not in result.out.partition("Wie sie rechnet")[0]


def test_a_page_has_all_that_is_promised() -> None:
    page = call("explain", "BR-CO-15", lang="en").out
    for heading in (
        "What to do",
        "Terms",
        "Severity",
        "How it is computed",
        "Example that breaks it",
        "Releases",
    ):
        assert f"\n{heading}" in page
    assert "Invoice total amount with VAT (Rechnungsgesamtbetrag mit Umsatzsteuer)" in page
    assert "expected: sum(t.net for t in invoice.totals) + vat" in page
    assert "999.00" in page
    assert "kosit-2026-01-31 (in force since 2026-01-31)" in page


def test_a_release_can_be_named() -> None:
    assert call("explain", "UBL-SR-56", "--rules", "en16931-1.3.16").code == 0
    assert call("explain", "UBL-SR-56", "--rules", "kosit-2026-01-31").code == 2


def test_the_list_has_every_rule_of_the_book_once() -> None:
    found = [row[0] for row in rows(call("rules", "list"))]
    assert found == list(rulebook.catalogue("kosit-2026-01-31"))
    german = rows(call("rules", "list", "--profile", "xrechnung-extension"))
    kinds = {row[0]: row[1] for row in german}
    assert kinds["BR-CL-10"] == "Hinweis"
    assert "BR-DEX-09" in kinds


def test_syntax_rules_are_listed_if_asked_for() -> None:
    found = {row[0] for row in rows(call("rules", "list", "--syntax"))}
    assert {"UBL-CR-001", "CII-SR-452", "BR-01"} <= found


def test_the_release_in_force_is_named() -> None:
    found = {row[0]: row[1] for row in rows(call("rules", "releases"))}
    assert found == {"kosit-2026-01-31": "ja", "en16931-1.3.16": ""}


def test_differences_of_releases_turn_round_when_the_releases_do() -> None:
    there = {row[0]: row[1] for row in rows(call("rules", "diff", "kosit-2026-01-31", "en16931-1.3.16"))}
    assert there["CII-SR-467"] == "neu"
    assert there["BR-CO-25"] == "entfallen"
    module = importlib.import_module("einvoice.interfaces.cli.rules")
    old, new = (module._rules(release) for release in rulebook.releases().values())
    turned = {"neu": "entfallen", "entfallen": "neu", "geändert": "geändert"}
    assert {row[0]: turned[row[1]] for row in module._differences(new, old)} == there
    assert not list(module._differences(old, old))
