"""Which office, and which person, an invoice is with inside its town; questions to a colleague and their answers."""

from sqlmodel import select

from einvoice.approval import refusals
from einvoice.approval.chain import ACTS, chain_of
from einvoice.approval.persons import Actor, involved
from einvoice.approval.progress import OPEN
from einvoice.approval.signing import invoice_in, needs, signed
from einvoice.errors import Refused, UsageError
from einvoice.store.store import Store
from einvoice.store.tables import Act, Office, Person


def assign(store: Store, who: Actor, invoice_id: int, office: str | None, person: int | None) -> None:
    """Assigns an invoice to an office (its code) or a person of its town, or both. What is signed stays so.

    Raises Refused without the role, or for an office or person the town has not; UsageError for neither.
    """
    if office is None and person is None:
        raise UsageError("Say --office or --person.", "Bitte --office oder --person angeben.")
    with refusals.logged(store, who, "assign", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, (*OPEN, "held"), "assigned", "zugeordnet")
        steps = chain_of(work.session, invoice.tenant_id or 0).steps
        roles = next((step.roles for step in steps if step.act == "assign"), ACTS["assign"][2])
        needs(work, who, invoice, *roles)
        if office is not None:
            query = select(Office.id).where(Office.tenant_id == invoice.tenant_id, Office.code == office)
            invoice.office_id = work.session.exec(query).one_or_none()
            if invoice.office_id is None:
                raise Refused(
                    f"There is no office {office} in this town.", f"Ein Amt {office} gibt es dort nicht."
                )
        if person is not None:
            _of_town(work.session.get(Person, person), involved(work.session, person, invoice.tenant_id))
            invoice.person_id = person
        said = {"office": invoice.office_id, "person": invoice.person_id}
        signed(work, who, invoice, "assign", "", said)
        work.session.add(invoice)
        work.event("invoice-assigned", invoice, said)


def ask(store: Store, who: Actor, invoice_id: int, colleague: int, text: str) -> int:
    """Asks a colleague of the town about an invoice; the number of the question."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, None, "", "")
        _of_town(work.session.get(Person, colleague), involved(work.session, colleague, invoice.tenant_id))
        if not involved(work.session, who.person_id, invoice.tenant_id):
            raise _nobody(who.name)
        row = signed(work, who, invoice, "question", text, {"to": colleague})
        work.session.flush()
        work.event("question-asked", invoice, {"act": row.id, "to": colleague})
        return row.id or 0


def answer(store: Store, who: Actor, invoice_id: int, text: str) -> int:
    """Answers the oldest open question to this person about an invoice; the number of the question."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, None, "", "")
        asked = [
            one for one in questions(list(work.session.exec(_talk(invoice_id)))) if _to(one) == who.person_id
        ]
        if not asked:
            raise Refused(
                f"Invoice {invoice_id}: nobody has asked {who.name} anything that is open.",
                f"Rechnung {invoice_id}: An {who.name} ist keine Frage offen.",
            )
        signed(work, who, invoice, "answer", text, {"question": asked[0].id})
        work.event("question-answered", invoice, {"act": asked[0].id})
        return asked[0].id or 0


def questions(acts: list[Act]) -> list[Act]:
    """The questions among some acts that nobody has answered."""
    answered = {(act.content or {}).get("question") for act in acts if act.kind == "answer"}
    return [act for act in acts if act.kind == "question" and act.id not in answered]


def _talk(invoice_id: int):  # type: ignore[no-untyped-def]  # the type of a query
    kinds = ("question", "answer")
    return select(Act).where(Act.invoice_id == invoice_id, Act.kind.in_(kinds)).order_by(Act.id)  # type: ignore[attr-defined,arg-type]


def _to(question: Act) -> int | None:
    found = (question.content or {}).get("to")
    return found if isinstance(found, int) else None


def _of_town(person: Person | None, here: bool) -> None:
    if person is None or person.left is not None or not here:
        raise _nobody((person.name if person else None) or "?")


def _nobody(name: str) -> Refused:
    return Refused(f"{name} has no role in this town.", f"{name} hat in dieser Kommune keine Rolle.", "role")
