"""How far an invoice is in its town's chain: what is done, what is next, who may do it, until when.

Derived from the acts of the current round, each time anew; one answer for the command line, the web and the morning
mail. An act counts as long as what it was signed for is what the invoice says now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.approval.chain import Chain, Step, chain_of
from einvoice.approval.persons import holders
from einvoice.approval.rights import amount_of, capacity
from einvoice.approval.signing import begin_anew, moved, read_content, state_digest, substance_digest
from einvoice.errors import Refused
from einvoice.store.once import read_ahead, recalled
from einvoice.store.tables import Act, Deputy, Invoice
from einvoice.store.times import in_berlin
from einvoice.store.work import Work

OPEN = ("routed", "confirmed")
"""The states in which an invoice is somewhere in its chain."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that is next. since: when it became so (as stored); due: until when it is due, if ever."""

    step: Step
    since: str
    due: date | None = None

    def overdue(self, day: date) -> bool:
        """Whether it should have been done before this day."""
        return self.due is not None and self.due < day


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an invoice stands. needed: its steps in order; done: the acts that count, by step; stale: acts of this
    round that count no more, for what they were signed for has changed."""

    chain: Chain
    needed: tuple[Step, ...]
    done: dict[str, Act]
    stale: tuple[Act, ...]
    next: Waiting | None

    def remaining(self) -> list[Step]:
        """The steps that are still to be done, in order."""
        return [step for step in self.needed if step.act not in self.done]


def progress(session: Session, invoice: Invoice, chain: Chain | None = None) -> Progress:
    """Where an invoice stands in its chain (default: that of its town)."""
    chain = chain or chain_of(session, invoice.tenant_id or 0)
    acts = signatures(session, invoice)
    stale = tuple(act for act in acts if not _holds(session, invoice, act))
    done = {} if stale else {act.step or "": act for act in acts}
    needed = tuple(step for step in chain.steps if _needed(step, invoice, chain))
    if invoice.office_id is not None:
        needed = tuple(step for step in needed if step.act != "assign")
    left = [step for step in needed if step.act not in done]
    waiting = None
    if left and invoice.state in OPEN:
        since = max([invoice.since, *(act.time for act in done.values())])
        waiting = Waiting(left[0], since, _due(since, left[0]))
    return Progress(chain, needed, done, stale, waiting)


def signatures(session: Session, invoice: Invoice) -> list[Act]:
    """The acts of the current round that did a step and were not taken back."""
    return [act for act in _counting(session, invoice) if act.round == invoice.round and act.step is not None]


def _counting(session: Session, invoice: Invoice) -> list[Act]:
    """The acts on an invoice that did a step, or took it over, and were not taken back; of all rounds."""
    return recalled(session, "acts", invoice.id, lambda: list(session.exec(_acts([invoice.id]))))


def _acts(numbers: Sequence[int | None]) -> SelectOfScalar[Act]:
    counts = or_(col(Act.step).is_not(None), Act.kind == "take-over")
    query = select(Act).where(col(Act.invoice_id).in_(numbers), counts, col(Act.undone).is_(None))
    return query.order_by(col(Act.id))


def ahead(session: Session, invoices: Sequence[Invoice]) -> None:
    """Reads at once what `progress` asks of each of some invoices: three statements, however many they are."""
    acts: dict[int, list[Act]] = {one.id or 0: [] for one in invoices}
    for act in session.exec(_acts([*acts])):
        acts[act.invoice_id].append(act)
    read_ahead(session, "acts", acts)
    read_content(session, [number for number, some in acts.items() if some])


def waits_for(session: Session, invoice: Invoice, day: date, run: Progress | None = None) -> set[int]:
    """The persons who may do the next step on a day; none where nothing is next, or nobody may."""
    run = run or progress(session, invoice)
    if run.next is None:
        return set()
    own = holders(session, frozenset(run.next.step.roles), invoice.tenant_id, day)
    query = select(Deputy.deputy_id).where(
        Deputy.tenant_id == invoice.tenant_id,
        col(Deputy.person_id).in_(own),
        col(Deputy.since) <= day.isoformat(),
        col(Deputy.until) >= day.isoformat(),
    )
    return {one for one in own | set(session.exec(query)) if may(session, one, invoice, run, day)}


def may(session: Session, person: int, invoice: Invoice, run: Progress, day: date) -> bool:
    """Whether a person may do the next step."""
    if run.next is None:
        return False
    try:
        capacity(session, person, invoice, run.next.step, run.chain, _involved(session, invoice, run), day)
    except Refused:
        return False
    return True


def _involved(session: Session, invoice: Invoice, run: Progress) -> list[Act]:
    return [*run.done.values(), *taken_over(session, invoice)]


def taken_over(session: Session, invoice: Invoice) -> list[Act]:
    """The act by which somebody took a rejected invoice over: it counts as one of his against authorising."""
    return [act for act in _counting(session, invoice) if act.kind == "take-over"]


def reopen(work: Work, invoice: Invoice, why: str) -> None:
    """Begins the approval anew, for what was signed has changed; whoever changes an amount, an IBAN or a posting
    calls it after the change. Nothing where nothing is signed, or what was signed still holds.
    """
    work.session.flush()
    run = progress(work.session, invoice)
    if invoice.state in (*OPEN, "authorised") and run.stale:
        begin_anew(invoice)
        invoice.reason = {"code": "reopened", "text": why}
        moved(work, invoice, "routed", "invoice-reopened")


def _needed(step: Step, invoice: Invoice, chain: Chain) -> bool:
    """Whether an invoice needs a step; it does where that is not known."""
    if step.above is not None:
        amount = amount_of(invoice)
        if amount is not None and amount <= step.above:
            return False
    if step.when is None:
        return True
    fits = invoice.fits or {}
    return fits.get("chain") != chain.digest or step.act in fits.get("steps", ())


def _holds(session: Session, invoice: Invoice, act: Act) -> bool:
    """Whether what an act was signed for is what the invoice says now."""
    substance = (act.content or {}).get("substance")
    if substance is not None:
        return bool(substance == substance_digest(session, invoice))
    return act.state_digest == state_digest(session, invoice)


def _due(since: str, step: Step) -> date | None:
    if step.days is None:
        return None
    return in_berlin(since).date() + timedelta(days=step.days)
