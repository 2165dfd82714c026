"""Closed batches of a demo workplace, as many as a test wants."""

from sqlmodel import select

from einvoice.approval import acts, batches, persons
from einvoice.approval.persons import Actor
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Invoice


def who(place: Opened, name: str) -> Actor:
    """A person of the demonstration."""
    return persons.actor(place.store, name)


def close(place: Opened, count: int = 1, town: str = "musterlippe") -> int:
    """Confirms, authorises, builds and closes; the id of the batch."""
    with place.store.reading() as session:
        owner = people.tenant(session, town)
        query = select(Invoice.id).where(Invoice.tenant_id == owner.id, Invoice.state == "routed")
        numbers = [number for number in session.exec(query).all() if number][:count]
    assert len(numbers) == count
    for number in numbers:
        acts.confirm(place.store, who(place, "Sabine Sander"), number)
        acts.authorise(place.store, who(place, "Anton Albers"), number)
    batch = batches.build(place.store, who(place, "Karin Kruse"), town, numbers)
    batches.close(place.store, who(place, "Karin Kruse"), batch)
    return batch
