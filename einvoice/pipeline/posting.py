"""Postings and the original: an invoice's lines read again from the archive, and what posting rules say of it."""

from einvoice.errors import Refused
from einvoice.intake.positions import Line, positions
from einvoice.pipeline.house import part_of
from einvoice.pipeline.routing import area_of
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Delivery, Invoice


def lines(place: Opened, invoice_id: int) -> list[Line]:
    """The lines of an invoice as its archived original states them, in document order.

    Raises Refused where the original is erased, Damaged where it is not what was checked.
    """
    return positions(original(place, invoice_id))


def original(place: Opened, invoice_id: int) -> bytes:
    """The XML of an invoice as it was checked. Raises Refused where there is none any more."""
    with place.store.reading() as session:
        invoice = session.get(Invoice, invoice_id)
        delivery = session.get(Delivery, invoice.delivery_id) if invoice else None
        area = area_of(session, delivery) if delivery else None
    if invoice is None or delivery is None or area is None:
        raise Refused(
            f"Invoice {invoice_id}: its original is not here any more.",
            f"Rechnung {invoice_id}: Das Original liegt nicht mehr vor.",
        )
    return part_of(place, delivery, invoice, area)
