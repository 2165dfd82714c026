"""A rejected invoice is taken over, so that a payment is not lost over a format: where its town's chain allows it."""

from einvoice.approval import refusals
from einvoice.approval.chain import chain_of
from einvoice.approval.persons import Actor
from einvoice.approval.signing import begin_anew, invoice_in, moved, needs, signed
from einvoice.errors import Refused
from einvoice.pipeline.placing import Newcomer, place_in_tenant
from einvoice.pipeline.routing import facts_of
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Invoice
from einvoice.store.work import Work


def take_over(place: Opened, who: Actor, number: int, reason: str) -> None:
    """Puts a rejected invoice into the flow, with a reason; the verdict stays. Whoever does it never authorises it.

    It is looked at for duplicates and posted as any other. Raises Refused where the chain does not allow it, without
    the role, without a reason, or where no sum can be read.
    """
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with (
        refusals.logged(place.store, who, "take-over", f"invoice/{number}"),
        place.store.writing(who.person_id) as work,
    ):
        invoice = invoice_in(work, who, number, ("rejected",), "taken over", "übernommen")
        _may(work, invoice)
        instead = needs(work, who, invoice, "confirmer")
        signed(work, who, invoice, "take-over", reason, for_person=instead)
        begin_anew(invoice)
        place_in_tenant(work, Newcomer(invoice, facts_of(work.session, number), anyway=True))
        if invoice.state == "routed":
            invoice.reason = {"code": "take-over", "text": reason}
        moved(work, invoice, invoice.state, "invoice-taken-over")


def _may(work: Work, invoice: Invoice) -> None:
    if not chain_of(work.session, invoice.tenant_id or 0).take_over:
        raise Refused(
            "The chain of this town does not let rejected invoices be taken over (take_over).",
            "Die Kette dieser Kommune lässt abgelehnte Rechnungen nicht übernehmen (take_over).",
            "take-over",
        )
    if invoice.gross is None or invoice.payable is None:
        raise Refused(
            f"Invoice {invoice.id}: no sum can be read from it; ask the supplier for another.",
            f"Rechnung {invoice.id}: Es lässt sich kein Betrag lesen; bitte eine neue anfordern.",
        )
