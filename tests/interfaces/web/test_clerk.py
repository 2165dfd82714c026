"""One invoice, all in the browser: posted, split, deducted, asked about, vouched for, returned with a reply."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.approval import acts
from einvoice.interfaces.web import due
from einvoice.store import people
from einvoice.store.tables import Invoice, Master, Outbox, Posting
from tests.interfaces.web.paying import NUMBERS, iban_confirmed, numbered
from tests.interfaces.web.town import Site, send, site, taken_in
from tests.parts import ROOT

MAIL = '\n[mail]\nhost = "127.0.0.1"\nsender = "rechnung@musterlippe.example"\n'


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def row(here: Site, number: int) -> Invoice:
    """An invoice as it stands."""
    with here.place.store.reading() as session:
        return session.exec(select(Invoice).where(Invoice.id == number)).one()


def booked(here: Site, number: int) -> list[tuple[Decimal | None, str | None, str | None]]:
    """Amount, account and cost centre of the postings of an invoice."""
    with here.place.store.reading() as session:
        query = select(Posting).where(Posting.invoice_id == number).order_by(col(Posting.position))
        return [(one.amount, one.account, one.cost_centre) for one in session.exec(query)]


def asking(here: Site, fields: dict[str, object]) -> None:
    """Lets Musterlippe ask for fields of postings, with some master data."""
    with here.place.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, "musterlippe")
        people.set_policy(work, town, "posting", {"fields": fields})
        rows = [
            Master(tenant_id=town.id or 0, kind="account", code=f"52{n:03}", text=f"Sache {n}")
            for n in range(120)
        ]
        work.add(*rows)
        work.session.flush()
        work.event("master-imported", rows[0], proves=rows[1:])


def test_postings_are_set_split_and_deducted_with_what_the_town_asks_for(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    asking(here, {"account": {"required": True, "master": True}, "cost_centre": {"required": True}})
    clerk, page = here.browser("clerk"), f"/invoice/{number}/posting"
    text = clerk.get(page).text
    assert text.count("fehlt") >= 4  # account and cost centre of both postings, beside their fields
    assert "Sachkonto (Pflichtfeld)" in text
    assert '<option value="52001">Sache 1</option>' in text
    assert "Sache 117" in clerk.get(page, params={"kind": "account", "q": "sache 117"}).text
    codes = clerk.get(f"/invoice/{number}/codes/account?p1-account=119").text
    assert re.findall(r'value="(\d+)"', codes) == ["52119"]
    wrong = send(clerk, page, act="set", **{"p1-budget_year": "26"})
    assert wrong.status_code == 422
    assert "vier Ziffern" in wrong.text
    assert (
        send(clerk, page, act="set", **{"p1-account": "99999", "p1-cost_centre": "4010"}).status_code == 303
    )
    assert "steht nicht in den Stammdaten" in clerk.get(page).text
    assert send(clerk, page, act="set", **{"p1-account": "52001", "p2-account": "52002"}).status_code == 303
    assert [account for _, account, _ in booked(here, number)] == ["52001", "52002"]
    halves = send(clerk, page, act="split", by="parts", parts="60% kst=4010\n40% kst=4020\n")
    assert halves.status_code == 303
    got = booked(here, number)
    assert sum(amount or Decimal() for amount, _, _ in got) == Decimal("506.20")
    assert {centre for _, _, centre in got} == {"4010", "4020"}
    uneven = send(clerk, page, act="split", by="parts", parts="60% kst=4010")
    assert uneven.status_code == 422
    assert "60,00" in uneven.text or "60.00" in uneven.text
    assert send(clerk, page, act="split", by="vat").status_code == 303
    assert len(booked(here, number)) == 2
    assert send(clerk, page, act="deduct", kind="cut", amount="10%", reason="").status_code == 409
    assert send(clerk, page, act="deduct", kind="cut", amount="6,20", reason="Schaden").status_code == 303
    assert row(here, number).approved == Decimal("500.00")
    assert send(clerk, page, act="take-back", which="2", reason="Ersatz kam").status_code == 303
    assert row(here, number).approved == Decimal("506.20")
    assert send(here.browser("audit"), page, act="propose").status_code == 409
    assert send(clerk, page, act="propose").status_code == 303


def test_what_happened_meanwhile_is_shown_and_nothing_done(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    confirmer, clerk = here.browser("confirmer"), here.browser("clerk")
    seen = re.search(r'name="version" value="(\w+)"', confirmer.get(f"/invoice/{number}").text)
    assert seen
    assert send(confirmer, f"/invoice/{number}", act="note", words="Bitte ansehen").status_code == 303
    assert send(clerk, f"/invoice/{number}/posting", act="set", **{"p1-account": "5400"}).status_code == 303
    for page, fields in (
        (f"/invoice/{number}", {"act": "confirm"}),
        (f"/invoice/{number}/posting", {"act": "set", "p1-account": "5500"}),
        (f"/invoice/{number}/return", {"act": "none", "reason": "falsch"}),
    ):
        late = send(confirmer, page, version=seen[1], **fields)
        assert late.status_code == 412, page
        assert "hat sich geändert" in late.text
        assert "kontiert</b>" in late.text or "kontiert · Klara Klerk" in late.text
    assert next(account for _, account, _ in booked(here, number)) == "5400"
    assert row(here, number).state == "routed"


def test_colleagues_are_asked_and_answer(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    page, clerk, second = f"/invoice/{number}", here.browser("clerk"), here.browser("second")
    other = here.actor("second").person_id
    assert send(clerk, page, act="ask", person="", words="Geliefert?").status_code == 422
    assert (
        send(clerk, page, act="ask", person=str(here.actor("other").person_id), words="?").status_code == 409
    )
    assert send(clerk, page, act="ask", person=str(other), words="Geliefert?").status_code == 303
    assert "Frage an Sie:" in second.get(page).text
    assert "Frage an Sie:" not in clerk.get(page).text
    assert send(second, page, act="answer", words="Ja, am 3.3.").status_code == 303
    assert "Ja, am 3.3." in clerk.get(page).text
    assert send(clerk, page, act="assign", person=str(other)).status_code == 303
    assert row(here, number).person_id == other


def test_two_persons_vouch_for_a_new_account(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    page, clerk, second = f"/invoice/{number}", here.browser("clerk"), here.browser("second")
    assert "Dieses Konto hat noch niemand bestätigt" in clerk.get(page).text
    assert send(clerk, page, act="iban", words="Rückruf").status_code == 422
    source = "Rückruf am 3.3. unter der Nummer aus dem Vertrag"
    assert send(clerk, page, act="iban", words=source).status_code == 303
    assert 'value="iban"' not in clerk.get(page).text
    assert source in second.get(page).text
    assert send(second, page, act="iban", words="Vertrag vom 1.2., Blatt 3").status_code == 303
    assert 'value="iban"' not in second.get(page).text


def test_an_invoice_goes_back_with_a_reply_that_a_person_has_read(tmp_path: Path) -> None:
    with site(tmp_path, MAIL) as here:
        number = numbered(here, "RE-2026-0815")
        page, confirmer = f"/invoice/{number}/return", here.browser("confirmer")
        asked = {"reason": "Bestellung <b>unbekannt</b>", "reply_in": "en"}
        text = confirmer.get(page, params=asked).text
        assert "Your invoice RE-2026-0815: returned" in text
        assert "Reason: Bestellung &lt;b&gt;unbekannt&lt;/b&gt;" in text
        reply = {**asked, "subject": "Your invoice", "text": "Dear Sir,\r\nplease see <above>."}
        saved = send(confirmer, f"{page}?reason=x", page, act="save", **reply)
        assert saved.text == "Your invoice\n\nDear Sir,\nplease see <above>."
        assert saved.headers["content-disposition"].startswith("attachment;")
        assert row(here, number).state == "routed"
        nobody = send(confirmer, f"{page}?reason=x", page, act="send", **reply)
        assert nobody.status_code == 409
        assert "please see &lt;above&gt;." in nobody.text
        assert (
            send(
                here.browser("audit"), f"{page}?reason=x", page, act="draft", to="a@b.example", **reply
            ).status_code
            == 409
        )
        assert send(confirmer, f"{page}?reason=x", page, act="draft", to="kein", **reply).status_code == 409
        assert (
            send(confirmer, f"{page}?reason=x", page, act="draft", to="a@b.example", **reply).status_code
            == 303
        )
        with here.place.store.reading() as session:
            out = session.exec(select(Outbox).where(Outbox.invoice_id == number)).one()
        assert (out.state, out.recipient) == ("draft", "a@b.example")
        assert (out.content or {})["text"] == "Dear Sir,\nplease see <above>."
        assert "please see &lt;above&gt;." in (out.content or {})["html"]
        assert row(here, number).state == "returned"
        back = send(confirmer, f"/invoice/{number}", act="undo", words="Irrtum")
        assert back.status_code == 303
        assert row(here, number).state == "routed"


def test_a_rejected_invoice_goes_back_without_mail(here: Site) -> None:
    wrong = (ROOT / "samples" / "08-falsche-summe.xml").read_text("utf-8")
    leitweg = re.search(r"BuyerReference>([^<]+)<", (ROOT / "samples" / "01-skonto.xml").read_text("utf-8"))
    assert leitweg
    ours = re.sub(r"BuyerReference>[^<]+<", f"BuyerReference>{leitweg[1]}<", wrong, count=1)
    (here.place.workplace.inbox / "falsch.xml").write_text(ours, "utf-8")
    taken_in(here.place)
    with here.place.store.reading() as session:
        mine = select(Invoice.id).where(Invoice.state == "rejected", col(Invoice.tenant_id).is_not(None))
        number = session.exec(mine).one() or 0
    page, confirmer = f"/invoice/{number}/return", here.browser("confirmer")
    text = confirmer.get(page, params={"reason": "Summen"}).text
    assert "BR-CO-" in text
    assert "versendet keine Mail" in text
    assert send(confirmer, f"{page}?reason=x", page, act="none", reason="Summen").status_code == 303
    assert row(here, number).state == "returned"


def test_what_presses_today_is_done_at_once_with_a_result_for_each(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "today", lambda: date(2026, 3, 12))
    first, second = (numbered(here, one) for one in NUMBERS)
    iban_confirmed(here, first)
    confirmer = here.browser("confirmer")
    text = confirmer.get("/due").text
    assert "Heute anordnen: 1. Das spart 10,12" in text
    assert "× 2,00" in text
    assert "Diese heute bestätigen" in text
    assert "Das spart" not in here.browser("other").get("/due?show=all").text
    work = confirmer.get("/work").text
    picks = re.findall(r'name="pick" value="(\d+:\w+)"', work)
    assert {int(one.partition(":")[0]) for one in picks} == {first, second}
    acts.hold(here.place.store, here.actor("second"), second, "Rückfrage")
    token = confirmer.token("/account")
    done = confirmer.post("/work", data={"csrf": token, "act": "confirm", "pick": [*picks, "98765:x", "?"]})
    assert "1 von 4 erledigt" in done.text
    assert "hat sich geändert" in done.text
    assert done.text.count("gibt es nicht") == 2
    assert (row(here, first).state, row(here, second).state) == ("confirmed", "held")
    assert confirmer.post("/work", data={"csrf": token, "act": "note", "pick": picks}).status_code == 422
