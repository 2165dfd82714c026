"""`einvoice validate`: its options, settings, places for reports and exit codes, as CONTRACT says."""

import json
from pathlib import Path

import pytest

from einvoice.formats import xml
from einvoice.validation.reports import FORMATS, SUFFIXES
from tests.interfaces.calls import call
from tests.parts import ROOT, needs
from tests.validation.configurations import configuration, failed, scenario

GOOD, BAD, MAIL = (
    ROOT / "samples" / name for name in ("01-skonto.xml", "08-falsche-summe.xml", "05-mail.eml")
)
WARNS = ROOT / "samples/11-unterpositionen.xml"
OFFICIAL = ("--engine", "official", "--isolated")


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([str(GOOD)], 0),
        ([str(GOOD), str(BAD)], 1),
        ([str(GOOD), "--engine", "official"], 3),
        ([str(BAD), "--engine", "both"], 3),
        ([str(GOOD), "--engine", "other"], 2),
        ([str(GOOD), "nirgends.xml"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    result = call("validate", *arguments, "--isolated", "--format", "jsonl")
    assert result.code == code
    assert "Traceback" not in result.err


def test_what_takes_too_long_is_unchecked_which_wins_over_rejected(tmp_path: Path) -> None:
    """Nothing reads twelve megabytes in a thousandth of a second, however busy the machine is."""
    long = tmp_path / "lang.xml"
    long.write_bytes(GOOD.read_bytes().replace(b"</cbc:ID>", b"</cbc:ID>" + b" " * 12_000_000, 1))
    result = call("validate", str(BAD), "--limit-time", "0.001", str(long), "--isolated", "--format", "jsonl")
    assert result.code == 3
    assert {line["verdict"] for line in lines(result.out)} == {"rejected", "unchecked"}


def test_no_report_replaces_an_invoice_that_is_to_be_read(tmp_path: Path) -> None:
    invoice = tmp_path / "rechnung.xml"
    invoice.write_bytes(GOOD.read_bytes())
    for command in ("validate", "extract", "show"):
        result = call(command, str(invoice), "-o", str(invoice), "--isolated")
        assert (result.code, str(invoice) in result.err) == (2, True)
        assert invoice.read_bytes() == GOOD.read_bytes()


def test_a_report_in_a_file_leaves_its_sum_on_stderr(tmp_path: Path) -> None:
    result = call("validate", str(GOOD), str(BAD), "-o", str(tmp_path / "bericht.jsonl"), "--isolated")
    assert result.err.splitlines()[-1] == "2 Rechnungen geprüft: 1 angenommen, 1 abgelehnt"


def test_what_the_profile_allows_asks_nothing_of_anybody() -> None:
    result = call("validate", str(WARNS), "--isolated", "--format", "jsonl", lang="en")
    (line,) = lines(result.out)
    hints = {found["hint"] for found in line["findings"] if found["severity"] == "information"}  # type: ignore[attr-defined]
    assert hints == {"The profile of this invoice allows it: there is nothing to do."}


def test_a_missing_path_is_named_in_one_language() -> None:
    assert (
        call("validate", "nirgends.xml").err == "einvoice: nirgends.xml: Datei oder Ordner nicht gefunden\n"
    )
    assert (
        call("validate", "nirgends.xml", lang="en").err == "einvoice: nirgends.xml: no such file or folder\n"
    )


def test_nothing_to_check(tmp_path: Path) -> None:
    assert call("validate", str(tmp_path), "--isolated").code == 2


def test_fail_on_warning_changes_the_exit_code_and_no_verdict(tmp_path: Path) -> None:
    text = GOOD.read_text("utf-8").replace("urn:xeinkauf.de:kosit:xrechnung_3.0", "urn:none")
    other = tmp_path / "other.xml"
    other.write_text(text, "utf-8")
    arguments = ("validate", str(other), "--isolated", "--unknown-profile", "check", "--format", "jsonl")
    assert call(*arguments).code == 0
    result = call(*arguments, "--fail-on", "warning")
    assert (result.code, lines(result.out)[0]["verdict"]) == (1, "accepted")
    assert call("validate", str(other), "--isolated", "--format", "jsonl").code == 1


def test_standard_input_is_one_delivery() -> None:
    result = call("validate", "-", "--isolated", "--format", "jsonl", stdin=GOOD.read_bytes())
    (line,) = lines(result.out)
    assert (result.code, line["file"], line["verdict"]) == (0, "-", "accepted")


def test_rules_after_the_schema_are_shown_on_demand(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    text = BAD.read_text("utf-8")
    broken.write_text(text.replace("<cbc:IssueDate>", "<cbc:Nonsense/><cbc:IssueDate>"), "utf-8")
    arguments = ("validate", str(broken), "--isolated", "--format", "jsonl")
    found = [
        {finding["rule"] for finding in json.loads(call(*arguments, *more).out)["findings"]}
        for more in ((), ("--rules-after-schema",))
    ]
    assert found[0] == {"EI-XSD"}
    assert {"EI-XSD", "BR-CO-15"} <= found[1]


@pytest.mark.parametrize("form", FORMATS)
def test_a_folder_gets_a_report_for_each_document(tmp_path: Path, form: str) -> None:
    out = tmp_path / "reports"
    result = call("validate", str(GOOD), str(MAIL), "--isolated", "--format", form, "-o", f"{out}/")
    assert result.out == ""
    files = sorted(out.iterdir())
    assert len(files) >= 2
    assert all(path.name.endswith(SUFFIXES[form]) and path.stat().st_size for path in files)
    if form in ("junit", "kosit", "svrl"):
        assert {xml.parse(path.read_bytes()).tag.rpartition("}")[2] for path in files} <= {
            "testsuite", "report", "schematron-output",
        }  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_the_ending_of_a_file_chooses_the_format(tmp_path: Path, form: str) -> None:
    for name in (f"r{SUFFIXES[form]}", "other"):
        stated = () if name != "other" else ("--format", form)
        assert call("validate", str(GOOD), "--isolated", "-q", *stated, "-o", str(tmp_path / name)).code == 0
    first, second = ((tmp_path / name).read_text("utf-8")[:70] for name in (f"r{SUFFIXES[form]}", "other"))
    assert first == second


@needs("official")
def test_the_engine_is_a_setting_of_file_environment_and_call(tmp_path: Path) -> None:
    home = configuration(
        tmp_path / "konfiguration", {"a.xsl": failed("A-1")}, scenario("S", "true()", ("a.xsl",))
    )
    settings = tmp_path / "einvoice.toml"
    settings.write_text('[validation]\nengine = "official"\nscenarios = "konfiguration"\n', "utf-8")
    tail = (str(GOOD), "--format", "jsonl", "-q")
    by_file = call("validate", *tail, "--config", str(settings))
    by_variables = call(
        "validate", *tail, "--isolated",
        EINVOICE_VALIDATION_ENGINE="official", EINVOICE_VALIDATION_SCENARIOS=str(home),
    )  # fmt: skip
    by_call = call("validate", *tail, *OFFICIAL, "--scenarios", str(home))
    for result in (by_file, by_variables, by_call):
        (line,) = lines(result.out)
        assert (result.code, line["verdict"], line["engine"], line["scenario"]) == (
            1,
            "rejected",
            "official",
            "S",
        )
    assert lines(call("validate", *tail, "--config", str(settings), "--engine", "native").out)[0]["rules"]
    wrong = call("validate", *tail, "--isolated", EINVOICE_VALIDATION_ENGINE="x")
    assert (wrong.code, wrong.out) == (2, "")
    settings.write_text('[validation]\nengine = "official"\nscenarios = 5\n', "utf-8")
    assert call("validate", *tail, "--config", str(settings)).code == 2


def test_what_is_missing_is_said_in_the_chosen_language() -> None:
    for lang, words in (
        ("de", "bitte Zip oder Ordner mit --scenarios angeben"),
        ("en", "name its zip or folder"),
    ):
        result = call("validate", str(GOOD), *OFFICIAL, lang=lang)
        assert result.code == 3
        assert words in result.out
