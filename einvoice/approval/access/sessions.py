"""Sessions: who is signed in, for how long, and how far. Each step up is a new secret; an ended one never returns."""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, or_, select

from einvoice.approval.access import secrecy
from einvoice.rulebook.releases import today
from einvoice.store import times
from einvoice.store.store import Store
from einvoice.store.tables import Account, Credential, Deputy, Person, Role, WebSession
from einvoice.store.work import Work

Stage = Literal["code", "enrol", "in"]
_TWICE = ("authoriser", "cash", "administrator")
"""Roles whose holders prove themselves twice: whoever lets money go, or says who may."""

_HALF_WAY = 300.0
"""Seconds for the second proof."""

_NOTED = 60.0
"""Seconds after which a further request is written down as the last one seen."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a session lasts, in seconds: without a request, and at most."""

    idle: float = 1800.0
    absolute: float = 43_200.0


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in, how far, and the account's kind and name."""

    session_id: int
    person_id: int
    name: str
    stage: Stage
    account_id: int | None
    kind: str
    account: str


def begin(work: Work, person: Person, account: Account | None, stage: Stage, terms: Terms) -> str:
    """A new session; its secret, which only the browser keeps."""
    secret = secrecy.fresh()
    lasts = terms.absolute if stage == "in" else _HALF_WAY
    row = WebSession(
        digest=secrecy.digest(secret),
        account_id=account.id if account else None,
        person_id=person.id or 0,
        stage=stage,
        begun=work.time,
        seen=work.time,
        until=times.later(work.time, lasts),
    )
    work.add(row)
    work.session.flush()
    subject = f"account/{account.id}" if account else f"person/{person.id}"
    work.event("signed-in" if stage == "in" else "first-proof", subject, {"session": row.id})
    return secret


def step_up(work: Work, session_id: int, person: Person, account: Account, terms: Terms) -> str:
    """The session of somebody who has proved himself twice; the one before ends."""
    _end(work, work.session.get(WebSession, session_id))
    return begin(work, person, account, "in", terms)


def signed(store: Store, secret: str, terms: Terms, *, proved_elsewhere: bool = False) -> Signed | None:
    """Who a secret stands for; None if nobody. Notes that he was seen.

    proved_elsewhere: accounts of another identity provider prove themselves twice there.
    """
    with store.reading() as session:
        query = (
            select(WebSession, Person, Account)
            .join(Person, col(Person.id) == WebSession.person_id)
            .join(Account, col(Account.id) == WebSession.account_id, isouter=True)
            .where(WebSession.digest == secrecy.digest(secret), col(WebSession.ended).is_(None))
        )
        found = session.exec(query).one_or_none()
        if found is None:
            return None
        row, person, account = found
        now = times.utc_now()
        if now > min(row.until, times.later(row.seen, terms.idle)) or person.left is not None:
            return None
        stage: Stage = row.stage  # type: ignore[assignment]
        if stage == "in" and account and not (proved_elsewhere and account.kind == "oidc"):
            stage = _still(session, person, account)
    if now > times.later(row.seen, _NOTED):
        _note(store, row.id or 0, person.id or 0)
    kind, name = (account.kind, account.name) if account else ("", "")
    return Signed(
        row.id or 0, person.id or 0, person.name or f"#{person.id}", stage, row.account_id, kind, name
    )


def stage_after(session: Session, person: Person, account: Account) -> Stage:
    """What is still asked of somebody who has proved an account once."""
    held = select(Credential.onetime).where(Credential.account_id == account.id)
    if session.exec(held).first() is not None:
        return "code"
    return "enrol" if twice(session, person.id or 0) else "in"


def twice(session: Session, person_id: int) -> bool:
    """Whether a person must prove himself twice: by a role of his own, or of one he stands in for."""
    day = today().isoformat()
    stands_in_for = select(Deputy.person_id).where(
        Deputy.deputy_id == person_id, Deputy.since <= day, Deputy.until >= day
    )
    query = select(Role.id).where(
        or_(Role.person_id == person_id, col(Role.person_id).in_(stands_in_for)),
        col(Role.role).in_(_TWICE),
        or_(col(Role.since).is_(None), col(Role.since) <= day),
        or_(col(Role.until).is_(None), col(Role.until) >= day),
    )
    return session.exec(query).first() is not None


def end(store: Store, secret: str) -> None:
    """Ends the session of a secret."""
    with store.reading() as session:
        row = session.exec(
            select(WebSession).where(WebSession.digest == secrecy.digest(secret))
        ).one_or_none()
    if row is not None:
        with store.writing(row.person_id) as work:
            _end(work, work.session.get(WebSession, row.id))


def end_all(work: Work, person_id: int) -> int:
    """Ends all sessions of a person; how many there were."""
    query = select(WebSession).where(WebSession.person_id == person_id, col(WebSession.ended).is_(None))
    rows = work.session.exec(query).all()
    for row in rows:
        _end(work, row)
    return len(rows)


def running(session: Session, terms: Terms) -> list[tuple[WebSession, Person, Account | None]]:
    """The sessions that are open now, the last seen first, with their persons and accounts."""
    now = times.utc_now()
    query = (
        select(WebSession, Person, Account)
        .join(Person, col(Person.id) == WebSession.person_id)
        .join(Account, col(Account.id) == WebSession.account_id, isouter=True)
        .where(col(WebSession.ended).is_(None), col(WebSession.until) > now)
        .where(col(WebSession.seen) > times.later(now, -terms.idle), col(Person.left).is_(None))
    )
    return [
        (one, person, account)
        for one, person, account in session.exec(query.order_by(col(WebSession.seen).desc()))
    ]


def revoke(store: Store, actor: int, session_id: int) -> None:
    """Ends a session at once, by somebody else; nothing where it has ended."""
    with store.writing(actor) as work:
        _end(work, work.session.get(WebSession, session_id))


def _end(work: Work, row: WebSession | None) -> None:
    if row is not None and row.ended is None:
        row.ended = work.time
        work.session.add(row)
        work.event("signed-out", f"person/{row.person_id}", {"session": row.id})


def _still(session: Session, person: Person, account: Account) -> Stage:
    """`enrol` for somebody who has got a role since that asks for a second proof, and has none."""
    return "enrol" if stage_after(session, person, account) == "enrol" else "in"


def _note(store: Store, session_id: int, person_id: int) -> None:
    with store.writing(person_id) as work:
        row = work.session.get(WebSession, session_id)
        if row is not None:
            row.seen = work.time
            work.session.add(row)
