"""Administering in a browser without script: forms sent, proposals decided, events counted."""

from typing import Any

from sqlmodel import col, select

from einvoice.store import people
from einvoice.store.tables import Event, Person, Proposal
from tests.interfaces.web.town import Browser, Site

HOME = "/administration"


def number(here: Site, name: str) -> int:
    """The number of a person by his name."""
    with here.place.store.reading() as session:
        return session.exec(select(Person.id).where(Person.name == name)).one() or 0


def send(browser: Browser, path: str, **fields: str) -> Any:
    """Sends a form of a page of administration."""
    return browser.form(path, "/account", **fields)


def newest(here: Site) -> Proposal:
    """The newest proposal."""
    with here.place.store.reading() as session:
        row = session.exec(select(Proposal).order_by(col(Proposal.id).desc())).first()
    assert row
    return row


def decide(here: Site, actor: str, act: str = "accept", **more: str) -> Any:
    """Decides the newest proposal in the browser."""
    return send(here.browser(actor), f"/proposals/{newest(here).id}", act=act, **more)


def agreed_elsewhere(here: Site) -> None:
    """The other administrator of the installation, who has no account in the browser, agrees to the newest one."""
    from einvoice.approval.persons import Actor
    from einvoice.approval.proposals import decide

    decide(here.place.store, Actor(number(here, people.os_account()), "x"), newest(here).id or 0, True)


def kinds(here: Site) -> list[str]:
    """The kinds of all events."""
    with here.place.store.reading() as session:
        return list(session.exec(select(Event.kind).order_by(col(Event.time))).all())
