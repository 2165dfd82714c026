"""Who stands in for somebody acts in the browser as the commands let him; what somebody saw is what he agrees to;
numbers that no row can have are nowhere."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import event
from sqlmodel import select

from einvoice.approval import batches, deadlines, looks
from einvoice.approval.choosing import Choice, fitting
from einvoice.approval.proposals import decide, propose
from einvoice.interfaces.web import proposals
from einvoice.store import people
from einvoice.store.tables import Deputy, Event, Invoice, Person
from tests.interfaces.web.paying import authorised, numbered
from tests.interfaces.web.town import PERSONS, Site, send, site

SOURCE = "Rückruf am 3.3. unter der Nummer aus dem Vertrag"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Norbert Niemand, who has no role, stands in for the cash office and for a clerk of Musterlippe."""
    with site(tmp_path_factory.mktemp("standing")) as made:
        with made.place.store.writing(people.SERVICE) as work:
            number = {one.name: one.id or 0 for one in work.session.exec(select(Person))}
            for name in (PERSONS["cash"][0], PERSONS["clerk"][0]):
                row = Deputy(
                    tenant_id=1,
                    person_id=number[name],
                    deputy_id=number[PERSONS["nobody"][0]],
                    since="2020-01-01",
                    until="2099-12-31",
                )
                work.add(row)
                work.session.flush()
                work.event("deputy-given", row)
        yield made


def test_nobody_agrees_to_an_account_that_he_did_not_see_proposed(here: Site) -> None:
    number = numbered(here, "E-2026-0007")
    page, second = f"/invoice/{number}", here.browser("second")
    token = second.token(page)
    version = (
        send(second, page, act="iban", words="").text.partition('name="version" value="')[2].partition('"')[0]
    )
    form = {"csrf": token, "version": version, "act": "iban", "words": SOURCE}
    assert send(here.browser("clerk"), page, act="iban", words=SOURCE).status_code == 303
    told = second.post(page, data={**form, "proposal": ""})
    assert told.status_code == 412, told.text
    assert "es wurde nichts getan" in told.text
    shown = second.get(page).text.partition('name="proposal" value="')[2].partition('"')[0]
    assert shown
    assert second.post(page, data={**form, "version": "0_0", "proposal": shown}).status_code == 412
    assert second.post(page, data={**form, "proposal": shown}).status_code == 303


def test_a_deputy_acts_for_the_cash_office_and_a_clerk(here: Site) -> None:
    (number,) = authorised(here, "RE-2026-0815")
    other, deputy = numbered(here, "E-2026-0007"), here.browser("nobody")
    with here.place.store.reading() as session:
        town = people.tenant(session, "musterlippe")
        rows, _ = deadlines.pressing(session, town, date(2026, 3, 5), here.actor("nobody").person_id)
    assert number in {row.id for _, row, _ in rows}
    batch = batches.build(here.place.store, here.actor("nobody"), "musterlippe")
    page = f"/batches/{batch}"
    assert 'value="close"' in deputy.get(page).text
    assert 'value="close"' not in here.browser("clerk").get(page).text
    assert send(deputy, page, act="close").status_code == 303
    text = deputy.get(f"/invoice/{other}").text
    assert 'value="hold"' in text
    assert 'value="ask"' not in text
    assert 'value="set"' in deputy.get(f"/invoice/{other}/posting").text
    assert send(deputy, f"/invoice/{other}", act="hold", words="Rückfrage").status_code == 303
    assert send(deputy, f"/invoice/{other}", act="release", words="Geklärt").status_code == 303


@pytest.mark.parametrize(
    ("actor", "path"),
    [
        ("clerk", f"/invoice/{2**63}"),
        ("clerk", f"/invoice/{2**63}/posting"),
        ("clerk", f"/invoice/1/posting?first={2**63}"),
        ("clerk", f"/batches/{2**63}"),
        ("clerk", f"/batches/1?after={2**63}"),
        ("clerk", f"/batches?after={2**63}"),
        ("clerk", f"/proposals/{2**63}"),
        ("admin", f"/administration/persons/{2**63}"),
    ],
)
def test_numbers_that_no_row_has_are_nowhere(here: Site, actor: str, path: str) -> None:
    assert here.browser(actor).get(path).status_code in (404, 422)


def test_forged_numbers_of_forms_are_told(here: Site) -> None:
    clerk, page = here.browser("clerk"), f"/invoice/{numbered(here, 'E-2026-0007')}/posting"
    assert (
        send(clerk, page, act="set", **{"p²-account": "5230", f"p{10**30}-account": "5230"}).status_code
        == 303
    )
    assert send(clerk, page, act="take-back", which="²", reason="Irrtum").status_code == 422
    assert send(clerk, "/suppliers", account=str(10**30), act="withdraw", source="x").status_code == 404
    assert (
        send(here.browser("cash"), "/batches/1", act="take-out", pick=str(2**63), words="x").status_code
        == 422
    )


def test_what_waits_for_somebody_is_found_behind_what_does_not(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most urgent ones are others' to do: his come all the same; and it is said where more may be."""
    monkeypatch.setattr(deadlines, "MOST", 3)
    monkeypatch.setattr(deadlines, "_LOOKED", 30)
    like = numbered(here, "E-2026-0007")
    with here.place.store.writing(people.SERVICE) as work:
        said = work.session.exec(select(Invoice).where(Invoice.id == like)).one().model_dump(exclude={"id"})
        more = {"skonto_until": None, "state": "routed"}
        rows = [
            Invoice(
                **{
                    **said,
                    **more,
                    "position": 100 + n,
                    "due_date": f"2027-01-{n + 1:02}",
                    "round": n // 7 + 1,
                }
            )
            for n in range(9)
        ]
        work.number(*rows)
        work.insert(*rows)
        work.event("invoice-routed", rows[0], proves=rows[1:])
    last = [row.id for row in rows[7:]]
    monkeypatch.setattr(deadlines, "may", lambda session, person, row, run, day: row.round == 2)
    with here.place.store.reading() as session:
        town, day = people.tenant(session, "musterlippe"), date(2026, 12, 1)
        found, cut = deadlines.pressing(session, town, day, here.actor("confirmer").person_id)
        assert set(last) <= {row.id for _, row, _ in found}
        assert not cut
        assert deadlines.pressing(session, town, day)[1]


def test_proposals_of_other_towns_push_none_away(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "_SHOWN", 1)
    operator = here.actor("operator")
    mine = propose(here.place.store, operator, "policy", "answers", "musterlippe", {"mode": "draft"})
    for _ in range(11):
        row = propose(here.place.store, operator, "policy", "answers", "beispielhausen", {"mode": "draft"})
        decide(here.place.store, operator, row.id or 0, False)
    assert f"/proposals/{mine.id}" in here.browser("admin").get("/proposals?show=all").text


def test_a_look_at_accounts_is_an_event_of_each_town(here: Site) -> None:
    looks.at_administration(here.place.store, here.actor("second").person_id, "suppliers", 1, 2)
    with here.place.store.reading() as session:
        query = select(Event.chain).where(Event.kind == "administration-looked")
        assert {*session.exec(query)} >= {"tenant/000001", "tenant/000002"}


def test_the_first_of_what_fits_are_read_alone(here: Site) -> None:
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(here.place.store.engine, "before_cursor_execute", note)
    with here.place.store.reading() as session:
        fitting(session, people.tenant(session, "musterlippe"), Choice(), 1)
    event.remove(here.place.store.engine, "before_cursor_execute", note)
    assert "LIMIT" in next(one for one in asked if "FROM invoice" in one)
