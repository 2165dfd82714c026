"""Returning with a reply: what it says and what it never says, to whom it may go, what a template cannot do."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval import acts
from einvoice.approval.persons import Actor, actor
from einvoice.errors import ConfigurationError, Refused, UsageError
from einvoice.intake.returns import checked_settings, filled
from einvoice.pipeline.returning import give_back, letter
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Invoice, Outbox, Person, Role
from tests.interfaces.calls import call
from tests.pipeline.mailbox import at
from tests.pipeline.place import differences, once
from tests.pipeline.test_answers import BROKEN, answering, arrive

CLERK = "Sabine Sander"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workplace with one rejected invoice that came by a proved mail; a clerk's secret note is on it."""
    made = answering(tmp_path, 9, "off")
    arrive(made, "eins", ("rechnung.xml", BROKEN))
    assert once(made).problems == []
    with at(made) as here:
        acts.note(here.store, who(here), 1, "INTERN: Lieferant ist unzuverlässig")
    return made


def who(here: Opened) -> Actor:
    with here.store.reading() as session:
        demo = people.installation(session).demo
    if demo:
        return actor(here.store, CLERK)
    found = actor(here.store)
    with here.store.writing(people.SERVICE) as work:
        held = work.session.exec(
            select(Role).where(Role.person_id == found.person_id, Role.role == "confirmer")
        )
        if held.first() is None:
            person = work.session.get_one(Person, found.person_id)
            people.add_role(work, person, people.tenant(work.session, "musterlippe"), "confirmer")
    return found


def outbox(here: Opened) -> list[Outbox]:
    with here.store.reading() as session:
        return list(session.exec(select(Outbox).where(Outbox.invoice_id == 1)))


def test_the_reply_tells_the_findings_and_nothing_of_ours(place: Path) -> None:
    with at(place) as here:
        made = letter(here, 1, "Bitte mit gültigem Datum")
        english = letter(here, 1, "with a valid date, please", "en")
        assert made.recipient == "rechnung@muster.example"
        assert "Bitte mit gültigem Datum" in made.words.text
        assert "[EI-XSD]" in made.words.text or "BR-" in made.words.text
        assert "INTERN" not in made.words.text + made.words.html
        assert english.words.text.startswith("Dear Sir or Madam")
        number = give_back(here, who(here), 1, "Bitte mit gültigem Datum", made, None, send=False)
        (row,) = outbox(here)
        assert (row.id, row.state, row.recipient) == (number, "draft", "rechnung@muster.example")
        assert (row.content or {})["fields"]["In-Reply-To"] == "<eins@muster.example>"
        with here.store.reading() as session:
            assert session.get_one(Invoice, 1).state == "returned"
    assert differences(place) == []


def test_undoing_discards_the_draft(place: Path) -> None:
    with at(place) as here:
        give_back(here, who(here), 1, "x", letter(here, 1, "x"), None, send=True)
        acts.undo(here.store, who(here), 1, "Irrtum")
        assert [row.state for row in outbox(here)] == ["discarded"]
        with here.store.reading() as session:
            assert session.get_one(Invoice, 1).state == "rejected"
        give_back(here, who(here), 1, "y", letter(here, 1, "y"), None, send=False)
        assert [row.state for row in outbox(here)] == ["discarded", "draft"]
    assert differences(place) == []


def test_without_an_address_nothing_is_done(place: Path) -> None:
    with at(place) as here:
        nobody = replace(letter(here, 1, "x"), recipient=None)
        with pytest.raises(Refused, match="--to"):
            give_back(here, who(here), 1, "x", nobody, None, send=True)
        with pytest.raises(Refused, match="no mail address"):
            give_back(here, who(here), 1, "x", nobody, "niemand", send=True)
        with here.store.reading() as session:
            assert session.get_one(Invoice, 1).state == "rejected"
        give_back(here, who(here), 1, "x", nobody, "buero@muster.example", send=True)
        assert [(row.state, row.recipient) for row in outbox(here)] == [("ready", "buero@muster.example")]


HOSTILE = [
    ("{{ ''.__class__.__mro__ }}", "security|unsafe|undefined|has no attribute"),
    ("{{ unknown }}", "unknown"),
    ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "too long"),
    ("{{ 'x' * 300000 }}", "characters"),
    ("{% include '/etc/passwd' %}", "no loader|cannot be filled"),
    ("{{ findings.append(1) }}", "unsafe|cannot be filled"),
    ("{{ 1/0 }}", "zero"),
    ("{% if %}", "cannot be filled"),
]


@pytest.mark.parametrize(("text", "said"), HOSTILE)
def test_a_template_can_do_no_harm(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einvoice.intake.returns._SECONDS", 0.5 if said == "too long" else 20.0)
    with pytest.raises(ConfigurationError, match=said) as caught:
        checked_settings({"de": {"text": text}})
    assert caught.value.de


@pytest.mark.parametrize(
    "table", [{"fr": {}}, {"de": {"body": "x"}}, {"de": {"text": "x" * 20_001}}, {"de": "x"}]
)
def test_settings_that_cannot_be_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="reply"):
        checked_settings(table)


def test_own_words_are_escaped_in_html() -> None:
    values = {"number": "<script>", "reason": "a & b"}
    made = filled(
        "de",
        values,
        {"subject": "S {{ number }}", "text": "{{ reason }}", "html": "<p>{{ number }}{{ text }}</p>"},
    )
    assert (made.text, made.html) == ("a & b", "<p>&lt;script&gt;a &amp; b</p>")


def test_the_command_shows_saves_and_returns(place: Path, tmp_path: Path) -> None:
    config = ("--config", str(place / "einvoice.toml"))
    with at(place) as here:
        acting = () if not who(here).demo else ("--as", CLERK)
    shown = call("approve", "return", "1", "--reason", "Datum fehlt", "--preview", *config, *acting)
    assert (shown.code, "Datum fehlt" in shown.out) == (0, True)
    saved = tmp_path / "replies"
    saved.mkdir()
    done = call(
        "freigabe", "zurückgeben", "1", "--reason", "Datum fehlt", "--save", str(saved), *config, *acting
    )
    assert done.code == 0
    assert "Datum fehlt" in (saved / "antwort-1.txt").read_text()
    assert call("approve", "return", "1", "--reason", "x", "--no-reply", "--send", *config, *acting).code == 2
