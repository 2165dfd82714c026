"""Each kind of check: one change to an accepted invoice, the rule it breaks, its values, its sentence, its terms."""

from dataclasses import dataclass, field

import pytest

from einvoice.rulebook import facturx
from tests.rulebook.facturx.invoice import Change, attribute, invoice, text, within, without

_TOTALS = "//ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_VAT = "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax"


@dataclass(frozen=True)
class Case:
    """What a change must lead to; `says` is the German sentence."""

    rule: str
    kind: str
    change: Change
    says: str
    values: dict[str, str] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    profile: str = "en16931"


CASES = [
    Case(
        "UNSPECIFIC",
        "absent",
        attribute(f"{_TOTALS}/ram:GrandTotalAmount", "currencyID", "EUR"),
        "Das Profil EN 16931 sieht Attribut currencyID von Rechnungsgesamtbetrag mit Umsatzsteuer (BT-112) hier"
        " nicht vor (gefunden: „EUR“).",
        {"value": "EUR"},
        ("BT-112",),
    ),
    Case(
        "PEPPOL-EN16931-R008",
        "always",
        text("//ram:SpecifiedTradePaymentTerms/ram:Description", " "),
        "Zahlungsbedingungen (BT-20) ist leer; leere Elemente sind nicht zulässig.",
        terms=("BT-20",),
    ),
    Case(
        "BR-21",
        "stated",
        without("//ram:LineID"),
        "Kennung der Rechnungsposition (BT-126) fehlt oder ist leer.",
        terms=("BT-126",),
    ),
    Case(
        "FX-SCH-A-000270",
        "exactly",
        without("//ram:LineID"),
        "Kennung der Rechnungsposition (BT-126) fehlt.",
        {"count": "0", "limit": "1"},
        ("BT-126",),
    ),
    Case(
        "FX-SCH-A-000043",
        "exactly",
        within(_TOTALS, "<ram:GrandTotalAmount>226.10</ram:GrandTotalAmount>"),
        "Rechnungsgesamtbetrag mit Umsatzsteuer (BT-112) muss im Profil EN 16931 genau 1-mal stehen, gefunden: 2.",
        {"count": "2", "limit": "1"},
        ("BT-112",),
    ),
    Case(
        "FX-SCH-A-000568",
        "in_list",
        text("//ram:BuyerTradeParty//ram:CountryID", "XX"),
        "Ländercode des Käufers (BT-55): „XX“ steht nicht in der Codeliste iso3166_country.",
        {"value": "XX", "list": "iso3166_country"},
        ("BT-55",),
    ),
    Case(
        "FX-SCH-A-000554",
        "one_of",
        attribute("//rsm:ExchangedDocument//udt:DateTimeString", "format", "610"),
        "Attribut format von Rechnungsdatum (BT-2): „610“ ist nicht zulässig; zulässig: 102.",
        {"value": "610", "list": "102"},
        ("BT-2",),
    ),
    Case(
        "BR-CO-09",
        "prefix_in_list",
        text("//ram:SpecifiedTaxRegistration/ram:ID", "12345"),
        "Umsatzsteuer-Identifikationsnummer des Verkäufers (BT-31): „12345“ beginnt nicht mit einem zulässigen"
        " Länderkürzel.",
        {"value": "12345", "list": "vatprefix_cii"},
        ("BT-31",),
    ),
    Case(
        "BR-27",
        "number",
        text("//ram:ChargeAmount", "-1"),
        "Nettopreis des Artikels (BT-146) muss >= 0 sein, angegeben: -1.",
        {"stated": "-1", "expected": ">= 0"},
        ("BT-146",),
    ),
    Case(
        "BR-DEC-14",
        "max_decimals",
        text(f"{_TOTALS}/ram:GrandTotalAmount", "226.100"),
        "Rechnungsgesamtbetrag mit Umsatzsteuer (BT-112): 226.100 hat mehr als 2 Nachkommastellen.",
        {"value": "226.100", "limit": "2"},
        ("BT-112",),
    ),
    Case(
        "BR-29",
        "ordered",
        text("//ram:EndDateTime/udt:DateTimeString", "20260101"),
        "Das Ende des Zeitraums (20260101) liegt vor dem Beginn (20260201).",
        {"start": "20260201", "end": "20260101"},
        ("BG-14",),
    ),
    Case(
        "BR-31",
        "present",
        without("//ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount"),
        "Betrag des Abschlags auf Ebene der Rechnung (BT-92) fehlt.",
        terms=("BT-92",),
    ),
    Case(
        "BR-CO-26",
        "holds",
        without("//ram:SpecifiedTaxRegistration"),
        "Der Verkäufer braucht eine Kennung (BT-29), eine Registernummer (BT-30) oder eine Umsatzsteuer-ID (BT-31).",
        {"condition": "seller_is_identified"},
        ("BT-29", "BT-30", "BT-31"),
    ),
    Case(
        "BR-CO-15",
        "computed",
        text(f"{_TOTALS}/ram:GrandTotalAmount", "226.20"),
        "Der Gesamtbetrag mit Umsatzsteuer (BT-112) ist 226.10, angegeben: 226.20.",
        {"stated": "226.20", "expected": "226.10", "difference": "0.10"},
        ("BT-112",),
    ),
    Case(
        "BR-S-08",
        "computed",
        text(f"{_VAT}/ram:BasisAmount", "290.00"),
        "Die Bemessungsgrundlage der Umsatzsteuerkategorie S (BT-116) beträgt nach den Positionen, Abschlägen und"
        " Zuschlägen 190.00, angegeben: 290.00.",
        {"stated": "290.00", "expected": "190.00", "difference": "100.00"},
        ("BT-116",),
    ),
    Case(
        "BR-Z-01",
        "computed",
        text(f"{_VAT}/ram:CategoryCode", "Z"),
        "Umsatzsteuerkategorie Z: Aufschlüsselung (Zeilen: 1) und Verwendung in Positionen, Abschlägen und Zuschlägen"
        " (Positionen: 0) passen nicht zusammen.",
        {"category": "Z", "rows": "1", "lines": "0"},
    ),
    Case(
        "BR-FXEXT-CO-15",
        "computed",
        text(f"{_TOTALS}/ram:GrandTotalAmount", "226.14"),
        "Der Gesamtbetrag mit Umsatzsteuer (BT-112) ist 226.10, angegeben: 226.14.",
        {"stated": "226.14", "expected": "226.10", "difference": "0.04", "tolerance": "0.02"},
        ("BT-112",),
        profile="extended",
    ),
    Case(
        "BR-FXEXT-11",
        "computed",
        within(
            "//ram:AssociatedDocumentLineDocument",
            "<ram:ParentLineID>9</ram:ParentLineID><ram:LineStatusReasonCode>DETAIL</ram:LineStatusReasonCode>",
        ),
        "Die übergeordnete Position „9“ gibt es nicht.",
        {"value": "9"},
        profile="extended",
    ),
]


@pytest.mark.parametrize("profile", ["en16931", "extended"])
def test_nothing_is_found_in_an_accepted_invoice(profile: str) -> None:
    assert facturx.examine(invoice(profile), profile) == ([], [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.rule}")
def test_a_broken_rule_says_what_and_how_much(case: Case) -> None:
    found = facturx.judge(invoice(case.profile, case.change), case.profile)
    (breach,) = [breach for breach in found if (breach.rule, breach.kind) == (case.rule, case.kind)]
    assert breach.values == case.values
    said = facturx.message("de", breach)
    assert said.removesuffix(f" [{breach.norm}]") == case.says
    assert facturx.terms(breach) == case.terms
    assert breach.severity == ("warning" if case.rule.startswith("PEPPOL") else "error")
    assert facturx.message("en", breach) != said


def test_within_the_tolerance_of_extended_a_total_may_differ() -> None:
    # One cent for the line, one for the allowance.
    root = invoice("extended", text(f"{_TOTALS}/ram:GrandTotalAmount", "226.12"))
    assert [breach.rule for breach in facturx.judge(root, "extended")] == ["BR-FXEXT-CO-16"]


def test_the_norm_is_named_where_the_profile_has_an_id_of_its_own() -> None:
    change = without("//ram:SpecifiedTaxRegistration")
    (breach,) = [b for b in facturx.judge(invoice("en16931", change), "minimum") if b.norm == "BR-CO-26"]
    assert breach.rule.startswith("FX-SCH-A-")
    assert facturx.message("en", breach).endswith("[BR-CO-26]")


def test_words_of_the_invoice_are_never_read_as_placeholders() -> None:
    change = text("//ram:BuyerTradeParty//ram:CountryID", "{profile}")
    (breach,) = [b for b in facturx.judge(invoice("en16931", change), "en16931") if b.kind == "in_list"]
    assert "„{profile}“" in facturx.message("de", breach)
