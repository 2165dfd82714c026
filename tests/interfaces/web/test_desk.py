"""My work and one invoice: who sees what, what each may do, and nothing unseen (W02–W04, W07, W16, W21)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.store.tables import Act, Event, Invoice, Payload
from einvoice.store.verify import verify
from tests.interfaces.web.bills import long_bill
from tests.interfaces.web.paying import iban_confirmed, numbered
from tests.interfaces.web.town import Browser, Site, site, taken_in

SECRETS = ("RE-2026-0815", "506,20", "DE19499999600123456789", "01-skonto")
"""What stands in the first invoice of Musterlippe."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def act(browser: Browser, number: int, what: str, words: str = "", version: str | None = None):  # type: ignore[no-untyped-def]
    """Does an act by the form of the page."""
    path = f"/invoice/{number}"
    text = browser.get(path).text
    found = re.search(r'name="version" value="(\w+)"', text)
    token = re.search(r'name="csrf" value="(\w+)"', text)
    fields = {"csrf": token[1] if token else "", "version": version or (found[1] if found else "")}
    return browser.post(path, data={**fields, "act": what, "words": words})


def test_my_work_is_what_waits_for_me(here: Site) -> None:
    assert "RE-2026-0815" in here.browser("confirmer").get("/work").text
    for actor in ("authoriser", "cash", "other", "operator", "nobody", "audit"):
        assert "RE-2026-0815" not in here.browser(actor).get("/work").text
    assert "RE-2026-0815" in here.browser("audit").get("/work?show=all").text


def test_search_finds_number_supplier_and_amount_in_one_s_own_towns(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")

    def finds(actor: str, words: str) -> bool:
        text = here.browser(actor).get("/work", params={"show": "all", "q": words}).text
        return f'href="/invoice/{number}"' in text

    with here.place.store.reading() as session:
        gross = session.exec(select(Invoice).where(Invoice.id == number)).one().gross
    for words in ("RE-2026-0815", "werre", f"{gross:f}".replace(".", ","), "re-2026 werre", ""):
        assert finds("audit", words), words
        assert not finds("other", words), words
    assert not any(finds("audit", words) for words in ("%", "_E-2026-0815", "werre beispielhausen"))


def test_of_a_huge_invoice_the_first_lines_come_and_those_with_findings(here: Site) -> None:
    whole = long_bill("LANG-1", 3)
    head, line, rest = whole.partition("<cbc:ID>250</cbc:ID>")
    assert "1.00</cbc:PriceAmount>" in rest
    wrong = rest.replace("1.00</cbc:PriceAmount>", "-1.00</cbc:PriceAmount>", 1)
    (here.place.workplace.inbox / "lang.xml").write_text(f"{head}{line}{wrong}", "utf-8")
    taken_in(here.place)
    audit, page = here.browser("audit"), f"/invoice/{numbered(here, 'LANG-1')}"
    short, every = audit.get(page).text, audit.get(page, params={"lines": "all"}).text
    assert (short.count('<th scope="row"'), every.count('<th scope="row"')) == (202, 301)  # one of VAT
    assert "300, davon 201 hier" in short
    assert '<a href="?lines=all">Alle 300 Zeilen zeigen</a>' in short
    assert short.count("BR-27") == every.count("BR-27") >= 2
    assert "davon" not in every


def test_another_town_s_invoice_is_not_there(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    for actor in ("other", "operator", "nobody"):
        browser = here.browser(actor)
        for path in ("", "/original", "/original.pdf", "/attachment/1"):
            real, never = browser.get(f"/invoice/{number}{path}"), browser.get(f"/invoice/987654{path}")
            assert (real.status_code, never.status_code) == (404, 404)
            assert real.text.replace(f"/invoice/{number}", "") == never.text.replace("/invoice/987654", "")
            assert not [one for one in SECRETS if one in real.text]
        token = browser.token("/account")
        for unknown in (number, 987654):
            fields = {"csrf": token, "act": "confirm", "version": "x"}
            assert browser.post(f"/invoice/{unknown}", data=fields).status_code == 404
    with here.place.store.reading() as session:
        assert session.exec(select(Act)).all() == []


def test_one_confirms_another_authorises_and_each_look_is_an_event(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    assert act(here.browser("authoriser"), number, "authorise").status_code == 409
    assert act(here.browser("audit"), number, "confirm").status_code == 409
    iban_confirmed(here, number)
    confirmer = here.browser("confirmer")
    assert act(confirmer, number, "confirm").headers["location"] == f"/invoice/{number}?done=confirm"
    assert act(confirmer, number, "authorise").status_code == 409
    assert act(here.browser("authoriser"), number, "authorise").status_code == 303
    with here.place.store.reading() as session:
        assert session.exec(select(Invoice.state).where(Invoice.id == number)).one() == "authorised"
        looks = session.exec(
            select(Event, Payload)
            .join(Payload, (Payload.chain == Event.chain) & (Payload.sequence == Event.sequence))  # type: ignore[arg-type]
            .where(Event.kind == "looked")
        ).all()
        assert {(event.chain, event.subject) for event, _ in looks} == {
            ("tenant/000001", f"invoice/{number}")
        }
        assert {(payload.content or {})["at"] for _, payload in looks} == {"page"}
    assert verify(here.place.store, here.place.archive) == []


def test_what_has_changed_is_not_confirmed(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    first, second = here.browser("confirmer"), here.browser("second")
    seen = re.search(r'name="version" value="(\w+)"', first.get(f"/invoice/{number}").text)
    assert seen
    assert act(second, number, "hold", "Rückfrage").status_code == 303
    late = act(first, number, "confirm", version=seen[1])
    assert late.status_code == 412
    assert "zurückgestellt" in late.text
    assert act(first, number, "release", "").status_code == 409


def test_of_many_clicks_at_once_one_counts(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    browsers = [here.browser("confirmer") for _ in range(6)]
    for one in browsers:
        one.get(f"/invoice/{number}")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda one: act(one, number, "confirm").status_code, browsers))
    assert answers.count(303) == 1
    assert set(answers) <= {303, 409, 412}
    with here.place.store.reading() as session:
        kinds = session.exec(select(Act.kind).order_by(col(Act.id))).all()
    assert sorted(kinds) == ["confirm-arithmetic", "confirm-factual"]


def test_fields_nobody_offers_change_nothing(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    with here.place.store.reading() as session:
        before = session.exec(select(Invoice).where(Invoice.id == number)).one().model_dump()
    browser = here.browser("confirmer")
    path = f"/invoice/{number}"
    text = browser.get(path).text
    version = re.search(r'name="version" value="(\w+)"', text)
    assert version
    more = dict.fromkeys(before, "1") | {"is_admin": "true", "tenant": "beispielhausen"}
    fields = {"csrf": browser.token(path), "version": version[1], "act": "note", "words": "Notiz"}
    assert browser.post(path, data={**more, **fields}).status_code == 303
    with here.place.store.reading() as session:
        assert session.exec(select(Invoice).where(Invoice.id == number)).one().model_dump() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"content-type": "text/plain"},
        {"content-type": "application/json"},
    ],
)
def test_no_act_comes_from_elsewhere(here: Site, headers: dict[str, str]) -> None:
    number = numbered(here, "RE-2026-0815")
    browser = here.browser("confirmer")
    token = browser.token(f"/invoice/{number}")
    body = f"csrf={token}&act=note&version=x&words=y"
    plain = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post(f"/invoice/{number}", content=body, headers={**plain, **headers}).status_code == 403
    assert browser.post(f"/invoice/{number}", data={"act": "note", "version": "x"}).status_code == 403
    stranger = here.browser("second").token("/account")
    assert browser.post(f"/invoice/{number}", data={"csrf": stranger, "act": "note"}).status_code == 403
    with here.place.store.reading() as session:
        assert session.exec(select(Act)).all() == []


def test_pages_go_on_from_a_key(here: Site) -> None:
    from einvoice.approval.listing import Wish, listed
    from einvoice.approval.sight import Sight
    from einvoice.rulebook.releases import today

    eyes = Sight(0, tenants=frozenset({1, 2}))
    with here.place.store.reading() as session:
        whole = [row.invoice.id for row in listed(session, eyes, Wish(), today()).rows]
        assert len(whole) > 2
        after, seen = "", []
        while after is not None:
            part = listed(session, eyes, Wish(after=after, size=1), today())
            seen += [row.invoice.id for row in part.rows]
            after = part.after  # type: ignore[assignment]
    assert seen == whole
