"""What decides which invoices pass, and that a town is gone, takes two persons wherever there are two."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from einvoice.approval.agreeing import asked
from einvoice.approval.changes_agreed import agreed
from einvoice.approval.persons import Actor
from einvoice.approval.proposals import decide, described
from einvoice.errors import ConfigurationError, Refused
from einvoice.pipeline import rules
from einvoice.pipeline.removing import act_of, remove
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.verify import verify
from tests.approval.demo import demo
from tests.interfaces.calls import call
from tests.validation.rulesets.test_rulesets import HOUSE, house

TOWN = "musterlippe"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Opened]:
    """A workplace that two persons administer."""
    with demo(tmp_path) as place:
        with place.store.writing(people.SERVICE) as work:
            for name in ("Ada Admin", "Bob Betreiber"):
                people.add_role(work, people.add_person(work, name, demo=True), None, "administrator")
        yield place


def who(here: Opened, name: str) -> Actor:
    with here.store.reading() as session:
        return Actor(people.demo_person(session, name).id or 0, name, True)


def takes_two(
    here: Opened, act: str, town: str | None, said: dict[str, str | None], do: Callable[[], object]
) -> None:
    """Refused alone, also for whoever proposed it; done once after the second agreed."""
    ada, bob = who(here, "Ada Admin"), who(here, "Bob Betreiber")
    with pytest.raises(Refused, match="second person"):
        do()
    row = asked(here.store, ada, act, town, said)
    assert row is not None
    with pytest.raises(Refused, match="second person"):
        do()
    with pytest.raises(Refused, match="two persons"):
        decide(here.store, ada, row.id or 0, True)
    with here.store.reading() as session:
        assert str(next(iter(said.values()))) in described(session, row)[0]
    decide(here.store, bob, row.id or 0, True)
    assert asked(here.store, ada, act, town, said) is None
    do()
    with pytest.raises((Refused, ConfigurationError)):
        do()


def test_rules_are_installed_used_and_removed_by_two(here: Opened, tmp_path: Path) -> None:
    ruleset = house(tmp_path / "town", HOUSE)
    by = people.SERVICE
    install = rules.said_of(ruleset, None)
    takes_two(
        here,
        f"rules install {ruleset.name}",
        TOWN,
        install,
        lambda: rules.install(here, ruleset, TOWN, None, by),
    )
    name = "en16931-1.3.16"
    day = today()
    takes_two(
        here, f"rules use {name}", None, {"since": day.isoformat()}, lambda: rules.use(here, name, day, by)
    )
    said: dict[str, str | None] = {"name": ruleset.name}
    takes_two(
        here, f"rules remove {ruleset.name}", TOWN, said, lambda: rules.remove(here, ruleset.name, TOWN, by)
    )
    assert verify(here.store, here.archive) == []


def test_a_town_is_removed_by_two(here: Opened) -> None:
    with here.store.reading() as session:
        act = act_of(people.tenant(session, TOWN).id or 0)
    takes_two(
        here,
        act,
        None,
        {"reason": "Vertrag beendet"},
        lambda: remove(here, TOWN, "Vertrag beendet", people.SERVICE),
    )
    assert verify(here.store, here.archive) == []


def test_a_town_that_is_gone_needs_no_agreement_any_more(
    here: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    with here.store.reading() as session:
        act = act_of(people.tenant(session, TOWN).id or 0)
    row = asked(here.store, who(here, "Ada Admin"), act, None, {"reason": "Ende"})
    assert row is not None
    decide(here.store, who(here, "Bob Betreiber"), row.id or 0, True)

    def changed(*_: object) -> None:
        with here.store.writing(people.SERVICE) as work:
            people.set_policy(work, None, f"agreed/{act}", {"reason": "anders"})

    monkeypatch.setattr("einvoice.pipeline.removing._sources_released", changed)
    assert remove(here, TOWN, "Ende", people.SERVICE).invoices > 0
    with here.store.reading() as session:
        assert agreed(session, None, act) is None


def test_the_command_proposes_and_does_it_after_the_second_agreed(here: Opened) -> None:
    said = (
        "tenant",
        "remove",
        TOWN,
        "--confirm",
        TOWN,
        "--because",
        "Ende",
        "--config",
        str(here.workplace.file),
    )
    assert "vorgeschlagen als Nr." in call(*said).out
    with here.store.reading() as session:
        assert people.tenant(session, TOWN)
    with here.store.reading() as session:
        from einvoice.approval.proposals import pending

        (row,) = pending(session)
    decide(here.store, who(here, "Bob Betreiber"), row.id or 0, True)
    assert "entfernt" in call(*said).out
    with opened(read_workplace(here.workplace.file)) as again:
        assert verify(again.store, again.archive) == []
