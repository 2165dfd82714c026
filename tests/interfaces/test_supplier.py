"""`einvoice supplier` as a clerk uses it: an account is confirmed by two persons and withdrawn by one."""

import json
from pathlib import Path

import pytest

from tests.approval.demo import demo
from tests.interfaces.calls import Result, call, rows

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"
SOURCE = "Rückruf unter der Nummer aus dem Vertrag"


@pytest.fixture
def config(tmp_path: Path) -> str:
    with demo(tmp_path) as made:
        return str(made.workplace.file)


def run(config: str, *words: str, lang: str = "de") -> Result:
    return call("supplier", *words, "--config", config, lang=lang)


def test_an_account_goes_from_withdrawn_to_confirmed(config: str) -> None:
    assert run(config, "withdraw-iban", "1", "--because", "Anruf der Bank", "--as", CASH).code == 0
    blocked = call("approve", "confirm", "1", "--as", CLERK, "--config", config)
    assert blocked.code == 0, "the account stands in the way of ordering only"
    ordered = call("approve", "authorise", "1", "--as", HEAD, "--config", config)
    assert ordered.code == 1
    assert "IBAN zurückgezogen: DE19 4999 9960 0123 4567 89" in ordered.err
    assert "einvoice supplier confirm-iban --invoice 1" in ordered.err
    without = run(config, "confirm-iban", "1", "--as", CLERK)
    assert without.code == 1
    assert "--source" in without.err
    for _ in range(2):
        first = run(config, "confirm-iban", "--invoice", "1", "--source", SOURCE, "--as", CLERK)
        assert (first.code, "zweite Person" in first.out) == (0, True)
    assert run(config, "confirm-iban", "1", "--source", SOURCE, "--as", CASH).code == 1
    assert "ist bestätigt" in run(config, "confirm-iban", "1", "--as", HEAD).out
    assert call("approve", "authorise", "1", "--as", HEAD, "--config", config).code == 0
    shown = json.loads(run(config, "show", "1", "--format", "json").out)
    assert shown["accounts"][0]["persons"] == [CLERK, HEAD]
    assert shown["accounts"][0]["source"] == SOURCE


def test_lists_in_both_languages_and_as_data(config: str) -> None:
    assert run(config, "list", "--open").out.count("\n") == 1
    assert [row[7] for row in rows(run(config, "list"))] == ["IBAN bestätigt"] * 3
    assert (
        rows(call("lieferant", "list", "--tenant", "testfurt", "--config", config, lang="en"))[0][7]
        == "IBAN confirmed"
    )
    assert len(json.loads(run(config, "list", "--format", "json").out)) == 3


def test_the_voucher_by_its_german_name(config: str, tmp_path: Path) -> None:
    for ending in ("html", "txt", "pdf"):
        target = tmp_path / f"beleg.{ending}"
        said = call("freigabe", "beleg", "1", "-o", str(target), "--config", config)
        assert (said.code, target.stat().st_size > 500) == (0, True)
    assert "Order to pay" in call("approve", "voucher", "1", "--config", config, lang="en").out


WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("show", "99"), 1, "gibt es nicht"),
    (("confirm-iban",), 2, "--invoice"),
    (("confirm-iban", "99", "--source", SOURCE), 1, "99"),
    (("confirm-iban", "--invoice", "99", "--source", SOURCE, "--as", CLERK), 1, "keine Rechnung 99"),
    (("withdraw-iban", "99", "--because", "x", "--as", CLERK), 1, "kein Konto 99"),
    (("merge", "1", "--into", "2", "--as", CLERK), 1, "Kreditor"),
    (("list", "--tenant", "nirgends"), 2, "nirgends"),
    (("list", "--format", "xml"), 2, "xml"),
]


@pytest.mark.parametrize(
    ("words", "code", "part"), WRONG, ids=lambda one: " ".join(one) if isinstance(one, tuple) else ""
)
def test_what_is_wrong_is_said(config: str, words: tuple[str, ...], code: int, part: str) -> None:
    said = run(config, *words)
    assert (said.code, "Traceback" in said.err) == (code, False)
    assert part in said.err
