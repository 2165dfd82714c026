"""Who acts: the person behind an account of the operating system, and what that person may in a tenant."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Role

_BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts. `demo`: everything this person does is marked DEMO."""

    person_id: int
    name: str
    demo: bool = False


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
    today = day.isoformat()
    rows = session.exec(
        select(Role)
        .where(Role.person_id == person_id, Role.tenant_id == tenant_id)
        .where(or_(col(Role.since).is_(None), col(Role.since) <= today))
        .where(or_(col(Role.until).is_(None), col(Role.until) >= today))
    ).all()
    held: dict[str, Decimal | None] = {}
    for row in rows:
        known = held.get(row.role, row.limit)
        held[row.role] = None if known is None or row.limit is None else max(known, row.limit)
    return held


def involved(session: Session, person_id: int, tenant_id: int | None) -> bool:
    """Whether a person has any role in a tenant today; for None: is administrator of the installation."""
    query = select(Role).where(Role.person_id == person_id, Role.tenant_id == tenant_id)
    if tenant_id is None:
        query = query.where(Role.role == "administrator")
    today = datetime.now(_BERLIN).date().isoformat()
    return any((one.since or today) <= today <= (one.until or today) for one in session.exec(query))
