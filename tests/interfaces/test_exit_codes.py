"""What a wrong call ends with: one sentence on stderr, nothing on stdout, the contract's exit code."""

from pathlib import Path

import pytest

from einvoice.interfaces.cli.wording import sentence
from tests.interfaces.calls import call

USAGE = {
    "validat x": "Den Befehl „validat“ gibt es nicht. Gemeint: 'validate'?",
    "stapl list": "Den Befehl „stapl“ gibt es nicht. Gemeint: 'stapel'?",
    "qqq": "Den Befehl „qqq“ gibt es nicht.",
    "rules lst": "Den Befehl „lst“ gibt es nicht. Gemeint: 'list'?",
    "extract": "Es fehlt die Angabe PFAD.",
    "extract --frmat json x": "Die Option --frmat gibt es nicht. Gemeint: --format?",
    "extract --format xml x": "Falscher Wert für --format: „xml“ gibt es nicht; zur Wahl: 'json', ",
    "extract --format": "Die Option --format braucht einen Wert.",
    "extract --attachments=x y": "Die Option --attachments nimmt keinen Wert.",
    "validate --jobs x y": "Falscher Wert für --jobs: Es muss eine ganze Zahl sein.",
    "validate --jobs -1 y": "Falscher Wert für --jobs: Es muss mindestens 0 sein.",
    "validate --limit-time x y": "Falscher Wert für --limit-time: Es muss eine Zahl sein.",
    "explain a b": "Überzählige Angabe: b",
    "tenant add x": "Es fehlt die Option --title.",
    "--lang": "--lang braucht einen Wert.",
    "--lang fr validate x": "--lang fr: de oder en (de or en).",
    "explain BR-CO-51": "Die Regel BR-CO-51 gibt es nicht. Gemeint: ",
    "extract nirgends.xml": "nirgends.xml",
    "rules diff a b": "Die Regelausgabe 'a' gibt es nicht.",
    "validate --rules x y": "Die Regelausgabe 'x' gibt es nicht.",
    "inbox list --config nirgends.toml": "nirgends.toml: Diese Konfigurationsdatei gibt es nicht.",
    "inbox list --isolated": "Hier und darüber gibt es keine einvoice.toml",
    "archive verify --against nirgends.json": "nirgends.json: nicht lesbar",
}


@pytest.mark.parametrize("line", USAGE)
def test_wrong_calls_end_with_2_and_one_sentence(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*line.split())
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(f"einvoice: {USAGE[line]}" if "nirgends.xml" not in line else "einvoice: ")
    assert USAGE[line] in result.err
    assert "Traceback" not in result.err
    assert len(result.err.splitlines()) <= 2


@pytest.mark.parametrize("line", ["", "rules", "user"])
def test_nothing_asked_for_shows_the_help_and_ends_with_2(line: str) -> None:
    result = call(*line.split())
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Aufruf: einvoice")


def test_english_is_left_as_typer_says_it() -> None:
    result = call("extract", lang="en")
    assert result.err.startswith("einvoice: Missing argument 'PATH...'.\nHelp: einvoice extract --help")


def test_a_sentence_nobody_foresaw_stays_as_it_is() -> None:
    assert sentence("The moon is full.") == "The moon is full."


@pytest.mark.parametrize("command", ["validate", "extract", "schema"])
def test_where_nothing_can_be_written(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a/>")
    given = [] if command == "schema" else [str(tmp_path / "a.xml")]
    result = call(command, *given, "-o", str(tmp_path / "nirgends" / "x.json"))
    assert (result.code, result.out) == (2, "")
    assert "x.json: nicht beschreibbar" in result.err
    assert "-o" in result.err


def test_a_mistake_of_ours_is_one_sentence_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from einvoice import rulebook

    def broken(*_: object, **__: object) -> None:
        raise TypeError("broken")

    monkeypatch.setattr(rulebook, "release", broken)
    result = call("rules", "list")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("einvoice: Unerwarteter Fehler (TypeError: broken).")
    assert "Traceback" in call("rules", "list", "--debug").err
