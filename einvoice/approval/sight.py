"""What a person may look at: the content of the towns he has a role in; the operator of all towns sees states,
counts, ids and errors, and one case as long as its town has opened it to him. Decided here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_
from sqlmodel import Session, col, or_, select

from einvoice.approval.acts import open_case
from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.rulebook.releases import today
from einvoice.store import people, seals
from einvoice.store.store import Store
from einvoice.store.tables import Act, Deputy, Invoice, Person, Role
from einvoice.store.times import stamp, utc_now

OPENED = "open-to-operator"
"""The kind of the act by which a town opens a case to the operator."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person sees. everything: a demo, where all is invented; opened: cases open to the operator now;
    administers: the towns whose persons, rules and sources he administers; roles: what he is there, of all towns.
    """

    person_id: int
    everything: bool = False
    tenants: frozenset[int] = frozenset()
    operator: bool = False
    opened: Mapping[int, str] = field(default_factory=dict)
    administers: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()

    def governs(self, tenant: int | None) -> bool:
        """Whether he administers a town; for None: the installation."""
        return self.operator or (tenant is not None and tenant in self.administers)

    def content(self, tenant: int | None, invoice: int | None = None) -> bool:
        """Whether he sees what is in an invoice, or with None what a town has altogether.

        What no town has yet lies with the installation, and with it the operator sees it: he assigns it by hand.
        """
        if self.everything or tenant in self.tenants:
            return True
        return self.operator and (tenant is None or invoice in self.opened)

    def exists(self, tenant: int | None) -> bool:
        """Whether he sees that something is there: id, state, errors."""
        return self.operator or self.content(tenant)

    def demand(self, tenant: int | None, invoice: int | None = None) -> None:
        """Raises Refused where he may not see the content."""
        if not self.content(tenant, invoice):
            raise Refused(
                "What is in it is the town's: only persons with a role there see it, and the operator what the town "
                "has opened to him (einvoice inbox open-to-operator).",
                "Der Inhalt gehört der Kommune: ihn sehen nur Personen mit einer Rolle dort, und der Betreiber, was "
                "die Kommune ihm geöffnet hat (einvoice inbox open-to-operator).",
            )


def sight(store: Store, acting_as: str | None = None) -> Sight:
    """What the person of this process's account sees (acting_as: a demo person); nothing for one without a person."""
    with store.reading() as session:
        demo = people.installation(session).demo
        if acting_as:
            person = people.demo_person(session, acting_as)
        elif demo:
            return Sight(people.SERVICE, everything=True)
        else:
            try:
                person = people.person_of(session)
            except Refused:
                return Sight(0)
        return _of(session, person)


def sight_of(store: Store, person_id: int) -> Sight:
    """What a person sees who came by another door than the command line; nothing for one who is not there."""
    with store.reading() as session:
        person = session.get(Person, person_id)
        return _of(session, person) if person is not None and person.left is None else Sight(0)


def _of(session: Session, person: Person) -> Sight:
    day = today().isoformat()
    rows = session.exec(
        select(Role).where(Role.person_id == person.id)
        .where(or_(col(Role.since).is_(None), col(Role.since) <= day))
        .where(or_(col(Role.until).is_(None), col(Role.until) >= day))
    ).all()  # fmt: skip
    operator = any(row.role == "administrator" and row.tenant_id is None for row in rows)
    stood_in = _stood_in(session, person, day)
    towns = (*(row.tenant_id for row in rows), *(town for town, _ in stood_in))
    return Sight(
        person.id or 0,
        False,
        frozenset(one for one in towns if one is not None),
        operator,
        _opened(session) if operator else {},
        frozenset(row.tenant_id for row in rows if row.tenant_id and row.role == "administrator"),
        frozenset(row.role for row in rows if row.tenant_id) | {role for _, role in stood_in},
    )


def _stood_in(session: Session, person: Person, day: str) -> list[tuple[int, str]]:
    """(town, role) he stands in for on a day: of persons who have it there that day and have not left."""
    query = (
        select(Deputy.tenant_id, Role.role)
        .join(Person, col(Person.id) == Deputy.person_id)
        .join(Role, and_(col(Role.person_id) == Deputy.person_id, col(Role.tenant_id) == Deputy.tenant_id))
        .where(Deputy.deputy_id == person.id, col(Deputy.since) <= day, col(Deputy.until) >= day)
        .where(col(Person.left).is_(None))
        .where(or_(col(Role.since).is_(None), col(Role.since) <= day))
        .where(or_(col(Role.until).is_(None), col(Role.until) >= day))
    )
    return list(session.exec(query).all())


def _opened(session: Session) -> dict[int, str]:
    """The cases that are open to the operator now: invoice → until when."""
    now = utc_now()
    query = select(Act).where(Act.kind == OPENED).order_by(col(Act.id))
    last = {act.invoice_id: str((act.content or {}).get("until", "")) for act in session.exec(query)}
    return {invoice: until for invoice, until in last.items() if until > now}


def open_to_operator(store: Store, who: Actor, invoice_id: int, until: datetime, reason: str = "") -> None:
    """Opens one case of a town to the operator until a time (with zone); a time that is past closes it."""
    open_case(store, who, invoice_id, OPENED, {"until": stamp(until)}, reason)


def looked(store: Store, eyes: Sight, invoice: Invoice) -> None:
    """Writes into the town's chain that the operator looks into a case which was opened to him."""
    if eyes.everything or invoice.tenant_id is None or invoice.tenant_id in eyes.tenants:
        return
    with store.writing(eyes.person_id) as work:
        chain = seals.tenant_chain(invoice.tenant_id)
        work.event("operator-looked", f"invoice/{invoice.id}", chain=chain)
