"""The REST API (W20): tokens are bound, scoped, over at once; answers are those of the command line."""

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from sqlmodel import select

from einvoice.approval.access import tokens
from einvoice.store import people
from einvoice.store.tables import ApiToken, Event, Invoice
from tests.interfaces.calls import call
from tests.interfaces.web.paying import NUMBERS, authorised, numbered
from tests.interfaces.web.town import Browser, Site, site, taken_in
from tests.parts import ROOT

API = "/api/v1"
SAMPLE = ROOT / "samples" / "01-skonto.xml"
XML = {"content-type": "application/xml"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def token(here: Site, *scopes: str, actor: str = "confirmer", town: str = "musterlippe") -> str:
    with here.place.store.reading() as session:
        tenant = people.tenant(session, town)
        person, _ = here.who(session, actor)
    return tokens.make(here.place.store, person.id or 0, person.id or 0, tenant, "Test", scopes, 30)


def client(here: Site, *scopes: str, actor: str = "confirmer", town: str = "musterlippe") -> Browser:
    made = here.browser()
    made.headers["authorization"] = f"Bearer {token(here, *scopes, actor=actor, town=town)}"
    return made


CALLS = {
    "/invoices": "read",
    "/invoices/1": "read",
    "/invoices/1/report": "read",
    "/invoices/1/data": "read",
    "/invoices/1/original": "read",
    "/batches": "batches",
    "/batches/1": "batches",
    "/batches/1/exports/1": "batches",
    "/deliveries/1": "upload",
}


@pytest.mark.parametrize("path", CALLS)
def test_a_token_is_for_its_purpose_alone(here: Site, path: str) -> None:
    assert here.browser().get(API + path).status_code == 401
    assert here.browser("confirmer").get(API + path).status_code == 401  # a cookie counts nothing here
    for scope in tokens.SCOPES:
        answer = client(here, scope).get(API + path)
        assert (answer.status_code == 403) == (scope != CALLS[path]), (scope, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


def test_every_route_of_the_api_is_among_them(here: Site) -> None:
    described = here.browser().get(f"{API}/openapi.json").json()["paths"]
    asked = {path.replace("/1", "/{}") for path in CALLS}
    every = {re.sub(r"\{\w+\}", "{}", path) for path, methods in described.items() if "get" in methods}
    assert every == asked


def test_a_token_ends_at_once(here: Site) -> None:
    secret = token(here, "read")
    caller = here.browser()
    caller.headers["authorization"] = f"Bearer {secret}"
    assert caller.get(f"{API}/invoices").status_code == 200
    with here.place.store.reading() as session:
        row = session.exec(select(ApiToken)).one()
        assert secret not in str(row.model_dump())
    tokens.revoke(here.place.store, people.SERVICE, row.id or 0)
    assert caller.get(f"{API}/invoices").status_code == 401


def test_a_token_ends_with_its_time_and_with_its_person_s_roles(here: Site) -> None:
    with here.place.store.writing(people.SERVICE) as work:
        secret = token(here, "read", actor="other", town="beispielhausen")
        row = work.session.exec(select(ApiToken)).one()
        row.until = work.time
        work.session.add(row)
        work.event("token-ended", row)
    caller = here.browser()
    caller.headers["authorization"] = f"Bearer {secret}"
    assert caller.get(f"{API}/invoices").status_code == 401


def test_another_town_s_are_not_there(here: Site) -> None:
    number = numbered(here, "RE-2026-0815")
    other = client(here, "read", "batches", "upload", actor="other", town="beispielhausen")
    for path in (f"/invoices/{number}", f"/invoices/{number}/report", f"/invoices/{number}/data"):
        real, never = other.get(API + path), other.get(API + path.replace(str(number), "98765"))
        assert real.status_code == 404
        assert real.text == never.text
    assert "RE-2026-0815" not in other.get(f"{API}/invoices").text
    assert "RE-2026-0815" in client(here, "read").get(f"{API}/invoices").text


def test_what_is_handed_in_is_durable_and_once(here: Site) -> None:
    caller = client(here, "upload", "read")
    sent = {**XML, "idempotency-key": "a-1"}
    data = SAMPLE.read_bytes().replace(b"RE-2026-0815", b"RE-2026-9999")
    first = caller.post(f"{API}/deliveries?name=neu.xml", content=data, headers=sent)
    again = caller.post(f"{API}/deliveries?name=neu.xml", content=data, headers=sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["delivery"] == first.json()["delivery"]
    assert again.json()["known"] is True
    state = caller.get(first.json()["status"]).json()
    assert (state["state"], state["invoices"]) == ("stored", [])
    receipt = here.browser("nobody").get(first.json()["receipt"])
    assert "noch nicht geprüft" in receipt.text
    taken_in(here.place)
    state = caller.get(first.json()["status"]).json()
    assert [one["verdict"] for one in state["invoices"]] == ["accepted"]
    number = state["invoices"][0]["invoice"]
    with here.place.store.writing(people.SERVICE) as work:  # as a retained sum that was released stands there
        mine = work.session.get_one(Invoice, number).model_dump(exclude={"id"})
        claim = Invoice(**mine | {"position": -1})
        work.add(claim)
        work.session.flush()
        work.event("retention-claimed", claim)
    assert caller.get(first.json()["status"]).json()["invoices"] == state["invoices"]
    assert caller.get(f"{API}/invoices/{number}").json()["number"] == "RE-2026-9999"
    assert caller.get(f"{API}/invoices/{number}/original").content == data
    said = caller.get(f"{API}/invoices/{number}/data").json()
    assert said["invoice"]["number"] == "RE-2026-9999"
    assert here.browser().get(f"/receipt/{'A' * 43}").status_code == 404
    with here.place.store.reading() as session:
        looks = session.exec(select(Event).where(Event.kind == "looked")).all()
    assert len(looks) == 3


def test_validate_says_what_the_command_says(here: Site, tmp_path: Path) -> None:
    import json

    file = ROOT / "samples" / "08-falsche-summe.xml"
    ours = here.browser().post("/validate", content=file.read_bytes(), headers=XML)
    assert ours.status_code == 200, ours.text
    spoken = json.loads(call("validate", str(file), "--format", "json").out)
    for one in (ours.json()[0], spoken[0]):
        for moving in ("file", "milliseconds"):
            one.pop(moving)
    assert ours.json()[0]["verdict"] == "rejected"
    assert {f["rule"] for f in ours.json()[0]["findings"]} == {f["rule"] for f in spoken[0]["findings"]}
    kosit = here.browser().post(
        f"{API}/validate", content=file.read_bytes(), headers={**XML, "accept": "application/xml"}
    )
    root = etree.parse(io.BytesIO(kosit.content)).getroot()
    assert root.tag.endswith("}report")
    assert root.find(".//{*}reject") is not None
    none = here.browser().post("/validate", content=b"<a/>", headers={**XML, "accept": "text/csv"})
    assert none.status_code == 406


def test_bodies_that_are_none(here: Site) -> None:
    caller = client(here, "upload")
    url = f"{API}/deliveries"
    assert caller.post(url, content=b"", headers=XML).status_code == 422
    assert caller.post(url, content=b"x", headers={"content-type": "text/html"}).status_code == 415
    assert caller.post(url, data={"a": "b"}).status_code == 415
    assert caller.post(url, files={"other": b"x"}).status_code == 422
    assert caller.post(url, files={"file": ("../../x.xml", SAMPLE.read_bytes())}).status_code == 201


def test_problems_speak_the_caller_s_language(here: Site) -> None:
    german, english = (here.browser(lang=lang).get(f"{API}/invoices").json() for lang in ("de", "en"))
    assert german["title"] == "Bitte anmelden"
    assert english["title"] == "Please sign in"


def test_a_program_of_the_cash_office_pays_what_is_authorised(here: Site) -> None:
    """Built, closed, exported, fetched; only for whom the role allows it, and only what fits."""
    authorised(here, *NUMBERS)
    url = f"{API}/batches"
    cash, reader = client(here, "batches", "cash", actor="cash"), client(here, "read", actor="cash")
    for other in (reader, client(here, "batches", actor="cash")):
        assert other.post(url, json={}).status_code == 403
    assert client(here, "cash", actor="confirmer").post(url, json={}).status_code == 409
    assert cash.post(url, json={"due_until": "gestern"}).status_code == 422
    assert cash.post(url, json={"supplier": "gibt es nicht"}).status_code == 409
    made = cash.post(url, json={"most": "1000.00", "title": "Juni"})
    assert (made.status_code, made.json()["rows"], made.json()["state"]) == (201, 1, "open"), made.text
    one = f"{url}/{made.json()['batch']}"
    assert cash.post(f"{one}/exports", json={"format": "csv"}).status_code == 409
    assert client(here, "cash", actor="other", town="beispielhausen").post(f"{one}/close").status_code == 404
    assert cash.post(f"{one}/close").json()["total"] == "506.20"
    assert cash.post(f"{one}/close").status_code == 409
    assert cash.post(f"{one}/exports", json={"format": "nix"}).status_code == 422
    assert cash.post(f"{one}/exports", json={"format": "datev-xml"}).status_code == 409
    first = cash.post(f"{one}/exports", json={"format": "csv"}).json()
    assert cash.post(f"{one}/exports", json={"format": "csv"}).json() == first
    got = cash.get(f"{one}/exports/{first[0]['export']}")
    assert hashlib.sha256(got.content).hexdigest() == first[0]["sha256"]
    whole = cash.get(one).json()
    assert (whole["state"], whole["exports"]) == ("exported", first)
