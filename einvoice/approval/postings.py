"""Where an invoice is booked: parts, each with its amounts and what the tenant's books call its place.

Proposed is one part per row of the VAT breakdown, gross, exact to the cent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.settling import Booked, Settled, group_of
from einvoice.errors import Refused
from einvoice.model.lexical import decimal
from einvoice.store.bulk import made
from einvoice.store.tables import Deduction, Invoice, Posting

NOTHING = Decimal("0.00")

NEEDED = ("consultant", "client", "account_length", "expense", "creditor")
"""What the policy `posting` must say before anything can be exported to DATEV."""

DIMENSIONS: Mapping[str, tuple[str, str]] = {
    "account": ("Sachkonto", "account"),
    "product": ("Produkt", "product"),
    "cost_centre": ("Kostenstelle", "cost centre"),
    "cost_object": ("Kostenträger", "cost object"),
    "investment": ("Investition", "investment"),
    "tax_key": ("Steuerschlüssel", "tax key"),
    "budget_year": ("Haushaltsjahr", "budget year"),
    "commitment": ("Mittelbindung", "commitment"),
    "contra_account": ("Kreditor", "creditor"),
    "text": ("Text", "text"),
}
"""What says where a part is booked, in German and English; the names are columns of the table."""

THIRD_PARTY = "third-party"
"""The `line` of the part that books what is passed on to others (BG-DEX-09): beside the total, without VAT."""

LONGEST_TEXT = 60
"""Characters of a posting's text, as accounting systems hold it."""


def checked_settings(table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a policy `posting`, if they are complete. Raises Refused, naming what is missing."""
    missing = [key for key in NEEDED if not str(table.get(key, "")).isdigit()]
    if missing:
        raise Refused(
            f"The posting settings lack {', '.join(missing)} (digits): see `einvoice tenant posting --help`.",
            f"In den Buchungseinstellungen fehlt {', '.join(missing)} (Ziffern): `einvoice tenant posting --help`.",
        )
    return dict(table)


@dataclass(slots=True)
class Part:
    """A part of an invoice to be booked: gross, net and VAT as stated, its VAT group, its line if it is one.

    said: dimension → code; why: where the codes come from, if a machine proposed them.
    """

    amount: Decimal = NOTHING
    net: Decimal = NOTHING
    vat: Decimal = NOTHING
    rate: Decimal | None = None
    category: str | None = None
    line: str | None = None
    said: dict[str, str] = field(default_factory=dict)
    why: dict[str, Any] | None = None

    @property
    def group(self) -> tuple[str, str]:
        """The VAT group."""
        return group_of(self.category, self.rate)

    def booked(self) -> Booked:
        """What settling looks at."""
        return Booked(self.amount, self.vat, self.group, self.line)


def propose(vat: Sequence[Mapping[str, str | None]], gross: Decimal) -> list[Part]:
    """Parts that make up `gross` (as stated in BT-112); a difference of rounding goes to the largest.

    vat: the rows of the breakdown (BG-23) by term, as stated.
    """
    parts = [_part(row) for row in vat] or [Part()]
    largest = max(parts, key=lambda part: abs(part.amount))
    difference = gross - sum((part.amount for part in parts), NOTHING)
    largest.amount += difference
    largest.net += difference
    return [part for part in parts if part.amount or len(parts) == 1]


def _part(row: Mapping[str, str | None]) -> Part:
    net, vat = (decimal(row.get(term) or "") or NOTHING for term in ("BT-116", "BT-117"))
    return Part(net + vat, net, vat, decimal(row.get("BT-119") or ""), row.get("BT-118") or "")


def usual(invoice: Invoice, parts: Iterable[Part], settings: Mapping[str, Any]) -> None:
    """Fills what no part says yet as the tenant's settings have it: expense, creditor, tax keys, text, year."""
    for part in parts:
        category, rate = part.group
        said = {
            "account": settings.get("expense"),
            "contra_account": settings.get("creditor"),
            "tax_key": settings.get("tax_keys", {}).get(f"{category}-{rate}"),
            "budget_year": (invoice.issue_date or "")[:4],
            "text": f"{invoice.seller or ''} {invoice.number or ''}".strip()[:LONGEST_TEXT],
        }
        part.said = {**{key: str(value) for key, value in said.items() if value}, **part.said}


def posting(invoice: Invoice, position: int, part: Part, settled: Settled) -> Posting:
    """The row that books a part."""
    year = part.said.get("budget_year")
    said: dict[str, Any] = {
        key: part.said.get(key) for key in DIMENSIONS if key not in ("budget_year", "text")
    }
    return made(
        Posting,
        tenant_id=invoice.tenant_id or 0,
        invoice_id=invoice.id or 0,
        position=position,
        amount=settled.amount,
        net=settled.net,
        vat=settled.vat,
        vat_rate=part.rate,
        vat_category=part.category,
        budget_year=int(year) if year else None,
        text=part.said.get("text", ""),
        proposed_from=part.why,
        full=part.amount,
        full_vat=part.vat,
        line=part.line,
        **said,
    )


def part_of(row: Posting) -> Part:
    """The part that a row books. A row from before deductions existed is as it is in full."""
    full = row.amount if row.full is None else row.full
    vat = row.vat if row.full_vat is None else row.full_vat
    full, vat = full or NOTHING, vat or NOTHING
    said = {key: str(value) for key in DIMENSIONS if (value := getattr(row, key)) not in (None, "")}
    return Part(full, full - vat, vat, row.vat_rate, row.vat_category, row.line, said, row.proposed_from)


def rows(session: Session, invoice_id: int) -> list[Posting]:
    """The postings of an invoice in their order."""
    query = select(Posting).where(Posting.invoice_id == invoice_id).order_by(col(Posting.position))
    return list(session.exec(query))


def deductions(session: Session, invoice_id: int) -> list[Deduction]:
    """What is taken off an invoice, first to last."""
    query = select(Deduction).where(Deduction.invoice_id == invoice_id).order_by(col(Deduction.id))
    return list(session.exec(query))
