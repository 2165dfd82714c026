"""How the first administrator of a fresh installation gets into the browser: by a link that is shown once, where the
installation stands; whoever can run it there can decide everything anyhow."""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from einvoice.approval.access import accounts
from einvoice.approval.access.accounts import OIDC, WEB
from einvoice.approval.persons import Actor, holders
from einvoice.approval.proposals import propose
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Account, Credential, Person

MINUTES = 15
"""How long such a link is valid."""


@dataclass(frozen=True, slots=True)
class Way:
    """How it stands. state: `open` (an administrator of the installation can come in), `link` (secret is that of a
    link for the account `login` of `name`), `invite` (whom to invite, a person has to say)."""

    state: Literal["open", "link", "invite"]
    name: str = ""
    login: str = ""
    secret: str = ""


def way_in(store: Store, *, shown: bool) -> Way:
    """The way in for the first administrator; with a link where there is one administrator, who never came in.

    shown: a person sees it at a terminal; else no link is made, for what is written into a log is no secret.
    """
    with store.reading() as session:
        if people.installation(session).demo:
            return Way("open")
        known = sorted(holders(session, frozenset({"administrator"}), None, today()))
        if any(_can_come(session, one) for one in known):
            return Way("open")
        if len(known) != 1 or not shown:
            return Way("invite")
        person = session.get_one(Person, known[0])
        there = session.exec(
            select(Account.name).where(Account.person_id == person.id, Account.kind == WEB)
        ).first()
        login = there or _free(session, person)
    if there is None:
        who = Actor(person.id or 0, person.name or "")
        propose(store, who, "account", f"{WEB}:{login}", None, {"person": person.id})
    secret = accounts.invite(store, person.id or 0, login, MINUTES / 60)
    return Way("link", person.name or "", login, secret)


def _can_come(session: Session, person: int) -> bool:
    """Whether a person has an account by which he can sign in: a password of ours, or another provider's."""
    query = (
        select(Account.kind, Credential.password)
        .join(Credential, col(Credential.account_id) == Account.id, isouter=True)
        .where(Account.person_id == person)
    )
    return any(kind == OIDC or (kind == WEB and password) for kind, password in session.exec(query))


def _free(session: Session, person: Person) -> str:
    """A login after the account by which this person runs the installation; `admin` where that cannot be one."""
    query = select(Account.name).where(Account.person_id == person.id, Account.kind == "os")
    wanted = (session.exec(query).first() or "").lower()
    name = wanted if accounts.LOGIN.fullmatch(wanted) else "admin"
    taken = set(session.exec(select(Account.name).where(Account.kind == WEB)))
    return next(one for one in (name, "admin", *(f"admin{n}" for n in range(2, 1000))) if one not in taken)
