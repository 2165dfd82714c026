"""The operator sees states, counts, ids and errors of a town, no content; a town's person nothing of another town.

Each command that lists or shows is asked; none may say a word of what stands in the invoices.
"""

import shutil
from pathlib import Path
from unittest import mock

import pytest
from sqlmodel import select

from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Event
from tests.interfaces.calls import Result, call, rows
from tests.interfaces.test_help import GROUPS
from tests.parts import ROOT

MARKERS = (
    "RE-2026-0815",
    "Werre",
    "606.20",
    "606,20",
    "DE19499999600123456789",
    "01-skonto",
    "GS-2026-0031",
    "297.50",
)
"""What stands in the invoices and in the names of their files."""

CLERK, OTHER, NOBODY = "engel", "fuchs", "niemand"

TOWNS = """
[[tenant]]
name = "musterlippe"
title = "Stadt Musterlippe"
leitweg = ["05766999*"]
duplicates = { payees = ["Lippe-Factoring AG"] }
[[tenant]]
name = "beispielhausen"
title = "Gemeinde Beispielhausen"
leitweg = ["05758998*"]
[[tenant]]
name = "testfurt"
title = "Kreis Testfurt"
leitweg = ["05799*"]
"""

LOOKING = [
    ("inbox", "list"),
    ("inbox", "show", "1"),
    ("outbox", "list"),
    ("outbox", "show", "1"),
    ("batch", "list"),
    ("batch", "show", "1"),
    ("archive", "verify"),
    ("archive", "export", "{folder}", "--tenant", "musterlippe"),
    ("archive", "bundle", "1", "{folder}"),
    ("tenant", "list"),
    ("tenant", "show", "musterlippe"),
    ("tenant", "route", "1", "--explain"),
    ("user", "list"),
    ("approve", "list"),
    ("approve", "proposals"),
    ("approve", "voucher", "1"),
    ("due",),
    ("posting", "show", "1"),
    ("posting", "linked", "1"),
    ("posting", "retained"),
    ("posting", "standing-orders"),
    ("master", "list", "lieferanten", "--tenant", "musterlippe"),
    ("supplier", "list"),
    ("supplier", "show", "1"),
    ("doctor",),
    ("run",),
]
"""All commands that list or show what is in a workplace."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("real") / "place"
    assert call("init", str(home)).code == 0
    settings = home / "einvoice.toml"
    settings.write_text(settings.read_text().replace("quiet_seconds = 2", "quiet_seconds = 0"))
    (home / "towns.toml").write_text(TOWNS)
    _in(home, "tenant", "import", str(home / "towns.toml"))
    for account, town in ((CLERK, "musterlippe"), (OTHER, "beispielhausen")):
        _in(home, "user", "add", f"Person {account}", "--account", account)
        _in(home, "user", "role", account, "confirmer", "--tenant", town)
    for name in ("01-skonto.xml", "02-gutschrift.xml", "08-falsche-summe.xml"):
        shutil.copyfile(ROOT / "samples" / name, home / "inbox" / name)
    first = _in(home, "run")
    assert first.code == 0, first.err
    assert not [word for word in MARKERS if word in first.out + first.err]
    return home


def _in(home: Path, *arguments: str, user: str | None = None, lang: str = "de") -> Result:
    if user is None:
        return call(*arguments, "--config", str(home), lang=lang)
    with mock.patch.object(people, "os_account", return_value=user):
        return call(*arguments, "--config", str(home), lang=lang)


def _said(home: Path, tmp_path: Path, command: tuple[str, ...], user: str | None) -> str:
    folder = tmp_path / "out"
    done = _in(home, *(part.format(folder=folder) for part in command), user=user)
    assert "Traceback" not in done.err
    written = [path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()]
    return "\n".join([done.out, done.err, *written])


@pytest.mark.parametrize("user", [None, OTHER, NOBODY])
@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_no_command_shows_another_s_content(
    real: Path, tmp_path: Path, command: tuple[str, ...], user: str | None
) -> None:
    said = _said(real, tmp_path, command, user)
    own = {"GS-2026-0031", "297.50", "Werre"} if user == OTHER else set()
    assert not [word for word in MARKERS if word in said and word not in own]


def test_every_command_that_lists_or_shows_is_among_them() -> None:
    asked = {command[:2] for command in LOOKING}
    every = {(name, inner) for name, found in GROUPS.items() for inner in found if inner in ("list", "show")}
    assert every - {("rules", "list")} <= asked


def test_the_operator_sees_that_it_is_there_and_what_broke(real: Path) -> None:
    listed = {row[0]: row for row in rows(_in(real, "inbox", "list"))}
    assert listed["1"][1:6] == ["", "", "", "Stadt Musterlippe", "offen"]
    rejected = next(number for number, row in listed.items() if row[5] == "abgelehnt")
    assert "error  BR-CO-" in _in(real, "inbox", "show", rejected).out


def test_a_town_s_person_sees_his_town(real: Path) -> None:
    assert [row[1] for row in rows(_in(real, "inbox", "list", user=CLERK))] == ["RE-2026-0815"]
    assert _in(real, "inbox", "show", "1", user=OTHER).code == 1
    assert _in(real, "inbox", "list", user=NOBODY).out.count("\n") == 1


def test_a_case_is_opened_for_a_time_and_each_look_is_an_event(real: Path) -> None:
    def looks() -> int:
        with opened(read_workplace(real / "einvoice.toml")) as here, here.store.reading() as session:
            found = session.exec(select(Event).where(Event.kind == "operator-looked")).all()
            assert {one.chain for one in found} <= {"tenant/000001"}
            return len(found)

    assert _in(real, "inbox", "open-to-operator", "1", "--until", "2099-01-01").code == 1
    assert _in(real, "inbox", "open-to-operator", "1", "--until", "2099-01-01", user=OTHER).code == 1
    assert looks() == 0
    assert _in(real, "inbox", "open-to-operator", "1", "--until", "2099-01-01", user=CLERK).code == 0
    shown = _in(real, "inbox", "show", "1")
    assert "dem Betreiber geöffnet" in shown.out
    assert looks() == 1
    assert "RE-2026-0815" in _in(real, "inbox", "list").out
    assert "GS-2026-0031" not in _in(real, "inbox", "list").out
    assert _in(real, "inbox", "open-to-operator", "1", "--until", "2020-01-01", user=CLERK).code == 0
    assert "RE-2026-0815" not in _in(real, "inbox", "list").out
    assert _in(real, "archive", "verify").code == 0
