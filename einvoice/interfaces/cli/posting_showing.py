"""What `einvoice posting` shows of an invoice: its postings, what is taken off, what is approved."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.session import say, session
from einvoice.render import states
from einvoice.render.posted import amount, deduction, reason, why
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from einvoice.pipeline.workplace import Opened
    from einvoice.store.tables import Deduction, Invoice, Posting

Form = Annotated[Literal["text", "json"], typer.Option("--format", metavar="text|json")]


def show(here: "Opened", number: int, form: str, as_: str | None) -> None:
    """Prints it, for the eyes of the person of this call. Raises Refused where there is none to be seen."""
    from einvoice.approval.postings import deductions as deductions_of
    from einvoice.approval.postings import rows as postings_of
    from einvoice.approval.sight import looked, sight
    from einvoice.store.tables import Invoice

    eyes = sight(here.store, as_)
    with here.store.reading() as reading:
        invoice = reading.get(Invoice, number)
        if invoice is None or not eyes.exists(invoice.tenant_id):
            raise Refused(f"There is no invoice {number}.", f"Es gibt keine Rechnung {number}.")
        eyes.demand(invoice.tenant_id, number)
        postings, off = postings_of(reading, number), deductions_of(reading, number)
    looked(here.store, eyes, invoice)
    if form == "json":
        print(json.dumps(_said(invoice, postings, off), ensure_ascii=False, indent=2))
    else:
        tell(invoice, postings, off)


def _said(invoice: "Invoice", postings: "Sequence[Posting]", off: "Sequence[Deduction]") -> dict[str, Any]:
    def plain(row: Any) -> dict[str, Any]:
        said = row.model_dump(exclude={"id", "tenant_id", "invoice_id", "person_id"})
        return {key: str(value) if isinstance(value, Decimal) else value for key, value in said.items()}

    return {
        "invoice": invoice.id,
        "number": invoice.number,
        "state": invoice.state,
        "currency": invoice.currency,
        "gross": str(invoice.gross),
        "approved": str(invoice.approved if invoice.approved is not None else invoice.gross),
        "deductions": [plain(row) for row in off],
        "postings": [plain(row) for row in postings],
    }


def tell(invoice: "Invoice", postings: "Sequence[Posting]", off: "Sequence[Deduction]") -> None:
    """The postings as a table of the dimensions that are used, then the sums."""
    from einvoice.approval.postings import DIMENSIONS

    lang = session.lang
    used = [key for key in DIMENSIONS if any(getattr(row, key) for row in postings)]
    lines = any(row.line for row in postings)
    heads = [
        say("Pos", "No"), *([say("Zeile", "Line")] if lines else []), say("Betrag", "Amount"), say("Netto", "Net"),
        say("USt", "VAT"), "%", *(DIMENSIONS[key][lang != "de"] for key in used), say("Vorschlag", "Proposed"),
    ]  # fmt: skip
    print(printable(f"{invoice.id}: {invoice.number}  {invoice.seller}  {states.state(invoice.state, lang)}"))
    tables.show(
        heads,
        [
            [
                row.position,
                *([row.line] if lines else []),
                *(amount(one, lang) for one in (row.amount, row.net, row.vat)),
                f"{row.vat_rate.normalize():f}" if row.vat_rate is not None else "",
                *(getattr(row, key) for key in used),
                why(row.proposed_from, lang),
            ]
            for row in postings
        ],
    )
    approved = invoice.approved if invoice.approved is not None else invoice.gross
    sums = [(say("Rechnung", "Invoice"), invoice.gross, "")]
    sums += [
        (f"{number}. {deduction(row.kind, lang)}", -row.amount, reason(row.kind, row.reason, lang))
        for number, row in enumerate(off, 1)
        if row.amount is not None
    ]
    sums += [(say("genehmigt", "approved"), approved, invoice.currency or "")]
    for name, value, because in sums:
        print(printable(f"  {name:<26}{amount(value, lang):>16}  {because}".rstrip()))
