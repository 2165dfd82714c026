"""Changes of what decides who may let what pass take two persons: one proposes, another decides (DESIGN, "Pipeline").

While nobody else could decide, a change takes effect at once, as an event that says it was made alone; `doctor`
names the towns where that is so. See kind.py for what can be changed and kinds.py for the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval import refusals
from einvoice.approval.kind import Change, Kind, Value
from einvoice.approval.kinds import KINDS
from einvoice.approval.persons import Actor, alike, holders
from einvoice.errors import Refused, UsageError
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Person, Proposal, Tenant
from einvoice.store.work import Work


@dataclass(frozen=True, slots=True)
class Wish:
    """A change somebody wants. tenant: name or title, None for the installation; new: None takes away."""

    kind: str
    subject: str
    tenant: str | None
    new: Value


def propose(store: Store, who: Actor, kind: str, subject: str, tenant: str | None, new: Value) -> Proposal:
    """Proposes a change, or makes it where there is nobody else who could decide.

    The proposal's state: `open` (waits for a second person), `accepted` (made alone, in force now), or `unchanged`
    (it is so already; nothing was written, the id is None). Raises Refused without the role or for a change that
    cannot be, ConfigurationError for a tenant there is not.
    """
    return propose_all(store, who, [Wish(kind, subject, tenant, new)])[0]


def propose_all(store: Store, who: Actor, wishes: Sequence[Wish]) -> list[Proposal]:
    """Proposes several changes in one transaction, all or none; in the order of the wishes."""
    with refusals.logged(store, who, "propose"), store.writing(who.person_id) as work:
        store.alone(work.session.connection())
        return [_propose(work, who, wish) for wish in wishes]


@repeated
def decide(store: Store, who: Actor, proposal_id: int, accept: bool, reason: str = "") -> Proposal:
    """Accepts or declines an open proposal; accepted, it is in force at the end of this transaction.

    Its proposer cannot accept it, but withdraw it (accept False). Raises Refused; where what it would replace has
    changed meanwhile, the proposal is closed as `outdated` first.
    """
    with refusals.logged(store, who, "decide", f"proposal/{proposal_id}"):
        row = _decide(store, who, proposal_id, accept, reason)
        if row.state == "outdated":
            raise Refused(
                f"Proposal {proposal_id}: what it would replace has changed meanwhile; propose it anew.",
                f"Vorschlag {proposal_id}: Was er ersetzen würde, ist inzwischen anders; bitte neu vorschlagen.",
            )
    return row


def pending(session: Session, tenant: int | None = None, *, closed: bool = False) -> list[Proposal]:
    """The open proposals, oldest first; of one tenant or of all; with `closed` those decided, too."""
    query = select(Proposal).order_by(col(Proposal.id))
    if not closed:
        query = query.where(Proposal.state == "open")
    if tenant is not None:
        query = query.where(Proposal.tenant_id == tenant)
    return list(session.exec(query))


def seconds(session: Session, kind: Kind, tenant: int | None, proposer: int) -> set[int]:
    """The persons other than the proposer who may decide a change."""
    found = holders(session, kind.deciders, tenant, today(), everywhere=not kind.content)
    return {one for one in found if not alike(session, one, proposer)}


def in_force(session: Session, tenant: int | None) -> bool:
    """Whether the two-person rule holds: two different persons administer the tenant or the installation."""
    found = sorted(holders(session, frozenset({"administrator"}), tenant, today()))
    return any(not alike(session, found[0], one) for one in found[1:])


def described(session: Session, row: Proposal) -> tuple[str, str]:
    """What a proposal would change, in German and English."""
    kind = kind_of(row.kind)
    de, en = kind.named(session, row.tenant_id, row.subject)
    owner = session.get(Tenant, row.tenant_id) if row.tenant_id else None
    where = f" ({owner.title})" if owner else ""
    told = (
        kind.told(row.old, row.new)
        if kind.told
        else (_plain(row.old, row.new, 0), _plain(row.old, row.new, 1))
    )
    return f"{kind.de} {de}{where}: {told[0]}", f"{kind.en} {en}{where}: {told[1]}"


def kind_of(name: str) -> Kind:
    """A kind by its name. Raises UsageError with the names there are."""
    if name not in KINDS:
        raise UsageError(f"{name}: {', '.join(KINDS)}")
    return KINDS[name]


def _propose(work: Work, who: Actor, wish: Wish) -> Proposal:
    kind, session = kind_of(wish.kind), work.session
    tenant = people.tenant(session, wish.tenant).id if wish.tenant is not None else None
    _may(session, who, kind, kind.proposers, tenant)
    kind.check(session, tenant, wish.subject, wish.new)
    old = kind.now(session, tenant, wish.subject, wish.new)
    row = Proposal(
        tenant_id=tenant,
        kind=wish.kind,
        subject=wish.subject,
        old=old,
        new=wish.new,
        proposed_by=who.person_id,
        proposed_at=work.time,
    )
    if old == wish.new:
        row.state = "unchanged"
        return row
    _not_twice(session, row)
    work.add(row)
    session.flush()
    if seconds(session, kind, tenant, who.person_id):
        work.event("proposal-made", row, _said(row))
        return row
    if not kind.alone:
        raise Refused(
            f"{kind.en}: a second person has to agree, and there is none who may.",
            f"{kind.de}: Eine zweite Person muss zustimmen, und es gibt keine, die das darf.",
            "two-persons",
        )
    _apply(work, kind, row, who, "changed-alone")
    return row


def _decide(store: Store, who: Actor, number: int, accept: bool, reason: str) -> Proposal:
    with store.writing(who.person_id) as work:
        store.alone(work.session.connection())
        row = _open(work.session, number)
        kind = kind_of(row.kind)
        if not accept and row.proposed_by == who.person_id:
            row.state, row.decided_at = "withdrawn", work.time
            return _closed(work, kind, row, reason)
        _may(work.session, who, kind, kind.deciders, row.tenant_id)
        if alike(work.session, row.proposed_by, who.person_id):
            raise Refused(
                f"Proposal {number}: whoever proposed it cannot decide it (two persons).",
                f"Vorschlag {number}: Wer ihn gemacht hat, kann nicht über ihn entscheiden (zwei Personen).",
                "two-persons",
            )
        row.decided_by, row.decided_at = who.person_id, work.time
        if not accept:
            row.state = "declined"
            return _closed(work, kind, row, reason)
        if kind.now(work.session, row.tenant_id, row.subject, row.new) != row.old:
            row.state = "outdated"
            return _closed(work, kind, row, reason)
        kind.check(work.session, row.tenant_id, row.subject, row.new)
        _apply(work, kind, row, who, "proposal-accepted", reason)
        return row


def _open(session: Session, number: int) -> Proposal:
    row = session.exec(select(Proposal).where(Proposal.id == number).with_for_update()).one_or_none()
    if row is None:
        raise Refused(f"There is no proposal {number}.", f"Es gibt keinen Vorschlag {number}.")
    if row.state != "open":
        raise Refused(
            f"Proposal {number} is {row.state} already.",
            f"Vorschlag {number} ist schon {STATES[row.state][0]}.",
        )
    return row


def _apply(work: Work, kind: Kind, row: Proposal, who: Actor, event: str, reason: str = "") -> None:
    row.state, row.decided_at = "accepted", work.time
    said = _said(row, reason)
    kind.apply(
        work,
        Change(row.tenant_id, row.subject, row.old, row.new, row.proposed_by, who.person_id),
    )
    _forget(kind, row)
    work.session.add(row)
    work.event(event, row, said)


def _closed(work: Work, kind: Kind, row: Proposal, reason: str) -> Proposal:
    said = _said(row, reason)
    _forget(kind, row)
    work.session.add(row)
    work.event(f"proposal-{row.state}", row, said)
    return row


def _forget(kind: Kind, row: Proposal) -> None:
    if kind.personal:
        row.old = row.new = None


def _said(row: Proposal, reason: str = "") -> dict[str, Any]:
    said = {"kind": row.kind, "subject": row.subject, "old": row.old, "new": row.new}
    return {**said, "proposed_by": row.proposed_by, **({"reason": reason} if reason else {})}


def _may(session: Session, who: Actor, kind: Kind, wanted: frozenset[str], tenant: int | None) -> None:
    """A demo workplace, where no account is a person, lets the service administer (CONTRACT, "Who acts")."""
    if who.person_id == people.SERVICE and people.installation(session).demo:
        return
    if who.person_id not in holders(session, wanted, tenant, today(), everywhere=not kind.content):
        raise Refused(
            f"{who.name} may not do that: it takes the role {' or '.join(sorted(wanted))}.",
            f"{who.name} darf das nicht: dazu braucht es die Rolle {' oder '.join(sorted(wanted))}.",
            "role",
        )


def _not_twice(session: Session, row: Proposal) -> None:
    same = select(Proposal).where(
        Proposal.state == "open", Proposal.kind == row.kind, Proposal.subject == row.subject
    )
    for other in session.exec(same):
        if other.tenant_id == row.tenant_id and other.new == row.new:
            raise Refused(
                f"That is proposed already, as No {other.id}.",
                f"Das ist schon vorgeschlagen, als Nr. {other.id}.",
            )


STATES = {
    "open": ("offen", "open"),
    "accepted": ("angenommen", "accepted"),
    "declined": ("abgelehnt", "declined"),
    "withdrawn": ("zurückgezogen", "withdrawn"),
    "outdated": ("überholt", "outdated"),
}
"""What became of a proposal, in German and English."""

KEYS = {
    "limit": ("Wertgrenze", "limit"),
    "since": ("ab", "from"),
    "until": ("bis", "until"),
    "mail": ("Mail", "mail"),
    "left": ("ausgeschieden", "left"),
    "person": ("Person", "person"),
    "source": ("bestätigt gegen", "confirmed against"),
    "mode": ("Modus", "mode"),
    "reason": ("Grund", "reason"),
    "name": ("Name", "name"),
    "title": ("voller Name", "full name"),
    "addresses": ("Adressen", "addresses"),
    "policies": ("Regeln", "policies"),
}
"""What keys of values are called, in German and English."""


def _plain(old: Value, new: Value, lang: int) -> str:
    """Old and new value; lang: 0 German, 1 English."""
    return f"{_said_of(old, lang)} → {_said_of(new, lang)}"


def _said_of(value: Value, lang: int) -> str:
    if value is None:
        return ("nichts", "nothing")[lang]
    return _worded(value, lang) or ("ohne Einschränkung", "without limits")[lang]


def _worded(value: object, lang: int) -> str:
    """A value as people read it: a table by its keys, what is in a list by `;`, true and false as in TOML."""
    if isinstance(value, Mapping):
        told = {key: one for key, one in value.items() if one not in (None, "", [], {})}
        return ", ".join(
            f"{KEYS.get(key, (key, key))[lang]} {_worded(one, lang)}" for key, one in told.items()
        )
    if isinstance(value, list):
        return "; ".join(_worded(one, lang) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def proposer(session: Session, row: Proposal) -> str:
    """The name of whoever proposed; a number where it is erased."""
    found = session.get(Person, row.proposed_by)
    return (found.name if found else None) or f"#{row.proposed_by}"
