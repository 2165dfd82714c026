"""Acts on an invoice: the steps of its town's chain (confirm, authorise, visa), and what takes it out of the flow
(hold, return, declare a duplicate) or back into it (release, take over, undo).

Nobody authorises what he confirmed (KomHVO NRW §31: two employees); see rights.py for what no chain can switch off.
Each act signs the digest of the state it saw; what changed afterwards has to be confirmed anew. A breach of a rule is
refused and logged.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from einvoice.approval import refusals
from einvoice.approval.chain import CONFIRMS, Chain, Step
from einvoice.approval.obstacles import demand_none
from einvoice.approval.persons import Actor
from einvoice.approval.progress import OPEN, Progress, progress, signatures, taken_over
from einvoice.approval.rights import capacity
from einvoice.approval.signing import (
    BY,
    begin_anew,
    invoice_in,
    moved,
    needs,
    signed,
    state_digest,
    substance_digest,
)
from einvoice.errors import Refused
from einvoice.render.states import state as called
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Act, Invoice, Outbox, Person
from einvoice.store.times import in_berlin
from einvoice.store.work import Work

STATEMENTS = {
    "confirm-factual": "Sachlich richtig.",
    "confirm-arithmetic": "Rechnerisch richtig.",
    "budget": "Mittel verfügbar, Kontierung richtig.",
    "authorise": "Zur Zahlung angeordnet.",
    "visa": "Visum erteilt.",
}
"""What a person states with a step, unless he says it in his own words."""

_UNDONE = ("routed", "confirmed", "authorised", "returned")


def confirm(
    store: Store,
    who: Actor,
    invoice_id: int,
    statement: str = "",
    only: Sequence[str] = ("confirm-factual", "confirm-arithmetic"),
) -> list[str]:
    """States that the claim is right in substance and in figures: those of both that are next and that this person
    may do together. Returns the steps done; raises Refused where it is none.
    """
    return sign(store, who, invoice_id, only, statement)


def budget(store: Store, who: Actor, invoice_id: int, statement: str = "") -> list[str]:
    """States that there are funds and the posting is right, where the chain has that step."""
    return sign(store, who, invoice_id, ("budget",), statement)


def authorise(store: Store, who: Actor, invoice_id: int, statement: str = "") -> list[str]:
    """Orders the payment. Needs the role authoriser up to the amount; never the person who confirmed."""
    return sign(store, who, invoice_id, ("authorise",), statement)


def visa(store: Store, who: Actor, invoice_id: int, statement: str = "") -> list[str]:
    """Puts the visa of the audit office, where the chain has that step."""
    return sign(store, who, invoice_id, ("visa",), statement)


def sign(store: Store, who: Actor, invoice_id: int, wanted: Sequence[str], statement: str = "") -> list[str]:
    """Does the next steps of the chain, as long as they are wanted and this person may do them together.

    Returns the steps done, at least one. Raises Refused: the next step is another, or this person may not do it.
    """
    with refusals.logged(store, who, "/".join(wanted), f"invoice/{invoice_id}"):
        return _sign(store, who, invoice_id, wanted, statement)


@repeated
def _sign(store: Store, who: Actor, invoice_id: int, wanted: Sequence[str], statement: str) -> list[str]:
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, OPEN, "signed", "freigegeben")
        run = _begun(work, invoice, wanted)
        steps = run.remaining()
        if not steps or steps[0].act not in wanted:
            raise _another(invoice, steps)
        if invoice.approved is None:
            invoice.approved = invoice.gross
        done: list[str] = []
        for step in steps:
            if step.act not in wanted or not _do(work, who, invoice, step, run.chain, statement, bool(done)):
                break
            done.append(step.act)
        _settle(work, invoice, steps[len(done) :], done)
    return done


def _begun(work: Work, invoice: Invoice, wanted: Sequence[str]) -> Progress:
    """How far the invoice is; where it was changed after it was confirmed, confirming begins anew."""
    run = progress(work.session, invoice)
    if not run.stale:
        return run
    if not {"confirm-factual", "confirm-arithmetic"} & set(wanted):
        raise Refused(
            f"Invoice {invoice.id} was changed after it was confirmed: confirm it again.",
            f"Rechnung {invoice.id} wurde nach der Bestätigung geändert: bitte erneut bestätigen.",
            "changed",
        )
    begin_anew(invoice)
    moved(work, invoice, "routed", "invoice-reopened")
    work.session.flush()
    return progress(work.session, invoice)


def _another(invoice: Invoice, steps: list[Step]) -> Refused:
    if not steps:
        return Refused(
            f"Invoice {invoice.id}: nothing is left to be done.",
            f"Rechnung {invoice.id}: Es ist nichts mehr zu tun.",
        )
    return Refused(
        f"Invoice {invoice.id} cannot be signed so yet: next is {steps[0].act} ({steps[0].name('en')}).",
        f"Rechnung {invoice.id} ist noch nicht so weit: Als Nächstes kommt „{steps[0].name('de')}“.",
    )


def _do(
    work: Work, who: Actor, invoice: Invoice, step: Step, chain: Chain, statement: str, more: bool
) -> bool:
    """Does one step; with `more`, False where this person may not do it on top of what he did just now."""
    session = work.session
    before = [*signatures(session, invoice), *taken_over(session, invoice)]
    day = in_berlin(work.time).date()
    try:
        found = capacity(session, who.person_id, invoice, step, chain, before, day)
    except Refused:
        if more:
            return False
        raise
    if step.act != "assign":
        demand_none(session, invoice, step.act)
    said = statement or STATEMENTS.get(step.act, "")
    content = {"substance": substance_digest(session, invoice)} if _posted_later(step, chain) else None
    signed(work, who, invoice, step.act, said, content, step=step.act, for_person=found.for_person)
    session.flush()
    setattr(invoice, BY[step.act], who.person_id)
    return True


def _posted_later(step: Step, chain: Chain) -> bool:
    """Whether a step signs the claim alone, for its posting has a step of its own that comes later."""
    acts = [one.act for one in chain.steps]
    return "budget" in acts and acts.index(step.act) < acts.index("budget")


def _settle(work: Work, invoice: Invoice, left: list[Step], done: list[str]) -> None:
    """Puts the invoice into the state that what is left means."""
    invoice.state_digest = state_digest(work.session, invoice)
    said = {"steps": done}
    if not left:
        moved(work, invoice, "authorised", "invoice-authorised", said)
    elif not {step.act for step in left} & {*CONFIRMS, "assign"}:
        moved(work, invoice, "confirmed", "invoice-signed" if "visa" in done else "invoice-confirmed", said)
    else:
        moved(work, invoice, "routed", "invoice-signed", said)


def undo(store: Store, who: Actor, invoice_id: int, reason: str) -> str:
    """Takes back one's own last act on an invoice, as a new event; which act it was.

    Raises Refused where the last act is another's, or the invoice is in a batch already.
    """
    _reasoned(reason)
    with refusals.logged(store, who, "undo", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, _UNDONE, "taken back", "zurückgenommen")
        if invoice.state == "returned":
            return _fetch_back(work, who, invoice, reason)
        acts = signatures(work.session, invoice)
        if not acts or acts[-1].person_id != who.person_id:
            raise _not_his(who, invoice)
        last = acts[-1]
        row = signed(work, who, invoice, "undo", reason, {"act": last.id, "step": last.step})
        work.session.flush()
        last.undone = f"act/{row.id}"
        work.session.add(last)
        setattr(invoice, BY[last.step or ""], None)
        invoice.state = "routed"
        work.session.flush()
        left = progress(work.session, invoice).remaining()
        confirmed = not {step.act for step in left} & {*CONFIRMS, "assign"}
        moved(work, invoice, "confirmed" if confirmed else "routed", "act-undone", {"act": last.id})
        return last.step or ""


def _fetch_back(work: Work, who: Actor, invoice: Invoice, reason: str) -> str:
    """Takes a return back, as long as its reply has not left: it is discarded."""
    query = select(Act).where(Act.invoice_id == invoice.id, Act.kind == "return", col(Act.undone).is_(None))
    last = work.session.exec(query.order_by(col(Act.id).desc())).first()
    if last is None or last.person_id != who.person_id:
        raise _not_his(who, invoice)
    for reply in work.session.exec(
        select(Outbox).where(Outbox.invoice_id == invoice.id, Outbox.state != "discarded").with_for_update()
    ):
        if reply.state not in ("draft", "ready"):
            raise Refused(
                f"Invoice {invoice.id}: the supplier has the reply already.",
                f"Rechnung {invoice.id}: Der Lieferant hat die Antwort schon.",
            )
        reply.state = "discarded"
        work.session.add(reply)
        work.event("answer-discarded", reply)
    row = signed(work, who, invoice, "undo", reason, {"act": last.id})
    work.session.flush()
    last.undone = f"act/{row.id}"
    work.session.add(last)
    invoice.reason = None
    state = "rejected" if invoice.verdict == "rejected" else "routed"
    moved(work, invoice, state, "act-undone", {"act": last.id})
    return "return"


def _not_his(who: Actor, invoice: Invoice) -> Refused:
    return Refused(
        f"Invoice {invoice.id}: the last act is not one of {who.name}'s.",
        f"Rechnung {invoice.id}: Der letzte Schritt ist nicht von {who.name}.",
        "not-own-act",
    )


def give_back(
    store: Store, who: Actor, invoice_id: int, reason: str, content: dict[str, Any] | None = None
) -> None:
    """Returns an invoice to its supplier, with the reason; content: what is kept with the act beyond it."""
    with refusals.logged(store, who, "return", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        set_aside(work, who, invoice_id, "returned", "return", reason, content)


def hold(store: Store, who: Actor, invoice_id: int, reason: str) -> None:
    """Keeps an invoice out of the flow until it is released."""
    with refusals.logged(store, who, "hold", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        set_aside(work, who, invoice_id, "held", "hold", reason)


def release(store: Store, who: Actor, invoice_id: int, reason: str) -> None:
    """Puts a held invoice back into the flow; it has to be confirmed anew."""
    with (
        refusals.logged(store, who, "release", f"invoice/{invoice_id}"),
        store.writing(who.person_id) as work,
    ):
        set_aside(work, who, invoice_id, "routed", "release", reason)


_FITTING = {
    "return": ("routed", "held", "confirmed", "rejected"),
    "hold": ("routed", "confirmed"),
    "release": ("held",),
    "take-over": ("rejected",),
}
"""Act → the states from which it takes an invoice elsewhere."""


def set_aside(
    work: Work,
    who: Actor,
    invoice_id: int,
    state: str,
    kind: str,
    reason: str,
    content: dict[str, Any] | None = None,
) -> Invoice:
    """Takes an invoice out of the flow, or back to the beginning of it, within a transaction."""
    _reasoned(reason)
    invoice = invoice_in(work, who, invoice_id, _FITTING[kind], state, called(state, "de"))
    instead = needs(work, who, invoice, "confirmer", "clerk")
    signed(work, who, invoice, kind, reason, content, for_person=instead)
    begin_anew(invoice)
    invoice.reason = {"code": kind, "text": reason}
    moved(work, invoice, state, f"invoice-{state}")
    return invoice


def reject_duplicate(store: Store, who: Actor, invoice_id: int, reason: str, of: int | None = None) -> int:
    """Declares a held invoice a duplicate of another of its tenant (of: by default the one it was held for).

    Returns the other's id. It is never paid; nothing of it is lost.
    """
    _reasoned(reason)
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, ("held",), "declared a duplicate", "für doppelt erklärt")
        instead = needs(work, who, invoice, "confirmer")
        known = of or invoice.duplicate_of or (invoice.reason or {}).get("of")
        query = select(Invoice.id).where(Invoice.id == known, Invoice.tenant_id == invoice.tenant_id)
        other = work.session.exec(query).one_or_none()
        if other is None or other == invoice_id:
            raise Refused(
                f"Invoice {invoice_id}: of which invoice of the same town is it a duplicate? Say it with --of.",
                f"Rechnung {invoice_id}: Zu welcher derselben Kommune ist sie doppelt? Bitte mit --of nennen.",
            )
        signed(work, who, invoice, "reject-duplicate", reason, for_person=instead)
        invoice.duplicate_of = other
        invoice.reason = {"code": "rejected-duplicate", "of": other, "text": reason}
        moved(work, invoice, "duplicate", "invoice-duplicate")
    return other


def open_case(
    store: Store, who: Actor, invoice_id: int, kind: str, content: dict[str, Any], reason: str
) -> None:
    """Lets others than the town look into one case, as `content` says for how long (see sight.py)."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, None, "", "")
        needs(work, who, invoice, "confirmer")
        signed(work, who, invoice, kind, reason, content)
        work.event("case-opened", invoice, content)


def note(store: Store, who: Actor, invoice_id: int, text: str) -> None:
    """Writes a note to an invoice."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, None, "", "")
        signed(work, who, invoice, "note", text)
        work.event("invoice-noted", invoice, {"text": text})


def history(store: Store, invoice_id: int) -> list[tuple[Act, str]]:
    """The acts on an invoice with the names of the persons, first to last."""
    with store.reading() as session:
        rows = session.exec(
            select(Act, Person).join(Person, Person.id == Act.person_id)  # type: ignore[arg-type]
            .where(Act.invoice_id == invoice_id).order_by(Act.id)  # type: ignore[arg-type]
        ).all()  # fmt: skip
    return [(act, person.name or f"#{person.id}") for act, person in rows]


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
