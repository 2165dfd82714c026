"""Who acts: the person behind an account of the operating system, and what that person may in a tenant."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, or_, select

from einvoice.errors import Refused
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.once import once
from einvoice.store.store import Store
from einvoice.store.tables import Deputy, Person, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts. `demo`: everything this person does is marked DEMO.

    seen: the state he had before him (see `signing.shown`, `batches.shown`): an act on what has changed since is
    refused. None: he acts by number, whatever it looks like by now.
    """

    person_id: int
    name: str
    demo: bool = False
    seen: str | None = None


def actor(store: Store, acting_as: str | None = None) -> Actor:
    """The person of this process's account; `acting_as` names a demo person instead, in a demo installation.

    Raises Refused for an account without a person, or acting for others anywhere else.
    """
    with store.reading() as session:
        person = people.demo_person(session, acting_as) if acting_as else people.person_of(session)
        demo = people.installation(session).demo
    return Actor(person.id or 0, person.name or f"#{person.id}", demo)


def roles(session: Session, person_id: int, tenant_id: int, day: date) -> dict[str, Decimal | None]:
    """What a person may in a tenant on a day: role → greatest amount (None: any)."""
    held: dict[str, Decimal | None] = {}
    for row in held_by(session, person_id, tenant_id, day):
        known = held.get(row.role, row.limit)
        held[row.role] = None if known is None or row.limit is None else max(known, row.limit)
    return held


def held_by(session: Session, person_id: int, tenant_id: int | None, day: date) -> list[Role]:
    """The roles of a person in a tenant on a day."""
    shown = day.isoformat()
    query = (
        select(Role)
        .where(Role.person_id == person_id, Role.tenant_id == tenant_id)
        .where(or_(col(Role.since).is_(None), col(Role.since) <= shown))
        .where(or_(col(Role.until).is_(None), col(Role.until) >= shown))
    )
    return once(session, ("roles", person_id, tenant_id, shown), lambda: list(session.exec(query)))


def involved(session: Session, person_id: int, tenant_id: int | None) -> bool:
    """Whether a person has any role in a tenant today; for None: is administrator of the installation."""
    query = select(Role).where(Role.person_id == person_id, Role.tenant_id == tenant_id)
    if tenant_id is None:
        query = query.where(Role.role == "administrator")
    day = today().isoformat()
    return any((one.since or day) <= day <= (one.until or day) for one in session.exec(query))


def holders(
    session: Session, wanted: frozenset[str], tenant_id: int | None, day: date, *, everywhere: bool = True
) -> set[int]:
    """The persons who have one of some roles in a tenant on a day; who administers the installation does so in
    each tenant (everywhere). Services and those who left are none.
    """
    shown = day.isoformat()
    rows = session.exec(
        select(Role).join(Person, col(Person.id) == Role.person_id)
        .where(Person.kind == "person", col(Person.left).is_(None), col(Role.role).in_(wanted))
        .where(or_(col(Role.since).is_(None), col(Role.since) <= shown))
        .where(or_(col(Role.until).is_(None), col(Role.until) >= shown))
    ).all()  # fmt: skip
    return {
        row.person_id
        for row in rows
        if row.tenant_id == tenant_id
        or (everywhere and row.role == "administrator" and row.tenant_id is None)
    }


def wholly(session: Session, person_id: int, tenant_id: int) -> bool:
    """Whether a person has, now or from a later day, a role in this town, and no part anywhere else: then its
    administrators may decide about his account.
    """
    day = today().isoformat()
    held = select(Role.tenant_id).where(
        Role.person_id == person_id, or_(col(Role.until).is_(None), col(Role.until) >= day)
    )
    stood = select(Deputy.tenant_id).where(Deputy.deputy_id == person_id, col(Deputy.until) >= day)
    return {*session.exec(held), *session.exec(stood)} == {tenant_id}


def ours(session: Session, tenant: int | None, person: int) -> None:
    """Raises Refused where a town's administrators would decide about a person who is not theirs alone."""
    if tenant is not None and not wholly(session, person, tenant):
        raise Refused(
            "This person has a part elsewhere, or none in this town yet: who administers the installation decides.",
            "Diese Person hat auch anderswo eine Rolle oder hier noch keine: darüber entscheidet, wer die "
            "Installation verwaltet.",
            "role",
        )


def known(session: Session, person: int) -> Person | None:
    """The row of a person."""
    return once(session, ("person", person), lambda: session.get(Person, person))


def alike(session: Session, one: int, other: int) -> bool:
    """Whether two persons are evidently one: the same row, or two of the same name or mail address."""
    if one == other:
        return True
    first, second = known(session, one), known(session, other)
    if first is None or second is None:
        return False
    return any(
        mine and yours and mine.strip().casefold() == yours.strip().casefold()
        for mine, yours in ((first.name, second.name), (first.mail, second.mail))
    )
