"""A real (not a demo) installation with one town and its persons, on either database; acts by name."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlmodel import select

from einvoice.approval.persons import Actor
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Delivery, Event, Invoice, Payload, Person, Posting, Source

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

    def invoice(self, payable: str = "119.00", **more: Any) -> int:
        """A new open invoice of the town with one posting; its id."""
        with self.store.writing(people.SERVICE) as work:
            source = work.session.exec(select(Source)).first() or Source(name="inbox", kind="folder")
            work.add(source)
            work.session.flush()
            number = len(work.session.exec(select(Delivery.id)).all())
            delivery = Delivery(
                source_id=source.id or 0,
                handle=f"{number}",
                name=f"{number}.xml",
                sha256=f"{number:064x}",
                size=1,
                received=work.time,
            )
            work.add(delivery)
            work.session.flush()
            work.event("received", delivery)
            said: dict[str, Any] = {
                "file": delivery.name, "sha256": delivery.sha256, "state": "routed", "verdict": "accepted",
                "container": "xml", "number": f"R-{number}", "seller": "Muster GmbH", "currency": "EUR",
                "payable": Decimal(payable), "gross": Decimal(payable),
            }  # fmt: skip
            row = Invoice(
                delivery_id=delivery.id or 0,
                position=1,
                received=work.time,
                since=work.time,
                tenant_id=1,
                **(said | more),
            )
            work.add(row)
            work.session.flush()
            work.add(Posting(tenant_id=1, invoice_id=row.id or 0, position=1, amount=Decimal(payable)))
            work.event("invoice-arrived", row)
            return row.id or 0

    def row(self, number: int) -> Invoice:
        """An invoice as it is now."""
        with self.store.reading() as session:
            return session.get_one(Invoice, number)

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
    """A town with the persons named (default: all of PERSONS), in a store with its tables and without rows."""
    store = Store(url)
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
