"""Which conditions of its town's chain an invoice meets: found out from the document, kept with the invoice.

A step whose condition nobody has looked at yet is needed (see approval.progress): nothing passes for lack of a look.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, col, select

from einvoice.approval.chain import POLICY, Chain, chain_from
from einvoice.approval.conditions import rule_text
from einvoice.approval.progress import OPEN
from einvoice.errors import Unchecked
from einvoice.intake.ruling import fitting
from einvoice.pipeline.house import part_of, release_options
from einvoice.pipeline.routing import area_of, laid
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.archive import Damaged
from einvoice.store.store import repeated
from einvoice.store.tables import Delivery, Invoice
from einvoice.store.times import day_of

_TOGETHER = 250
"""Invoices looked at between two transactions."""

_AT_ONCE = 1000
"""Rows read at once to find out who waits."""


def fit(place: Opened, numbers: Iterable[int] | None = None) -> int:
    """Looks at the open invoices (some, or all) whose chain has conditions and was not looked at; how many.

    A run does it for all, lists and acts for those they show or sign. Raises Damaged, for the first of those whose
    original is not as it was, once all others are done.
    """
    done, damaged = 0, list[Damaged]()
    with place.store.reading() as session:
        stated = people.policies(session, POLICY)
        chains = {number: chain_from(row.value) for number, row in stated.items() if row.value}
        asked = {number: chain for number, chain in chains.items() if chain.conditional()}
        waiting = _open(session, asked, numbers)
    for first in range(0, len(waiting), _TOGETHER):
        found = _looked(place, waiting[first : first + _TOGETHER], asked, damaged)
        _keep(place, found)
        done += len(found)
    if damaged:
        raise damaged[0]
    return done


def _open(session: Session, asked: Mapping[int, Chain], numbers: Iterable[int] | None) -> list[int]:
    """The open invoices of some towns for whose chain nobody has looked yet, of each only what tells that."""
    query = select(Invoice.id, Invoice.tenant_id, Invoice.fits).where(
        col(Invoice.tenant_id).in_(asked), col(Invoice.state).in_(OPEN)
    )
    if numbers is not None:
        query = query.where(col(Invoice.id).in_(list(numbers)))
    rows = session.exec(query.execution_options(yield_per=_AT_ONCE)) if asked else ()
    return sorted(
        number or 0 for number, town, fits in rows if (fits or {}).get("chain") != asked[town or 0].digest
    )


def _looked(
    place: Opened, numbers: Sequence[int], asked: Mapping[int, Chain], damaged: list[Damaged]
) -> dict[int, dict[str, object]]:
    """What some invoices meet; those whose original is not as it was go to `damaged`."""
    found: dict[int, dict[str, object]] = {}
    with place.store.reading() as session:
        for row in session.exec(
            select(Invoice).where(col(Invoice.id).in_(numbers)).order_by(col(Invoice.id))
        ):
            try:
                found[row.id or 0] = _fits(place, session, row, asked[row.tenant_id or 0])
            except Damaged as error:
                damaged.append(error)
    return found


@repeated
def _keep(place: Opened, found: Mapping[int, dict[str, object]]) -> None:
    """Keeps what some invoices meet, in one transaction."""
    if not found:
        return
    with place.store.writing(people.SERVICE) as work:
        query = select(Invoice).where(col(Invoice.id).in_(found)).order_by(col(Invoice.id))
        for row in work.session.exec(query.with_for_update()).all():
            fits = found[row.id or 0]
            if row.fits != fits:
                row.fits = fits
                work.session.add(row)
                work.event("chain-fitted", row, fits)


def _fits(place: Opened, session: Session, invoice: Invoice, chain: Chain) -> dict[str, object]:
    """The steps whose condition holds; those that could not be found out are needed."""
    delivery = session.exec(select(Delivery).where(Delivery.id == invoice.delivery_id)).one()
    area = area_of(session, delivery)
    options = release_options(place, day_of(delivery.received))
    try:
        data = part_of(place, delivery, invoice, area) if area else b""
        acts, failed = fitting(data, laid(place, POLICY, rule_text(chain)), options)
    except Unchecked as error:
        acts, failed = [], str(error)
    if failed is not None:
        acts = [step.act for step in chain.conditional()]
    return {"chain": chain.digest, "steps": acts, **({"failed": failed} if failed else {})}
