"""Which conditions of its town's chain an invoice meets: found out from the document, kept with the invoice.

A step whose condition nobody has looked at yet is needed (see approval.progress): nothing passes for lack of a look.
"""

from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from einvoice.approval.chain import POLICY, Chain, chain_from
from einvoice.approval.conditions import rule_text
from einvoice.approval.progress import OPEN
from einvoice.intake.ruling import fitting
from einvoice.pipeline.house import part_of, release_options
from einvoice.pipeline.routing import area_of, laid
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.archive import Damaged
from einvoice.store.store import repeated
from einvoice.store.tables import Delivery, Invoice
from einvoice.store.times import moment


def fit(place: Opened, numbers: Iterable[int] | None = None) -> int:
    """Looks at the open invoices (some, or all) whose chain has conditions and was not looked at; how many.

    A run does it for all, lists and acts for those they show or sign. Raises Damaged, for the first of those whose
    original is not as it was, once all others are done.
    """
    found, damaged = [], list[Damaged]()
    with place.store.reading() as session:
        stated = people.policies(session, POLICY)
        chains = {number: chain_from(row.value) for number, row in stated.items() if row.value}
        asked = {number: chain for number, chain in chains.items() if chain.conditional()}
        for row in _open(session, asked, numbers):
            try:
                found.append((row.id or 0, _fits(place, session, row, asked[row.tenant_id or 0])))
            except Damaged as error:
                damaged.append(error)
    for number, fits in found:
        _keep(place, number, fits)
    if damaged:
        raise damaged[0]
    return len(found)


def _open(session: Session, asked: Mapping[int, Chain], numbers: Iterable[int] | None) -> list[Invoice]:
    """The open invoices of some towns for whose chain nobody has looked yet."""
    query = select(Invoice).where(col(Invoice.tenant_id).in_(asked), col(Invoice.state).in_(OPEN))
    if numbers is not None:
        query = query.where(col(Invoice.id).in_(list(numbers)))
    return [
        row
        for row in (session.exec(query) if asked else ())
        if (row.fits or {}).get("chain") != asked[row.tenant_id or 0].digest
    ]


@repeated
def _keep(place: Opened, number: int, fits: dict[str, object]) -> None:
    with place.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Invoice).where(Invoice.id == number).with_for_update()).one()
        if row.fits != fits:
            row.fits = fits
            work.session.add(row)
            work.event("chain-fitted", row, fits)


def _fits(place: Opened, session: Session, invoice: Invoice, chain: Chain) -> dict[str, object]:
    """The steps whose condition holds; those that could not be found out are needed."""
    delivery = session.exec(select(Delivery).where(Delivery.id == invoice.delivery_id)).one()
    area = area_of(session, delivery)
    data = part_of(place, delivery, invoice, area) if area else b""
    options = release_options(place, moment(delivery.received).date())
    acts, failed = fitting(data, laid(place, POLICY, rule_text(chain)), options)
    if failed is not None:
        acts = [step.act for step in chain.conditional()]
    return {"chain": chain.digest, "steps": acts, **({"failed": failed} if failed else {})}
