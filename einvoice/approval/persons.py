"""Who acts: the person behind an account of the operating system, and what that person may in a tenant."""

import getpass
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, or_, select

from einvoice.errors import Refused
from einvoice.store.store import Store
from einvoice.store.tables import Account, Installation, Person, Role

DEMO_ACCOUNT = "demo"
"""The kind of accounts of demo persons, who have none in the operating system."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts. `demo`: everything this person does is marked DEMO."""

    person_id: int
    name: str
    demo: bool = False


def actor(store: Store, acting_as: str | None = None) -> Actor:
    """The person of this process's account.

    `acting_as` names a demo person's account instead; only a demo installation knows such persons.
    Raises Refused for an account without a person, or acting for others anywhere else.
    """
    with store.reading() as session:
        demo = session.exec(select(Installation.demo)).one()
        if acting_as is not None and not demo:
            raise Refused(
                "Acting as another person is possible in a demo workplace only; use your own account.",
                "Für andere handeln geht nur in einem Demo-Arbeitsplatz; bitte das eigene Konto verwenden.",
            )
        kind, name = ("demo", acting_as) if acting_as is not None else ("os", getpass.getuser())
        found = session.exec(
            select(Person).join(Account).where(Account.kind == kind, Account.name == name)
        ).one_or_none()
    if found is None or found.id is None:
        raise Refused(
            f"The account {name!r} belongs to no person here: `einvoice user add` makes one.",
            f"Das Konto „{name}“ gehört hier zu keiner Person: `einvoice user add` legt eine an.",
        )
    return Actor(found.id, found.name or f"#{found.id}", demo)


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
