"""The bytes an invoice came as: its whole delivery where that is its town's alone, else its own part of it."""

from dataclasses import dataclass

from sqlmodel import select

from einvoice.pipeline.house import part_of
from einvoice.pipeline.workplace import Opened
from einvoice.store.archive import ARRIVALS, tenant_area
from einvoice.store.tables import Delivery, Invoice, Tenant


@dataclass(frozen=True, slots=True)
class Original:
    """Bytes with the name they came under. path: where in them the invoice is, None for itself or the only one."""

    data: bytes
    name: str
    path: str | None

    @property
    def is_pdf(self) -> bool:
        """Whether it is a PDF."""
        return self.data.startswith(b"%PDF-")


def original(place: Opened, invoice: Invoice) -> Original:
    """What an invoice came as. Raises Damaged, a StoreError, where the archive does not have it as it was."""
    with place.store.reading() as session:
        delivery = session.exec(select(Delivery).where(Delivery.id == invoice.delivery_id)).one()
        town = session.get(Tenant, invoice.tenant_id) if invoice.tenant_id else None
    if town is None:
        return Original(part_of(place, delivery, invoice), delivery.name, None)
    area = tenant_area(town.name)
    if place.archive.has(area, delivery.sha256):
        return Original(place.archive.read(area, delivery.sha256), delivery.name, invoice.path)
    if place.archive.has(ARRIVALS, delivery.sha256):
        return Original(part_of(place, delivery, invoice, ARRIVALS), _inner(invoice), None)
    return Original(place.archive.read(area, invoice.sha256 or ""), _inner(invoice), None)


def _inner(invoice: Invoice) -> str:
    return (invoice.path or invoice.file).replace("!/", "/").rpartition("/")[2]
