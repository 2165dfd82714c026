"""A small installation of two fictional towns, for the tests of the store."""

from dataclasses import dataclass
from pathlib import Path

from einvoice.store import people
from einvoice.store.archive import ARRIVALS, FolderArchive, tenant_area
from einvoice.store.store import Store
from einvoice.store.tables import ArchiveObject, Delivery, Invoice, Source
from tests import stores


@dataclass
class Made:
    """A store, its archive and the file the store lies in."""

    store: Store
    archive: FolderArchive
    file: Path | None


def make(folder: Path, url: str | None = None) -> Made:
    """Two towns, two persons, one delivery in the archive with one invoice, which belongs to the first
    town; url: of another store, with its tables and without rows.
    """
    store = Store(url or stores.sqlite(folder / "store.sqlite"), lock_seconds=20)
    founded = people.found(store)
    archive = FolderArchive(folder / "archive")
    archive.create(founded.archive)
    with store.writing(people.SERVICE) as work:
        first = people.add_tenant(work, "musterlippe", "Stadt Musterlippe", ("05999101-*",))
        people.add_tenant(work, "beispielhausen", "Gemeinde Beispielhausen", ("05999202-*",))
        for name in ("Erika Muster", "Max Beispiel"):
            person = people.add_person(work, name, (name.split()[0].lower(),))
            people.add_role(work, person, first, "confirmer")
    digests = [archive.put(ARRIVALS, b"<first/>"), archive.put(tenant_area("musterlippe"), b"<second/>")]
    with store.writing(people.SERVICE) as work:
        source = Source(name="inbox", kind="folder")
        work.add(source)
        work.session.flush()
        assert source.id is not None
        delivery = Delivery(
            source_id=source.id, handle="a|1|8", name="a.xml", sha256=digests[0], size=8, received=work.time
        )
        kept = [
            ArchiveObject(area=ARRIVALS, sha256=digests[0], size=8, since=work.time),
            ArchiveObject(
                area=tenant_area("musterlippe"),
                sha256=digests[1],
                size=9,
                since=work.time,
                tenant_id=first.id,
            ),
        ]
        work.add(delivery, *kept)
        work.session.flush()
        work.event("received", delivery, {"name": "a.xml"})
        assert delivery.id is not None
        invoice = Invoice(
            delivery_id=delivery.id,
            position=0,
            file="a.xml",
            received=work.time,
            tenant_id=first.id,
            state="routed",
            since=work.time,
            verdict="accepted",
            container="xml",
            number="R-1",
        )
        work.add(invoice)
        work.session.flush()
        work.event("arrived", invoice, {"delivery": delivery.id})
    return Made(store, archive, store.file)
