"""A real (not a demo) installation with one town and its persons, on either database; acts by name."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import select

from einvoice.approval.persons import Actor
from einvoice.store import people
from einvoice.store.migrate import migrate
from einvoice.store.store import Store
from einvoice.store.tables import Event, Payload, Person

PERSONS = {
    "Ada Admin": ("administrator",),
    "Bob Betreiber": ("administrator",),
    "Sabine Sander": ("clerk", "confirmer"),
    "Rolf Rechner": ("confirmer",),
    "Anton Albers": ("authoriser",),
    "Dora Dahl": ("confirmer",),
    "Vera Visa": ("audit",),
    "Karin Kruse": ("cash",),
}
"""Name → roles in the town `musterlippe`; administrators are those of the installation."""


@dataclasses.dataclass(frozen=True, slots=True)
class Town:
    """A store with its town; `who` gives an actor by name."""

    store: Store

    def who(self, name: str) -> Actor:
        """The actor of that name."""
        with self.store.reading() as session:
            row = session.exec(select(Person).where(Person.name == name)).one()
        return Actor(row.id or 0, name)

    def said(self, kind: str) -> list[dict[str, object]]:
        """What the events of a kind say, oldest first."""
        with self.store.reading() as session:
            query = (
                select(Payload)
                .join(Event, (Event.chain == Payload.chain) & (Event.sequence == Payload.sequence))  # type: ignore[arg-type]
                .where(Event.kind == kind)
                .order_by(Event.id)  # type: ignore[arg-type]
            )
            return [one.content or {} for one in session.exec(query)]


@contextmanager
def town(url: str, *names: str) -> Iterator[Town]:
    """A town with the persons named (default: all of PERSONS)."""
    store = Store(url)
    migrate(store)
    people.found(store)
    with store.writing(people.SERVICE) as work:
        there = people.add_tenant(work, "musterlippe", "Stadt Musterlippe", ("05766999*",))
        other = people.add_tenant(work, "testfurt", "Kreis Testfurt", ("05799*",))
        assert other.id
        for name in names or PERSONS:
            person = people.add_person(work, name, (name.split()[1].lower(),))
            for role in PERSONS[name]:
                people.add_role(work, person, None if role == "administrator" else there, role)
    try:
        yield Town(store)
    finally:
        store.close()
