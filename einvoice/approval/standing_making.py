"""Standing orders made and ended, by whoever may authorise what they cover."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlmodel import func, select

from einvoice.approval.persons import Actor, holders
from einvoice.approval.postings import part_of, rows
from einvoice.approval.shares import CENT
from einvoice.approval.signing import invoice_in, needs
from einvoice.approval.standing import KIND, of_supplier
from einvoice.errors import Refused
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Master

_OWN = ("text", "budget_year")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a standing order covers: gross from `least` to `most`, one invoice per period, until a day."""

    least: Decimal
    most: Decimal
    period: str
    until: date


def around(amount: Decimal, percent: Decimal) -> tuple[Decimal, Decimal]:
    """The span of so many percent around an amount, in cents."""
    spread = (abs(amount) * percent / 100).quantize(CENT, ROUND_HALF_UP)
    return amount - spread, amount + spread


def make(store: Store, who: Actor, invoice_id: int, terms: Terms, reason: str) -> str:
    """Makes a standing order of an invoice: its supplier, contract and first posting; the order's code.

    Raises Refused without the role authoriser up to the greatest amount, or without a supplier.
    """
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, None, "", "")
        needs(work, who, invoice, "authoriser", amount=abs(terms.most))
        if invoice.supplier is None or terms.least > terms.most:
            raise Refused(
                f"Invoice {invoice_id}: no supplier is stated, or the span is empty.",
                f"Rechnung {invoice_id}: Es ist kein Lieferant angegeben, oder die Spanne ist leer.",
            )
        said = part_of(rows(work.session, invoice_id)[0]).said if rows(work.session, invoice_id) else {}
        count = work.session.exec(select(func.count()).where(*of_supplier(invoice))).one()
        row = Master(
            tenant_id=invoice.tenant_id or 0,
            kind=KIND,
            code=f"{invoice.supplier}/{count + 1}",
            text=f"{invoice.seller or ''}: {reason}".strip(": "),
            until=terms.until.isoformat(),
            content={
                "contract": invoice.contract,
                "least": str(terms.least),
                "most": str(terms.most),
                "period": terms.period,
                "said": {key: code for key, code in said.items() if key not in _OWN},
                "by": who.person_id,
            },
        )
        work.add(row)
        work.session.flush()
        work.event("standing-order-made", row, {"code": row.code, "invoice": invoice_id})
    return row.code


def end(store: Store, who: Actor, tenant: str, code: str, reason: str) -> None:
    """Ends a standing order: nothing is covered by it from today on. Raises Refused if there is none."""
    with store.writing(who.person_id) as work:
        owner = people.tenant(work.session, tenant)
        query = select(Master).where(Master.tenant_id == owner.id, Master.kind == KIND, Master.code == code)
        row = work.session.exec(query.with_for_update()).one_or_none()
        if row is None or not reason.strip():
            raise Refused(
                f"There is no standing order {code}, or no reason.",
                f"Es gibt keine Daueranordnung {code}, oder der Grund fehlt.",
            )
        if who.person_id not in holders(work.session, frozenset({"authoriser"}), owner.id or 0, today()):
            raise Refused(
                f"{who.name} is no authoriser of this tenant.",
                f"{who.name} hat in dieser Kommune die Rolle „authoriser“ nicht.",
                "role",
            )
        row.until = work.time[:10]
        row.content = {**(row.content or {}), "ended": work.time[:10]}
        work.session.add(row)
        work.event("standing-order-ended", row, {"code": code, "reason": reason})
