"""Which authorised invoices a batch is built of: by what they are, or by number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.approval.discount import claim, to_pay
from einvoice.approval.netting import item, netted
from einvoice.approval.progress import progress
from einvoice.errors import Refused
from einvoice.model.accounts import bare
from einvoice.model.credit import is_credit
from einvoice.store.tables import Invoice, Office, Tenant

TRANSFERS = frozenset({"1", "30", "31", "42", "58"})
"""Codes of BT-81 that ask for a credit transfer (UNTDID 4461); 1 leaves it open."""


_AT_ONCE = 200
"""Rows that are read ahead of the choice."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is put into a batch: all that fits every field which is not None.

    numbers: these invoices, each of which must be authorised. due_until: due on that day or before (ISO; those
    without a date are not due). supplier: a part of the seller's name, or the VAT id. amounts: of BT-115, in
    `currency`. office: its code. skonto: only with Skonto that a payment by skonto_until still reaches.
    """

    numbers: Sequence[int] | None = None
    due_until: str | None = None
    supplier: str | None = None
    currency: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    office: str | None = None
    skonto_until: str | None = None


def chosen(session: Session, owner: Tenant, choice: Choice) -> list[Invoice]:
    """The authorised invoices of a tenant that fit, locked for this transaction, by id.

    Raises Refused if none does, a numbered one is not authorised, they are in several currencies, or one was changed
    after it was signed.
    """
    locked = session.exec(_query(session, owner, choice).with_for_update())
    found = [one for one in locked if _fits(one, choice)]
    _all_there(owner, choice.numbers, found)
    _one_currency(found)
    _as_signed(session, found)
    return found


def fitting(session: Session, owner: Tenant, choice: Choice, most: int) -> tuple[list[Invoice], bool]:
    """The authorised invoices of a tenant that fit, by id, the first `most`; and whether there may be more.

    Raises Refused for an office there is not.
    """
    query, found = _query(session, owner, choice), list[Invoice]()
    if (choice.supplier, choice.least, choice.most, choice.skonto_until) == (None,) * 4:
        query = query.limit(most + 1)
    for one in session.exec(query.execution_options(yield_per=_AT_ONCE)):
        if _fits(one, choice):
            found.append(one)
        if len(found) > most:
            break
    return found[:most], len(found) > most


def _query(session: Session, owner: Tenant, choice: Choice) -> SelectOfScalar[Invoice]:
    query = select(Invoice).where(Invoice.tenant_id == owner.id, Invoice.state == "authorised")
    if choice.numbers is not None:
        query = query.where(col(Invoice.id).in_(choice.numbers))
    if choice.due_until is not None:
        query = query.where(col(Invoice.due_date) <= choice.due_until)
    if choice.currency is not None:
        query = query.where(Invoice.currency == choice.currency)
    if choice.office is not None:
        query = query.where(Invoice.office_id == _office(session, owner, choice.office))
    return query.order_by(col(Invoice.id))


def _fits(invoice: Invoice, choice: Choice) -> bool:
    amount = invoice.payable if invoice.payable is not None else Decimal()
    if (choice.least is not None and amount < choice.least) or (
        choice.most is not None and amount > choice.most
    ):
        return False
    if (
        choice.supplier is not None
        and invoice.seller_vat_id != choice.supplier
        and (choice.supplier.casefold() not in (invoice.seller or "").casefold())
    ):  # SQLite knows no case of umlauts
        return False
    if choice.skonto_until is None:
        return True
    return any(tier.until.isoformat() >= choice.skonto_until for tier in claim(invoice).tiers)


def _office(session: Session, owner: Tenant, code: str) -> int:
    query = select(Office.id).where(Office.tenant_id == owner.id, Office.code == code)
    found = session.exec(query).one_or_none()
    if found is None:
        raise Refused(
            f"{owner.title} has no office {code}.", f"{owner.title} hat kein Amt mit dem Kürzel {code}."
        )
    return found


def _all_there(owner: Tenant, numbers: Iterable[int] | None, found: list[Invoice]) -> None:
    missing = sorted(set(numbers or ()) - {invoice.id or 0 for invoice in found})
    if missing:
        which = ", ".join(map(str, missing))
        raise Refused(
            f"Not authorised in {owner.title}, or left out by a filter: {which}.",
            f"Nicht angeordnet in {owner.title} oder durch einen Filter ausgenommen: {which}.",
        )
    if not found:
        raise Refused(
            f"{owner.title}: nothing is authorised that fits.",
            f"{owner.title}: Nichts Passendes ist angeordnet.",
        )


def _as_signed(session: Session, found: list[Invoice]) -> None:
    """Raises Refused where what was signed is no longer what stands there: amount, IBAN, posting, deduction."""
    changed = [str(one.id) for one in found if progress(session, one).stale]
    if changed:
        which = ", ".join(changed)
        raise Refused(
            f"Changed after it was authorised, approve it anew: {which}.",
            f"Nach der Anordnung geändert, bitte erneut freigeben: {which}.",
            "changed",
        )


def _one_currency(found: list[Invoice]) -> None:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.currency or "?"] = counts.get(one.currency or "?", 0) + 1
    if len(counts) > 1:
        said = ", ".join(f"{count} × {code}" for code, count in sorted(counts.items()))
        raise Refused(
            f"A batch has one currency, here are {said}: choose with --currency.",
            f"Ein Stapel hat eine Währung, hier sind {said}: bitte mit --currency wählen.",
        )


def not_netted(found: Iterable[Invoice]) -> list[Invoice]:
    """The credit notes that cannot be set off against what is to be transferred to the same creditor and account."""
    rows = [(one, _signed(one)) for one in found]
    items = [
        item(one.id or 0, creditor(one.supplier, one.seller), bare(one.iban), signed)
        for one, signed in rows
        if signed < 0 or (signed > 0 and (one.means is None or one.means in TRANSFERS))
    ]
    waiting = {one.key for one in netted(items)[1]}
    return [one for one, _ in rows if one.id in waiting]


def creditor(supplier: str | None, seller: str | None) -> str:
    """By what invoices of one creditor are told: VAT id, else name, without case and blanks."""
    return supplier or "".join((seller or "").split()).casefold()


def _signed(invoice: Invoice) -> Decimal:
    """What is to be paid; below zero what comes back."""
    amount = to_pay(invoice)
    return -amount if is_credit(invoice.type_code, invoice.syntax) else amount
