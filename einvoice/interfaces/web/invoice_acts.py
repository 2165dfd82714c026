"""What can be done with an invoice on its page: each act with the room that does it, and to whom it is offered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from einvoice.approval import acts, assigning, bank
from einvoice.approval.chain import chain_of
from einvoice.approval.persons import Actor, roles
from einvoice.approval.progress import may
from einvoice.approval.rights import acting
from einvoice.approval.vouching import vouch
from einvoice.errors import UsageError
from einvoice.interfaces.web.case import Case
from einvoice.pipeline.taking_over import take_over
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook.releases import today


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says beside its act: words (a reason, note, question or source), an office, a person; proposal: the
    open one about the account that the page showed, "" where it showed none."""

    words: str = ""
    office: str = ""
    person: int | None = None
    proposal: str = ""


Does = Callable[[Opened, Actor, int, Said], object]


def _worded(does: Callable[..., object]) -> Does:
    return lambda place, who, number, said: does(place.store, who, number, said.words)


def _assign(place: Opened, who: Actor, number: int, said: Said) -> None:
    assigning.assign(place.store, who, number, said.office or None, said.person)


def _ask(place: Opened, who: Actor, number: int, said: Said) -> None:
    if said.person is None or not said.words:
        raise UsageError(
            "Please choose a colleague and write the question.",
            "Bitte eine Person wählen und die Frage schreiben.",
        )
    assigning.ask(place.store, who, number, said.person, said.words)


def _take_over(place: Opened, who: Actor, number: int, said: Said) -> None:
    take_over(place, who, number, said.words)


def _vouch(place: Opened, who: Actor, number: int, said: Said) -> None:
    vouch(place.store, who, bank.noted(place.store, who, number), said.words, said.proposal)


DOES: Mapping[str, Does] = {
    "confirm": _worded(acts.confirm),
    "budget": _worded(acts.budget),
    "authorise": _worded(acts.authorise),
    "visa": _worded(acts.visa),
    "undo": _worded(acts.undo),
    "hold": _worded(acts.hold),
    "release": _worded(acts.release),
    "duplicate": _worded(acts.reject_duplicate),
    "take-over": _take_over,
    "note": _worded(acts.note),
    "answer": _worded(assigning.answer),
    "assign": _assign,
    "ask": _ask,
    "iban": _vouch,
}
"""Act → what does it."""

TALK = ("note", "ask", "answer")
"""Acts that may follow whatever happened meanwhile: they leave an invoice as it is."""

STEPS: Mapping[str, str] = {
    "confirm-factual": "confirm",
    "confirm-arithmetic": "confirm",
    "budget": "budget",
    "authorise": "authorise",
    "visa": "visa",
}
"""Step of the chain → the act that does it."""

_BESIDE: Mapping[str, tuple[str, ...]] = {
    "routed": ("return", "hold"),
    "confirmed": ("return", "hold"),
    "held": ("release", "duplicate", "return"),
    "rejected": ("return", "take-over"),
}
"""State → what a confirmer can do there beside the next step."""

_ASSIGNED = ("routed", "confirmed", "held")


def offered(session: Session, who: Actor, case: Case) -> list[str]:
    """What a person can do with an invoice now, by his roles and those he stands in with: the next step of the chain
    first; talk always. Only who has a role himself vouches for an account, or asks."""
    invoice, person = case.invoice, who.person_id
    own = roles(session, person, case.tenant, today())
    held = acting(session, person, case.tenant, today())
    can: list[str] = []
    run = case.run
    if run and run.next and may(session, person, invoice, run, today()):
        can += [STEPS[run.next.step.act]] if run.next.step.act in STEPS else []
    if {"confirmer", "clerk"} & held:
        can += [one for one in _BESIDE.get(invoice.state, ()) if _open(session, one, case, held)]
    if run and run.done and max(run.done.values(), key=lambda act: act.id or 0).person_id == person:
        can.append("undo")
    if bank.DECIDERS & own.keys() and _account_waits(case, person):
        can.append("iban")
    if invoice.state in _ASSIGNED and {"confirmer", "clerk"} & held:
        can.append("assign")
    return (
        [*can, "note", *(["ask"] if own else []), *(["answer"] if case.asked(person) else [])]
        if held
        else can
    )


def _open(session: Session, act: str, case: Case, held: frozenset[str]) -> bool:
    """Whether an act beside the chain is possible there, for these roles."""
    if act == "take-over":
        return "confirmer" in held and chain_of(session, case.tenant).take_over
    if act == "duplicate":
        return "confirmer" in held and bool(
            case.invoice.duplicate_of or (case.invoice.reason or {}).get("of")
        )
    return True


def _account_waits(case: Case, person: int) -> bool:
    """Whether the account of an invoice still needs this person's word."""
    if case.account is None or case.account.status not in ("unknown", "unconfirmed", "withdrawn"):
        return False
    return case.vouched is None or case.vouched.proposed_by != person
