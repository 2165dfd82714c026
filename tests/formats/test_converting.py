"""What another syntax or profile cannot hold is named by term, value and place; everything else arrives."""

import pytest

from einvoice.errors import UsageError
from einvoice.formats.converting import CREDIT_NOTES, carry, syntax_for
from einvoice.formats.profiles import PROFILES, profile_of
from einvoice.formats.reading import read
from einvoice.formats.xml import parse
from einvoice.model.bases import base, example, names
from einvoice.model.content import Content
from einvoice.model.differences import differences
from einvoice.model.invoice import Invoice
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from tests.formats import profiles
from tests.formats.corpus import EVERY
from tests.parts import CORPUS, ROOT, needs

ACCEPTED = [
    line.split("\t")[0]
    for line in ((CORPUS / "accepted-files.txt").read_text("utf-8").splitlines() if CORPUS.is_dir() else [])
    if line.endswith(".xml")
]

DIFFER_OFFICIALLY = frozenset(
    {"BR-E-01", "BR-S-08", "BR-CO-15", "BR-CO-16", "BR-CO-25", "BR-53", "PEPPOL-EN16931-R055"}
)
"""Rules that differ officially between UBL and CII (docs/deviations.md), or speak of what CII cannot hold."""


@needs("shared")
@pytest.mark.parametrize("path", ACCEPTED[:: 1 if EVERY == 1 else 4])
def test_what_is_accepted_stays_so_and_says_the_same(path: str) -> None:
    data = (CORPUS / path).read_bytes()
    before = validate_bytes(data, path, Options())[0]
    given = read(parse(data))
    invoice = Invoice.from_content(given.content())
    content = invoice.to_content()
    for to in ("ubl", "cii"):
        carried = carry(content, syntax_for(content, to, given.syntax))
        back = Invoice.from_content(carried.content)
        if not (carried.losses or carried.added):
            assert back == invoice
        assert {one.place for one in differences(content, carried.content)} == {
            one.place for one in (*carried.losses, *carried.added)
        }
        after = validate_bytes(carried.data, path, Options())[0]
        if before.verdict == "accepted":
            wrong = {one.rule for one in after.findings if one.severity == "error"}
            assert wrong <= (frozenset() if carried.syntax == given.syntax else DIFFER_OFFICIALLY)


def test_losses_have_term_value_and_place() -> None:
    content = example({"+BG-3": {"BT-25": "RE-2025-9"}, "+BT-41": "Buchhaltung"})
    content.groups["BG-3"] = [Content.parse({"BT-25": "RE-2025-8"}), *content.groups["BG-3"][-1:]]
    told = [(one.term, one.place, one.before, one.after) for one in carry(content, "cii").losses]
    assert told == [("BT-25", "preceding_invoice_references[1].reference", "RE-2025-9", None)]
    told = [(one.term, one.place, one.before, one.after) for one in carry(content, "ubl-invoice").losses]
    assert told == [("BT-41", "seller.contact.contact_point[1]", "Buchhaltung", None)]


def test_of_many_places_only_those_at_fault_lose_something() -> None:
    content = base()
    content.groups["BG-1"] = [
        Content.parse({"BT-21": code, "BT-22": text})
        for code, text in (("AAI", "a"), ("TOOLONG", "b"), ("SUR", "c"))
    ]
    carried = carry(content, "ubl-invoice")
    assert [(one.term, one.place, one.before) for one in carried.losses] == [
        ("BT-21", "notes[1].subject_code", "TOOLONG")
    ]


def test_what_xml_cannot_hold_is_a_loss() -> None:
    carried = carry(example({"BT-1": "a\x00b"}), "cii")
    assert [(one.term, one.before, one.after) for one in carried.losses] == [("BT-1", "a\x00b", "ab")]


def test_fillers_are_named_with_their_text() -> None:
    content = example(
        {"BT-13": False, "BG-22/BT-110": False, "BG-25[1]/BT-148": False, "BG-25[1]/BT-147": "1.00"}
    )
    assert [(one.place, one.after) for one in carry(content, "ubl-invoice").added] == [
        ("purchase_order_reference", "NA"),
        ("totals.total_vat_amount", "86.20"),
    ]
    added = carry(content, "cii").added
    assert [one.place for one in added] == ["lines[0].price.gross_price"]


@pytest.mark.parametrize("code", sorted(CREDIT_NOTES))
def test_the_type_code_chooses_the_root_of_ubl(code: str) -> None:
    listed = (ROOT / "rules" / "codelists" / "untdid1001_creditnote.tsv").read_text("utf-8").splitlines()
    assert {line.split("\t")[0] for line in listed if not line.startswith("#")} == CREDIT_NOTES
    assert syntax_for(example({"BT-3": code}), "ubl") == "ubl-creditnote"
    assert syntax_for(example({"BT-3": "380"}), "ubl", "ubl-creditnote") == "ubl-invoice"
    assert syntax_for(example({"BT-3": "999"}), "ubl", "ubl-creditnote") == "ubl-creditnote"
    assert syntax_for(example({"BT-3": code}), "cii") == "cii"


def test_the_table_of_profiles_is_what_the_official_schemas_and_rules_say() -> None:
    assert (ROOT / "schemas" / "profiles.tsv").read_text("utf-8") == profiles.table()


@pytest.mark.parametrize("profile", [name for name, one in PROFILES.items() if one.is_partial])
@pytest.mark.parametrize("name", names())
def test_nothing_stands_in_a_profile_that_does_not_belong_there(name: str, profile: str) -> None:
    content = base(name)
    carried = carry(content, "cii", PROFILES[profile])
    root = parse(carried.data)
    assert not profiles.refused(root, PROFILES[profile])
    assert [one.after for one in carried.changes] == [PROFILES[profile].specification]
    lost = {one.place for one in carried.losses}
    stated = {one.place for one in differences(content, carried.content)} - {
        "process_control.specification_identifier"
    }
    assert stated == lost | {one.place for one in carried.added}


def test_a_profile_is_known_by_every_spelling_of_its_bt_24() -> None:
    for profile in PROFILES.values():
        assert profile_of(f" {profile.specification} ") == profile
    assert profile_of("urn:zugferd.de:2p0:basicwl") == PROFILES["basicwl"]
    assert profile_of("urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0") is None
    assert profile_of(None) is None


@pytest.mark.parametrize(
    ("syntax", "profile"), [("ubl-invoice", "basic"), ("ubl-creditnote", "xrechnung-extension")]
)
def test_a_profile_that_a_syntax_does_not_have_is_refused(syntax: str, profile: str) -> None:
    with pytest.raises(UsageError, match=profile):
        carry(base(), syntax, PROFILES[profile])
