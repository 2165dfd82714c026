"""A clerk posts, splits, cuts and looks at what belongs together, from the command line."""

import json
from pathlib import Path

import pytest

from tests.interfaces.calls import Result, call, rows

CLERK = ("--as", "Sabine Sander")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("posting") / "place"
    assert call("init", str(home), "--demo").code == 0
    assert call("run", "--config", str(home)).code == 0
    return home


def _in(home: Path, *arguments: str, lang: str = "de") -> Result:
    return call(*arguments, "--config", str(home), lang=lang)


def test_an_invoice_is_split_set_and_cut_and_shown_with_its_sums(demo: Path) -> None:
    done = _in(demo, "kontierung", "split", "1", "--part", "60% kst=4010", "--part", "rest kst=4020", *CLERK)
    assert (done.code, done.err) == (0, "")
    assert _in(demo, "posting", "set", "1", "konto=5231", "--pos", "1", *CLERK).code == 0
    cut = _in(demo, "posting", "deduct", "1", "59,50", "--line", "2", "--because", "Mangel", *CLERK)
    assert "genehmigter Betrag 446,70" in cut.out
    said = json.loads(_in(demo, "posting", "show", "1", "--format", "json").out)
    assert (said["gross"], said["approved"]) == ("606.20", "446.70")
    assert [one["kind"] for one in said["deductions"]] == ["prepaid", "cut"]
    assert [one["cost_centre"] for one in said["postings"]] == ["4010", "4010", "4020", "4020"]
    shown = _in(demo, "inbox", "show", "1", lang="en")
    assert "cut" in shown.out
    assert "446.70" in shown.out
    assert _in(demo, "posting", "take-back", "1", "2", "--because", "geliefert", *CLERK).code == 0
    assert json.loads(_in(demo, "posting", "show", "1", "--format", "json").out)["approved"] == "506.20"


def test_a_retained_sum_is_listed_in_both_languages(demo: Path) -> None:
    until = ("--until", "30.11.2030", "--because", "Gewährleistung")
    assert _in(demo, "posting", "retain", "12", "5%", *until, *CLERK).code == 0
    assert rows(_in(demo, "posting", "retained"))[-1][4:6] == ["59,50", "30.11.2030"]
    assert rows(_in(demo, "posting", "retained", lang="en"))[-1][4:6] == ["59.50", "30 Nov 2030"]
    assert json.loads(_in(demo, "posting", "retained", "--format", "json").out)[-1]["amount"] == "59.50"
    number = rows(_in(demo, "posting", "retained"))[-1][3]
    assert _in(demo, "posting", "release", "12", number, "--because", "Bürgschaft", *CLERK).code == 0
    assert rows(_in(demo, "posting", "retained", "--tenant", "beispielhausen")) == []


def test_a_letter_and_an_order_are_seen_beside_the_invoice(demo: Path, tmp_path: Path) -> None:
    csv = tmp_path / "mb.csv"
    csv.write_text("Mittelbindung;Bezeichnung;Offen\nMB-1;Ordner;100,00\n")
    brought = _in(demo, "stammdaten", "import", "mittelbindungen", str(csv), "--tenant", "musterlippe")
    assert (brought.code, rows(brought)[0][:2]) == (0, ["neu", "MB-1"])
    listed = rows(_in(demo, "master", "list", "orders", "--tenant", "musterlippe"))
    assert listed[0][:3] == ["MB-1", "Ordner", "100,00"]
    assert _in(demo, "posting", "set", "4", "mittelbindung=MB-1", *CLERK).code == 0
    assert _in(demo, "inbox", "dunning", "4", "--day", "20.11.2026", "--fee", "5,00", *CLERK).code == 0
    said = json.loads(_in(demo, "posting", "linked", "4", "--format", "json").out)
    assert [one["code"] for one in said["hints"]] == ["dunning", "order-overrun"]
    assert (said["orders"][0]["open"], said["orders"][0]["left"]) == ("100.00", "-197.50")
    shown = _in(demo, "posting", "linked", "4", lang="en").out
    assert "Urgent: dunning letter 1" in shown
    assert "197.50 is missing" in shown


def test_a_standing_order_is_made_listed_and_ended(demo: Path) -> None:
    until = ("--until", "2027-12-31", "--because", "Bürobedarf", "--as", "Anton Albers")
    made = _in(demo, "posting", "standing-order", "6", "--around", "10%", *until)
    assert made.code == 0
    code = rows(_in(demo, "posting", "standing-orders", "--tenant", "testfurt"))[0][0]
    assert code in made.out
    ended = ("--tenant", "testfurt", "--because", "gekündigt", "--as", "Anton Albers")
    assert _in(demo, "posting", "end-standing-order", code, *ended).code == 0
    assert _in(demo, "posting", "standing-order", "6", *until).code == 2


WRONG: dict[str, tuple[int, tuple[str, ...]]] = {
    "no such invoice": (1, ("posting", "show", "999")),
    "no such dimension": (2, ("posting", "set", "1", "farbe=rot", *CLERK)),
    "no such position": (2, ("posting", "set", "1", "konto=1", "--pos", "99", *CLERK)),
    "neither way of splitting": (2, ("posting", "split", "1", *CLERK)),
    "parts that miss": (2, ("posting", "split", "1", "--part", "50%", *CLERK)),
    "an amount that is none": (2, ("posting", "deduct", "1", "viel", "--because", "x", *CLERK)),
    "an unclear amount": (2, ("posting", "deduct", "1", "1.234", "--because", "x", *CLERK)),
    "more than there is": (1, ("posting", "deduct", "1", "9999", "--because", "x", *CLERK)),
    "a line there is not": (1, ("posting", "deduct", "1", "1", "--line", "77", "--because", "x", *CLERK)),
    "net without a line": (2, ("posting", "deduct", "1", "1", "--net", "--because", "x", *CLERK)),
    "no such deduction": (1, ("posting", "take-back", "1", "9", "--because", "x", *CLERK)),
    "a day there is not": (
        2,
        ("posting", "retain", "1", "5%", "--until", "31.02.2027", "--because", "x", *CLERK),
    ),
    "without the role": (1, ("posting", "set", "1", "konto=1", "--as", "Karin Kruse")),
    "no such kind of master data": (2, ("master", "list", "farben", "--tenant", "musterlippe")),
    "no such town": (2, ("master", "list", "konten", "--tenant", "nirgends")),
    "no such file": (2, ("master", "import", "konten", "nirgends.csv", "--tenant", "musterlippe")),
    "rules without a file": (2, ("tenant", "posting-rules", "musterlippe")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_said_in_one_sentence(demo: Path, wrong: str) -> None:
    code, arguments = WRONG[wrong]
    found = _in(demo, *arguments)
    assert (found.code, found.out) == (code, "")
    assert found.err.strip()
    assert "Traceback" not in found.err


def test_a_wrong_row_of_a_file_is_named_and_nothing_is_brought(demo: Path, tmp_path: Path) -> None:
    csv = tmp_path / "konten.csv"
    csv.write_text("Konto;Name\n5400;Büro\n;leer\n5400;noch einmal\n")
    found = _in(demo, "master", "import", "konten", str(csv), "--tenant", "musterlippe")
    assert found.code == 1
    assert f"{csv}:3: Nummer fehlt" in found.err
    assert f"{csv}:4: 5400 steht schon in Zeile 2" in found.err
    assert rows(_in(demo, "master", "list", "konten", "--tenant", "musterlippe")) == []


def test_what_a_town_demands_is_set_from_a_file(demo: Path, tmp_path: Path) -> None:
    toml = tmp_path / "buchung.toml"
    toml.write_text(
        '[posting]\nexpense = "5400"\ncreditor = "70001"\n[posting.fields.product]\nrequired = true\n'
    )
    assert _in(demo, "tenant", "posting", "beispielhausen", str(toml)).code == 0
    refused = _in(demo, "approve", "confirm", "5", *CLERK)
    assert refused.code == 1
    assert "Produkt fehlt" in refused.err
    toml.write_text('[posting.fields.product]\npattern = "(a+)+"\n')
    wrong = _in(demo, "tenant", "posting", "beispielhausen", str(toml))
    assert (wrong.code, str(toml) in wrong.err) == (2, True)
