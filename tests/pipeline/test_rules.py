"""Rule sets in a workplace: installed all or nothing, each change an event, and a town's house rules in the run."""

import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.errors import Refused, RulebookError
from einvoice.pipeline import rules
from einvoice.pipeline.house import release_options
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Event, Invoice, Policy, Report
from einvoice.validation.rulesets.installed import read_index
from einvoice.validation.rulesets.package import read_ruleset
from einvoice.validation.stages import release_of
from tests.pipeline.place import SAMPLE, demo, differences, end_state, once
from tests.validation.rulesets import fictitious
from tests.validation.rulesets.test_rulesets import HOUSE, house

NEVER = HOUSE.replace("stated(invoice.order_reference)", "not invoice.number").partition("fails")[0] + (
    'fails = [{ "BT-20" = false }]\n'
)
"""House rules that every invoice breaks."""


def install(folder: Path, text: str, since: date | None = None) -> int:
    """Installs house rules of musterlippe."""
    with opened(read_workplace(folder / "einvoice.toml")) as place:
        return rules.install(place, house(folder / "town", text), "musterlippe", since, people.SERVICE)


def decide(folder: Path, **ids: list[str]) -> None:
    """Sets musterlippe's policy on findings."""
    with (
        opened(read_workplace(folder / "einvoice.toml")) as place,
        place.store.writing(people.SERVICE) as work,
    ):
        people.set_policy(work, people.tenant(work.session, "musterlippe"), "findings", ids)


def invoice(folder: Path) -> tuple[Invoice, list[Report]]:
    """The one invoice, and its reports."""
    with (
        closing(Store(read_workplace(folder / "einvoice.toml").store_url)) as store,
        store.reading() as session,
    ):
        (row,) = session.exec(select(Invoice)).all()
        return row, list(session.exec(select(Report).order_by(col(Report.id))))


DECISIONS = [
    ({}, "routed", None),
    ({"hold": ["EI-HOUSE-ORDER"]}, "held", {"code": "policy", "rules": ["EI-HOUSE-ORDER"]}),
    ({"reject": ["EI-HOUSE-ORDER"]}, "rejected", {"code": "policy", "rules": ["EI-HOUSE-ORDER"]}),
    ({"reject": ["EI-HOUSE-OTHER"]}, "routed", None),
]


@pytest.mark.parametrize(("ids", "state", "reason"), DECISIONS)
def test_house_rules_speak_and_only_the_policy_decides(
    tmp_path: Path, ids: dict[str, list[str]], state: str, reason: object
) -> None:
    place = demo(tmp_path, SAMPLE)
    assert install(place, NEVER) == 3
    decide(place, **ids)
    assert once(place).problems == []
    row, reports = invoice(place)
    assert (row.verdict, row.state, row.reason) == ("accepted", state, reason)
    said = (reports[-1].content or {})["report"]
    assert "EI-HOUSE-ORDER" in {one["rule"] for one in said["findings"]}
    assert (said["verdict"], said["rules"][-1]["name"]) == ("accepted", "house")
    assert differences(place) == []


@pytest.mark.parametrize("days", [1, -1])
def test_house_rules_are_in_force_from_their_day(tmp_path: Path, days: int) -> None:
    place = demo(tmp_path, SAMPLE)
    install(place, NEVER, today() + timedelta(days=days))
    once(place)
    rows = (invoice(place)[1][-1].content or {})["report"]["findings"]
    assert any(one["rule"] == "EI-HOUSE-ORDER" for one in rows) is (days < 0)


def test_house_rules_judge_until_those_that_follow_them_begin(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    install(place, NEVER, today() - timedelta(days=1))
    install(place, HOUSE, today() + timedelta(days=30))
    once(place)
    rows = (invoice(place)[1][-1].content or {})["report"]["findings"]
    assert any(one["rule"] == "EI-HOUSE-ORDER" for one in rows)


def test_house_rules_that_cost_too_much_are_unchecked_for_that_town_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = demo(tmp_path, SAMPLE)
    install(place, NEVER.replace('"not invoice.number"', '"not any(a.id for a in invoice.lines)"'))
    monkeypatch.setattr(sys.modules["einvoice.rulebook.house"], "STEPS", 1)
    monkeypatch.setattr(sys.modules["einvoice.rulebook.house"], "_kept", {})
    once(place)
    row, _ = invoice(place)
    assert (row.verdict, row.state, (row.reason or {})["code"]) == ("accepted", "held", "house-unchecked")


def test_each_change_is_an_event_of_the_towns_chain_and_names_the_person(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    install(place, HOUSE)
    with pytest.raises(Refused, match="installed already, exactly so"):
        install(place, HOUSE)
    install(place, NEVER)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        with pytest.raises(Refused, match="No rule set town is installed"):
            rules.remove(here, "town", None, people.SERVICE)
        rules.remove(here, "town", "musterlippe", people.SERVICE)
        index = read_index(here.workplace.rules)
        assert [one.until is None for one in index.sets] == [False, False]
        with here.store.reading() as session:
            events = session.exec(select(Event).where(col(Event.kind).startswith("rules-"))).all()
            kept = session.exec(select(Policy).where(col(Policy.name).startswith("rules/"))).all()
    assert [(event.kind, event.chain) for event in events] == [
        ("rules-installed", "tenant/000001"),
        ("rules-installed", "tenant/000001"),
        ("rules-removed", "tenant/000001"),
    ]
    assert {event.actor_id for event in events} == {people.SERVICE}
    assert [(row.value or {})["files"]["order.toml"] for row in kept] == [HOUSE, NEVER]
    assert differences(place) == []


def test_what_does_not_hold_is_not_installed(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    with pytest.raises(RulebookError, match="does not break"):
        install(place, HOUSE.replace('"stated', '"not stated'))
    assert not (place / "data" / "rules").exists()


def test_the_folder_of_rules_is_made_again_from_the_store(tmp_path: Path) -> None:
    import shutil

    place = demo(tmp_path, SAMPLE)
    install(place, HOUSE)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        before = read_index(here.workplace.rules)
        shutil.rmtree(here.workplace.rules)
        assert rules.refresh(here) == before == read_index(here.workplace.rules)
        assert Path(before.sets[0].folder, "order.toml").read_text("utf-8") == HOUSE


KILLED = """
import os, sys
from pathlib import Path
from einvoice.pipeline import rules
from tests.pipeline.test_rules import HOUSE, install
def die(*_):
    os._exit(9)
{0}
install(Path(sys.argv[1]), HOUSE)
"""


@pytest.mark.parametrize(
    ("where", "there"),
    [("rules._retire = die", 0), ("rules.lay_down = die", 1)],
)
def test_a_kill_leaves_all_or_nothing(tmp_path: Path, where: str, there: int) -> None:
    place = demo(tmp_path, SAMPLE)
    ran = subprocess.run([sys.executable, "-c", KILLED.format(where), str(place)], check=False)
    assert ran.returncode == 9
    with opened(read_workplace(place / "einvoice.toml")) as here:
        assert len(rules.refresh(here).sets) == there
    assert differences(place) == []


def test_a_release_by_name_is_used_from_a_day_on(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        rules.use(here, "en16931-1.3.16", today() - timedelta(days=2), people.SERVICE)
        rules.use(here, "kosit-2026-01-31", today() + timedelta(days=2), people.SERVICE)
    once(place)
    ran = (invoice(place)[1][0].content or {})["report"]["rules"]
    assert ran[0]["version"] == "1.3.16"


def test_a_release_judges_until_the_one_of_its_name_that_follows_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proving a release is tested beside the language; here only its days count."""
    monkeypatch.setattr(rules, "prove", lambda *_: 0)
    past, to_come = today() - timedelta(days=1), today() + timedelta(days=30)
    with opened(read_workplace(demo(tmp_path, SAMPLE) / "einvoice.toml")) as here:
        for day in (past, to_come):
            package = fictitious.release(tmp_path / str(day))
            head = package / "releases" / f"{fictitious.NAME}.toml"
            head.write_text(head.read_text("utf-8").replace("2027-01-31", str(day)), "utf-8")
            rules.install(here, read_ruleset(package), None, None, people.SERVICE)
        days = (today(), to_come - timedelta(days=1), to_come)
        judging = [release_of(release_options(here, day)) for day in days]
    assert {one.name for one in judging} == {fictitious.NAME}
    assert [one.since for one in judging] == [past, past, to_come]


def test_what_a_wrong_clock_received_before_the_first_release_is_judged_by_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("einvoice.store.times.utc_now", lambda: "2019-03-01T10:00:00.000000Z")
    folder = demo(tmp_path, SAMPLE)
    assert once(folder).problems == []
    assert end_state(folder)["payable"] == ["RE-2026-0815"]
