"""The steps of deliveries: stored, checked, routed, out of the arrivals. Each is keyed by content: doing it again,
after a kill at any instruction, changes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from sqlmodel import col, select

from einvoice.confined import Failed
from einvoice.errors import Refused, StoreError
from einvoice.intake.checking import check_all
from einvoice.pipeline.house import release_options
from einvoice.pipeline.planning import Looked, planned_by_hand
from einvoice.pipeline.settling import settle
from einvoice.pipeline.workplace import Opened
from einvoice.store import bulk, people
from einvoice.store.archive import ARRIVALS
from einvoice.store.asked import among
from einvoice.store.leases import BACKUP, held
from einvoice.store.objects import forget, locked_all
from einvoice.store.store import repeated
from einvoice.store.tables import Delivery, Invoice, Waiting
from einvoice.store.times import day_of

_TO_CHECK = ("stored", "unchecked")
_SWEPT = 500


def look(place: Opened, numbers: Sequence[int]) -> Iterator[tuple[int, Looked | Exception]]:
    """What checking some deliveries finds, nothing written; the error where one cannot be looked at.

    They are read whole, and checked in one limited process.
    """
    with place.store.reading() as session:
        query = select(Delivery).where(among(session, col(Delivery.id), numbers))
        rows = {row.id: row for row in bulk.read(session, Delivery, query)}
    days: dict[date, list[tuple[Delivery, bytes]]] = defaultdict(list)
    for row in (rows[number] for number in numbers):
        try:
            whole = place.archive.read(ARRIVALS, row.sha256)
        except StoreError as error:
            yield row.id or 0, error
            continue
        if row.state in _TO_CHECK:
            days[day_of(row.received)].append((row, whole))
        else:
            yield row.id or 0, Looked(row, whole, None)
    for day, some in days.items():
        options = release_options(place, day)
        for (row, whole), found in zip(some, check_all([(d, r.name) for r, d in some], options), strict=True):
            yield row.id or 0, found.error if isinstance(found, Failed) else Looked(row, whole, found)


@repeated
def sweep(place: Opened) -> None:
    """Unlinks what committed transactions have taken out of an area; not while a backup is made."""
    with place.store.reading() as session:
        numbers = [number for number in session.exec(select(Waiting.id)) if number is not None]
    for first in range(0, len(numbers), _SWEPT):
        if not _swept(place, numbers[first : first + _SWEPT]):
            return


def _swept(place: Opened, numbers: Sequence[int]) -> bool:
    """Unlinks some; False where it may not be done now."""
    with place.store.writing(people.SERVICE) as work:
        place.store.alone(work.session.connection())
        if held(work.session, BACKUP):
            return False
        these = among(work.session, col(Waiting.id), numbers)
        query = select(Waiting.id, Waiting.area, Waiting.sha256).where(these).order_by(col(Waiting.id))
        there = work.session.exec(query.with_for_update()).all()
        rows = locked_all(work, [(area, digest) for _, area, digest in there])
        gone = [where for where, row in rows.items() if row.gone is not None]
        place.archive.remove_all(gone)
        forget(work, [number or 0 for number, _, _ in there])
    return True


def assign(place: Opened, invoice_id: int, tenant: str, actor: int) -> str:
    """Hands an invoice of the manual queue over to a tenant; the tenant's title. Raises Refused."""
    with place.store.reading() as session:
        owner = people.tenant(session, tenant)
        row = session.exec(select(Invoice).where(Invoice.id == invoice_id)).one_or_none()
    if row is None or row.tenant_id is not None:
        raise Refused(
            f"Invoice {invoice_id} is not in the manual queue.",
            f"Rechnung {invoice_id} wartet nicht auf Zuordnung.",
        )
    settle(place, [planned_by_hand(place, invoice_id, owner)], actor)
    sweep(place)
    return owner.title
