"""`einvoice explain` and `rules`: every rule of every book and table can be asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice import rulebook
from einvoice.formats.writing import write
from einvoice.interfaces.cli import rule_tables
from einvoice.model.bases import example
from einvoice.rulebook import facturx
from einvoice.rulebook.catalogue import Described, catalogue
from einvoice.rulebook.differences import differences, list_differences
from einvoice.rulebook.facturx import plan
from einvoice.rulebook.releases import Release
from tests.interfaces.calls import call, rows
from tests.pipeline.place import SAMPLE, demo
from tests.pipeline.test_rules import NEVER, install
from tests.rulebook.examples import described


@pytest.fixture(autouse=True, scope="module")
def _catalogues_read_once() -> Iterator[None]:
    """Each call is a process of its own, as a person makes it; here they need not all read the books."""

    def read(of: str | Release) -> dict[str, Described]:
        return described(of if isinstance(of, str) else of.name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("einvoice.rulebook.catalogue.catalogue", read)
        patch.setattr("einvoice.rulebook.differences.catalogue", read)
        yield


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
        ("UNSPECIFIC", "facturx-extended: Fehler"),
        ("UBL-CR-001", "/ubl:Invoice enthält ext:UBLExtensions."),
        ("BR-07", "/rsm:CrossIndustryInvoice steht ohne"),
        ("CII-SR-467", "seit en16931 1.3.16"),
        ("BR-CO-25", "bis en16931 1.3.15\n  kosit-2026-01-31 (in Kraft seit 2026-01-31)\n\n"),
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


def test_every_rule_of_the_tables_and_every_finding_of_ours_has_an_example_in_both_languages() -> None:
    broken = {
        row.rule
        for profile in facturx.PROFILES
        for row in plan.rows(profile)
        if row.fires and row.kind != "never"
    }
    for rule in sorted(broken):
        german, english = (rule_tables.facturx_page(rule, lang) for lang in ("de", "en"))
        assert german
        assert english
        assert german.example
        assert english.example
        assert german.fix != english.fix
    for rule in rule_tables.own_ids():
        pages = [rule_tables.own_page(rule, lang) for lang in ("de", "en")]
        assert len({page.example for page in pages if page and page.example}) == 2


def test_a_reason_for_an_oddity_is_said_in_the_language_of_the_reader() -> None:
    german, english = (call("explain", "BR-CO-15", lang=lang).out for lang in ("de", "en"))
    assert "welche Umsatzsteuer auch angegeben ist" in " ".join(german.split())
    assert "whatever VAT is stated" in " ".join(english.split())


@pytest.mark.parametrize(
    ("typed", "meant"), [("br7", "BR-07"), ("BR-CO15", "BR-CO-15"), ("UBL-CR-1", "UBL-CR-001")]
)
def test_what_was_nearly_typed_is_named_first(typed: str, meant: str) -> None:
    result = call("explain", typed)
    assert result.code == 2
    assert f"Gemeint: {meant}" in result.err


def test_house_rules_of_the_workplace_are_explained_and_listed(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    install(place, NEVER)
    config = str(place / "einvoice.toml")
    page = call("explain", "ei-house-order", EINVOICE_CONFIG=config)
    assert (page.code, page.err) == (0, "")
    assert "Hausregel der Kommune musterlippe" in page.out
    assert "house: Warnung" in page.out
    assert "assert: not invoice.number" in page.out
    assert "Beispiel, das sie verletzt\n  Eine gültige Rechnung, geändert: BT-20 entfernt" in page.out
    assert "EI-HOUSE-ORDER" in {row[0] for row in rows(call("rules", "list", EINVOICE_CONFIG=config))}
    assert "Gemeint: EI-HOUSE-ORDER" in call("explain", "EI-HOUSE-ODER", EINVOICE_CONFIG=config).err


def test_a_set_that_cannot_be_read_is_named_and_hides_no_other(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    install(place, NEVER)
    (broken,) = (path for path in place.rglob("order.toml") if path.parent.name == "rules")
    broken.write_text('[EI-HOUSE-ORDER]\nassert = "invoice.nmber"\nen = "x"\nde = "x"\n')
    config = str(place / "einvoice.toml")
    listed = call("rules", "list", EINVOICE_CONFIG=config)
    assert listed.code == 3
    assert "BR-CO-15" in {row[0] for row in rows(listed)}
    assert "einvoice: Die Hausregeln town (musterlippe) sind nicht lesbar: " in listed.err
    assert "order.toml:2: EI-HOUSE-ORDER: assert: invoice hat kein 'nmber' (gemeint: 'number'?)" in listed.err
    assert call("explain", "BR-CO-15", EINVOICE_CONFIG=config).code == 0
    asked = call("explain", "EI-HOUSE-ORDER", EINVOICE_CONFIG=config)
    assert (asked.code, "sind nicht lesbar" in asked.err) == (2, True)


def test_a_release_can_be_named() -> None:
    assert call("explain", "UBL-SR-56", "--rules", "en16931-1.3.16").code == 0
    assert call("explain", "UBL-SR-56", "--rules", "kosit-2026-01-31").code == 2


def test_the_list_has_every_rule_of_the_book_once() -> None:
    found = [row[0] for row in rows(call("rules", "list"))]
    assert found == list(catalogue("kosit-2026-01-31"))
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
    said = rows(call("rules", "diff", "kosit-2026-01-31", "en16931-1.3.16"))
    there = {row[0]: row[1] for row in said if len(row) == 4}
    assert there["CII-SR-467"] == "neu"
    assert there["BR-CO-25"] == "entfallen"
    old, new = rulebook.releases().values()
    turned = {"new": "entfallen", "gone": "neu", "changed": "geändert", "list": "Codeliste"}
    assert {one.rule: turned[one.kind] for one in differences(new, old)} == there
    assert not differences(old, old)
    assert not list_differences(old, old)


def test_codes_added_and_removed_are_named() -> None:
    lists = {row[0]: row[1:] for row in rows(call("rules", "diff", "kosit-2026-01-31", "en16931-1.3.16"))}
    assert "+XCG" in lists["iso4217_currency"][0]
    assert "-BGN" in lists["iso4217_currency"][1]


def test_a_change_of_release_is_rehearsed_on_invoices(tmp_path: Path) -> None:
    for name, changes in (("a", {}), ("b", {"BT-5": "BGN"})):
        (tmp_path / f"{name}.xml").write_bytes(write(example(changes), "ubl-invoice").data)
    result = call("rules", "diff", "kosit-2026-01-31", "en16931-1.3.16", "--on", str(tmp_path))
    (row,) = [line for line in rows(result) if len(line) == 3]
    assert row[0].endswith("b.xml")
    assert row[1] == "angenommen → abgelehnt"
    assert "+BR-CL-04 (Fehler)" in row[2]
    assert "1 andere Urteile" in result.out
    assert "Abgebrochen" not in result.err
    assert result.code == 0
