"""The clerk's and the administrator's commands in a demo workplace and in a real one."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from einvoice.store import people
from tests.interfaces.calls import Result, call, rows


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo") / "place"
    assert call("init", str(home), "--demo").code == 0
    assert call("run", "--config", str(home)).code == 0
    return home


def _in(home: Path, *arguments: str, lang: str = "de") -> Result:
    return call(*arguments, "--config", str(home), lang=lang)


def test_a_second_run_has_nothing_to_do(demo: Path) -> None:
    before = _in(demo, "inbox", "list").out
    again = _in(demo, "run")
    assert (again.code, again.out) == (0, "Nichts zu tun: alles ist schon verarbeitet.\n")
    assert _in(demo, "inbox", "list").out == before


def test_a_workplace_is_not_made_twice(demo: Path) -> None:
    again = call("init", str(demo), "--demo")
    assert (again.code, again.out) == (2, "")
    assert "gibt es schon" in again.err


def test_the_inbox_is_filtered_by_tenant_and_state(demo: Path) -> None:
    everything = rows(_in(demo, "inbox", "list"))
    some = rows(_in(demo, "inbox", "list", "--tenant", "musterlippe"))
    assert 0 < len(some) < len(everything)
    assert {row[4] for row in some} == {"Stadt Musterlippe"}
    assert {row[5] for row in rows(_in(demo, "inbox", "list", "--state", "rejected"))} == {"abgelehnt"}
    assert _in(demo, "inbox", "list", "--tenant", "nirgends").code == 2


def test_the_inbox_is_read_page_by_page(demo: Path) -> None:
    everything = rows(_in(demo, "inbox", "list"))
    found: list[Sequence[str]] = []
    before: list[str] = []
    while len(found) < len(everything):
        page = _in(demo, "inbox", "list", "--most", "5", *before)
        found = [*rows(page), *found]
        before = ["--before", found[0][0]]
        assert page.err == (
            "" if len(found) == len(everything) else f"Es gibt ältere: --before {before[1]}\n"
        )
    assert found == everything


def test_each_of_several_acts_has_its_result(demo: Path) -> None:
    number = rows(_in(demo, "inbox", "list", "--state", "routed"))[0][0]
    done = _in(demo, "approve", "confirm", number, "9999", "--as", "Sabine Sander")
    assert done.code == 1
    assert done.out.startswith(f"{number}: bestätigt")
    assert "9999" in done.err
    self_made = _in(demo, "approve", "authorise", number, "--as", "Sabine Sander")
    assert self_made.code == 1
    assert _in(demo, "freigabe", "authorise", number, "--as", "Anton Albers").code == 0


def test_doctor_and_archive_find_all_well(demo: Path, tmp_path: Path) -> None:
    assert _in(demo, "doctor").code == 0
    head = tmp_path / "head.json"
    assert _in(demo, "archive", "verify", "--head", str(head)).code == 0
    assert json.loads(head.read_text())["events"] > 0
    assert _in(demo, "archive", "verify", "--against", str(head)).code == 0
    head.write_text(head.read_text().replace('"time"', '"x"').replace("0", "1"))
    assert _in(demo, "archive", "verify", "--against", str(head)).code == 2


def test_a_tenant_is_added_with_its_claims(demo: Path) -> None:
    made = _in(demo, "tenant", "add", "neustadt", "--title", "Neustadt", "--leitweg", "01234*")
    assert made.code == 0
    assert ["neustadt", "Neustadt", "01234*", "DEMO"] in rows(_in(demo, "tenant", "list"))
    assert _in(demo, "tenant", "add", "neustadt", "--title", "x").code == 1
    assert _in(demo, "tenant", "add", "Neu Stadt", "--title", "x").code == 2
    assert _in(demo, "tenant", "add", "x", "--title", "x", "--leitweg", "AB*").code == 2


def test_a_person_gets_roles_with_a_limit(demo: Path) -> None:
    assert _in(demo, "user", "add", "Eva Engel", "--account", "engel").code == 0
    assert _in(demo, "user", "add", "Eva Engel").code == 1
    assert (
        _in(demo, "user", "role", "engel", "authoriser", "--tenant", "musterlippe", "--limit", "50.00").code
        == 0
    )
    assert ["Eva Engel", "engel", "authoriser@musterlippe ≤ 50.00"] in rows(_in(demo, "user", "list"))
    assert _in(demo, "user", "role", "engel", "cash").code == 2
    assert _in(demo, "user", "role", "engel", "cash", "--tenant", "musterlippe", "--limit", "viel").code == 2
    assert _in(demo, "user", "role", "niemand", "cash", "--tenant", "musterlippe").code == 1


@pytest.fixture
def real(tmp_path: Path) -> Path:
    assert call("init", str(tmp_path / "real")).code == 0
    return tmp_path / "real"


def test_only_an_administrator_adds_and_nobody_acts_for_others(real: Path) -> None:
    assert _in(real, "tenant", "add", "ort", "--title", "Ort").code == 0
    assert rows(_in(real, "tenant", "list")) == [["ort", "Ort", "", ""]]
    assert _in(real, "approve", "confirm", "1", "--as", "Sabine Sander").code == 1
    with sqlite3.connect(real / "data" / "einvoice.sqlite") as store:
        store.execute("UPDATE role SET role = 'clerk'")
    refused = _in(real, "user", "add", "Eva Engel")
    assert refused.code == 1
    assert people.os_account() in refused.err


def test_doctor_names_who_is_missing_for_four_eyes(real: Path) -> None:
    assert _in(real, "doctor").code == 0
    _in(real, "tenant", "add", "ort", "--title", "Ort")
    found = _in(real, "doctor")
    assert found.code == 1
    assert "MANGEL: Ort: " in found.out


def test_doctor_needs_no_workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = call("doctor")
    assert found.code == 0
    assert "Hinweis: Hier ist kein Arbeitsplatz" in found.out


def test_a_changed_row_is_found(real: Path) -> None:
    _in(real, "tenant", "add", "ort", "--title", "Ort")
    with sqlite3.connect(real / "data" / "einvoice.sqlite") as store:
        store.execute("UPDATE tenant SET title = 'Anderswo'")
    found = _in(real, "archive", "verify")
    assert found.code == 1
    assert found.out.startswith("Zeile tenant/1: ")


def test_an_archive_that_is_gone_could_not_be_looked_at(real: Path) -> None:
    (real / "data" / "archive").rename(real / "data" / "elsewhere")
    for command in (("archive", "verify"), ("doctor",)):
        found = _in(real, *command)
        assert found.code == 3
        assert "Traceback" not in found.err
