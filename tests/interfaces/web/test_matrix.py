"""Every route as every actor (W01): a route that is not in the table fails; so does an answer that is not in it."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from einvoice.approval.proposals import propose
from einvoice.interfaces.web.application import application
from einvoice.store import people
from einvoice.store.tables import WebSession
from tests.interfaces.web.paying import exported
from tests.interfaces.web.town import PERSONS, Browser, Site, site

TOWN = ("clerk", "confirmer", "second", "authoriser", "cash", "audit", "admin")
"""Who has a role in Musterlippe, whose invoice 1 is."""

OUT = {"anonymous": 303, "expired": 303, "ended": 303, "half": 303, "enrolling": 303}
HERE = dict.fromkeys(PERSONS, 200)
ALL = {**dict.fromkeys(OUT, 200), **HERE}
ADMIN = {**OUT, **dict.fromkeys(PERSONS, 404), "admin": 200, "operator": 200}
"""Pages of administration: for who administers the installation or a town; the town of both is Musterlippe."""
OPERATOR = {**ADMIN, "admin": 404}
ELSEWHERE = {**OPERATOR}
"""What belongs to the other town: for the operator alone."""
OWN = {**OUT, **dict.fromkeys(PERSONS, 404), **dict.fromkeys(TOWN, 200)}

GETS: dict[str, dict[str, int]] = {
    "/": dict.fromkeys(ALL, 303),
    "/login": {**dict.fromkeys(OUT, 200), **dict.fromkeys(PERSONS, 303)},
    "/login/code": {**dict.fromkeys(ALL, 303), "half": 200},
    "/login/set-up": {**dict.fromkeys(ALL, 303), "enrolling": 200},
    "/welcome/{link}": dict.fromkeys(ALL, 404),
    "/language/{lang}": dict.fromkeys(ALL, 303),
    "/letters/{state}": dict.fromkeys(ALL, 303),
    "/account": {**OUT, **HERE},
    "/work": {**OUT, **HERE},
    "/due": {**OUT, **HERE},
    "/invoice/{number}": OWN,
    "/invoice/{number}/return": OWN,
    "/invoice/{number}/posting": OWN,
    "/invoice/{number}/codes/{dimension}": OWN,
    "/invoice/{number}/original": OWN,
    "/invoice/{number}/original.pdf": {**OWN, **dict.fromkeys(TOWN, 404)},
    "/invoice/{number}/attachment/{place}": {**OWN, **dict.fromkeys(TOWN, 404)},
    "/batches": {**OUT, **HERE},
    "/batches/new/{town}": OWN,
    "/batches/{number}": OWN,
    "/batches/{number}/files/{file}": OWN,
    "/batches/{number}/sheet": OWN,
    "/check": ALL,
    "/receipt/{link}": dict.fromkeys(ALL, 404),
    "/static/sheet.css": ALL,
    "/proposals": {**OUT, **HERE},
    "/proposals/{proposal}": ADMIN,
    "/suppliers": {**OUT, **HERE},
    "/administration": ADMIN,
    "/administration/condition": OPERATOR,
    "/administration/persons": ADMIN,
    "/administration/persons/{person}": ADMIN,
    "/administration/persons/{stranger}": ELSEWHERE,
    "/administration/towns": ADMIN,
    "/administration/towns/{town}": ADMIN,
    "/administration/towns/{other}": ELSEWHERE,
    "/administration/towns/{town}/policies": ADMIN,
    "/administration/towns/{town}/policies/{policy}": ADMIN,
    "/administration/towns/{other}/policies/{policy}": ELSEWHERE,
    "/administration/towns/{town}/exports": ADMIN,
    "/administration/towns/{other}/exports": ELSEWHERE,
    "/administration/sources": ADMIN,
    "/administration/keys": ADMIN,
    "/administration/sessions": ADMIN,
    "/oidc/start": dict.fromkeys(ALL, 404),
    "/oidc/back": dict.fromkeys(ALL, 404),
}
POSTS = (
    "/login",
    "/login/demo",
    "/login/code",
    "/login/set-up",
    "/logout",
    "/welcome/{link}",
    "/account/sign-out-everywhere",
    "/account/keys",
    "/work",
    "/invoice/{number}",
    "/invoice/{number}/operator",
    "/invoice/{number}/return",
    "/invoice/{number}/posting",
    "/batches/new/{town}",
    "/batches/{number}",
    "/batches/{number}/proposal/{proposal}",
    "/batches/{number}/export",
    "/batches/{number}/answer",
    "/check",
    "/proposals/{proposal}",
    "/suppliers",
    "/administration/persons",
    "/administration/persons/{person}",
    "/administration/towns",
    "/administration/towns/{town}",
    "/administration/towns/{town}/policies/{policy}",
    "/administration/towns/{town}/exports",
    "/administration/sources",
    "/administration/keys",
    "/administration/sessions",
)
"""What changes something: without its token nobody gets through (403), whoever he is."""

TOKENS = ("/validate",)
"""Routes of programs; test_api.py has their table."""

FILLED = {
    "{dimension}": "account",
    "{file}": "1",
    "{link}": "A" * 43,
    "{lang}": "en",
    "{number}": "1",
    "{place}": "99",
    "{state}": "off",
    "{proposal}": "1",
    "{town}": "musterlippe",
    "{other}": "beispielhausen",
    "{policy}": "chain",
    "{person}": "4",
    "{stranger}": "9",  # Sabine Sander of Musterlippe, Fritz Fuchs of Beispielhausen
}

VARIANTS = {"{person}": "{number}", "{stranger}": "{number}", "{town}": "{name}", "{other}": "{name}"}
"""What rows of administration and proposals ask about, and what the route calls it."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("matrix")) as made:
        operator = made.actor("operator")
        propose(made.place.store, operator, "policy", "answers", "musterlippe", {"mode": "draft"})
        exported(made)
        yield made


def browser_of(here: Site, actor: str) -> Browser:
    """A browser of an actor, or of somebody who was one, or is one by half."""
    address = f"192.0.2.{[*ALL].index(actor) + 1}"
    if actor == "anonymous":
        return here.browser(address=address)
    made = here.browser("confirmer" if actor in OUT else actor, address=address)
    if actor in OUT:
        from sqlmodel import select

        from einvoice.approval.access.secrecy import digest

        with here.place.store.writing(people.SERVICE) as work:
            query = select(WebSession).where(WebSession.digest == digest(made.cookies["einvoice"]))
            row = work.session.exec(query).one()
            if actor == "expired":
                row.until = "2026-01-01T00:00:00.000000Z"
            elif actor == "ended":
                row.ended = work.time
            else:
                row.stage = {"half": "code", "enrolling": "enrol"}[actor]
            work.session.add(row)
    return made


def filled(route: str) -> str:
    """The address of a row."""
    for name, value in FILLED.items():
        route = route.replace(name, value)
    return route


@pytest.mark.parametrize("actor", ALL)
def test_get(here: Site, actor: str) -> None:
    browser = browser_of(here, actor)
    got = {route: browser.get(filled(route)).status_code for route in GETS}
    assert got == {route: expected[actor] for route, expected in GETS.items()}


@pytest.mark.parametrize("actor", ALL)
def test_post_without_its_token(here: Site, actor: str) -> None:
    browser = browser_of(here, actor)
    for route in POSTS:
        assert browser.post(filled(route), data={"act": "confirm", "version": "x"}).status_code == 403, route


def test_every_route_is_in_the_table(here: Site) -> None:
    found: set[tuple[str, str]] = set()
    for route in routes(application(here.place).routes):
        found |= {(method, route.path) for method in route.methods or ()}
    expected = {("GET", _route(path)) for path in GETS}
    expected |= {("POST", _route(path)) for path in (*POSTS, *TOKENS)}
    assert found == expected


def _route(row: str) -> str:
    """The route a row is about."""
    for said, called in VARIANTS.items():
        row = row.replace(said, called) if row.startswith("/administration") else row
    return row.replace("{proposal}", "{number}") if row.startswith("/proposals") else row


def routes(found: object) -> Iterator[APIRoute]:
    """All routes, those of included routers too."""
    for one in found:  # type: ignore[attr-defined]
        if isinstance(one, APIRoute):
            yield one
        elif hasattr(one, "original_router"):
            yield from routes(one.original_router.routes)


def test_no_get_changes_what_is_decided(here: Site) -> None:
    from sqlmodel import select

    from einvoice.store.tables import Act, Invoice

    def state() -> list[object]:
        with here.place.store.reading() as session:
            rows: list[object] = [one.model_dump() for one in session.exec(select(Invoice))]
            return [*rows, *(one.model_dump() for one in session.exec(select(Act)))]

    before = state()
    for route in GETS:
        here.browser("confirmer").get(filled(route))
    assert state() == before
