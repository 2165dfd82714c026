"""What happens once a day, with the first run from the time [run] names: a mail to each person about what waits for
him (how many, which are due; nothing of their content), and the towns' overviews.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from einvoice.approval.deadlines import losing
from einvoice.approval.persons import roles
from einvoice.approval.progress import Progress, may
from einvoice.approval.queue import standing, towns_of
from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.pipeline.announcing import queue
from einvoice.pipeline.overview import write_overviews
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Invoice, Outbox, Person
from einvoice.store.times import BERLIN

_SOON = timedelta(days=3)
_LISTED = 20
_WAITING = {"clerk": "held", "cash": "authorised"}
"""Role → the state in which an invoice waits for it outside the chain."""

_NEXT = {
    "assign": "assign",
    **dict.fromkeys(("confirm-factual", "confirm-arithmetic", "budget"), "routed"),
    "authorise": "confirmed",
    "visa": "visa",
}
"""Next step of the chain → the word for what waits."""

_WORDS = {
    "de": {
        "held": "zurückgestellt, bitte entscheiden",
        "assign": "einem Amt zuzuordnen",
        "routed": "zu bestätigen",
        "visa": "zum Visum",
        "confirmed": "anzuordnen",
        "authorised": "für den nächsten Stapel",
        "due": "davon bis {0} fällig: {1} (Nr. {2})",
        "subject": "einvoice: {0} Rechnungen warten auf Sie",
        "hello": "Guten Morgen {0},\n\nauf Sie warten:\n",
        "skonto": "  sonst verfällt heute Skonto: {0} (Nr. {1}); einvoice due --mine",
        "end": "Liste: einvoice {0}",
    },
    "en": {
        "held": "held, please decide",
        "assign": "to be assigned to an office",
        "routed": "to be confirmed",
        "visa": "for the visa",
        "confirmed": "to be authorised",
        "authorised": "for the next batch",
        "due": "of these due by {0}: {1} (No {2})",
        "subject": "einvoice: {0} invoices wait for you",
        "hello": "Good morning {0},\n\nwaiting for you:\n",
        "skonto": "  or Skonto is lost today: {0} (No {1}); einvoice due --mine",
        "end": "List: einvoice {0}",
    },
}


Standing = Callable[[int], list[tuple[Invoice, Progress]]]
"""The open invoices of a town, each with how far it is."""


@dataclass(frozen=True, slots=True)
class _Pile:
    """What waits for a person in one state of one town: how many, and the numbers of those due, and of those that
    lose Skonto if they are not ordered today.
    """

    town: str
    state: str
    count: int
    due: tuple[int, ...]
    skonto: tuple[int, ...] = ()


def morning(place: Opened, now: datetime | None = None) -> list[EinvoiceError]:
    """Does what is due today and not done yet; the problems with it."""
    here = (now or datetime.now(BERLIN)).astimezone(BERLIN)
    wanted = place.workplace.habits.morning
    if here.strftime("%H:%M") < (wanted or "00:00"):
        return []
    problems = write_overviews(place, here.date())
    if wanted is not None:
        try:
            _mails(place, here.date())
        except ConfigurationError as error:
            problems.append(error)
    return problems


def _mails(place: Opened, today: date) -> None:
    lang = place.workplace.mail.lang if place.workplace.mail else "de"
    made = []
    with place.store.reading() as session:
        begun = f"morning/{today}/"
        told = set(session.exec(select(Outbox.once).where(col(Outbox.once).startswith(begun))))
        known = _standing(session)
        for person in session.exec(select(Person).where(col(Person.mail).is_not(None))):
            once = f"{begun}{person.id}"
            if person.left is None and once not in told and (piles := _piles(session, person, today, known)):
                made.append((person.mail or "", once, *_letter(person, piles, today, lang)))
    if made:
        queue(place, made)


def _piles(session: Session, person: Person, today: date, standing: Standing) -> list[_Pile]:
    towns = {one.id or 0: one for one in people.tenants(session)}
    piles: list[_Pile] = []
    for number in sorted(
        towns_of(session, person.id or 0, today) & set(towns), key=lambda one: towns[one].title
    ):
        heaps = _heaps(session, person.id or 0, number, today, standing(number))
        lost = losing(session, towns[number], today, person.id or 0) if heaps else []
        for state, found in heaps.items():
            mine = {one for one, _ in found}
            due, skonto = tuple(one for one, soon in found if soon), tuple(one for one in lost if one in mine)
            piles.append(_Pile(towns[number].title, state, len(found), due, skonto))
    return piles


def _heaps(
    session: Session, person: int, town: int, today: date, open_: list[tuple[Invoice, Progress]]
) -> dict[str, list[tuple[int, bool]]]:
    """What waits for a person in a town, by the word for it: number, and whether it is due soon."""
    heaps: dict[str, list[tuple[int, bool]]] = {}
    for row, run in open_:
        if run.next and may(session, person, row, run, today):
            soon = run.next.overdue(today + _SOON + timedelta(days=1)) or _soon(row.due_date, today)
            heaps.setdefault(_NEXT[run.next.step.act], []).append((row.id or 0, soon))
    held = roles(session, person, town, today)
    for state in (_WAITING[role] for role in held if role in _WAITING):
        query = select(Invoice).where(Invoice.tenant_id == town, Invoice.state == state)
        for row in session.exec(query.order_by(col(Invoice.due_date), col(Invoice.id))):
            heaps.setdefault(state, []).append((row.id or 0, _soon(row.due_date, today)))
    return dict(sorted(heaps.items()))


def _soon(day: str | None, today: date) -> bool:
    return day is not None and day <= str(today + _SOON)


def _standing(session: Session) -> Standing:
    """How far the open invoices of a town are, looked up once for all persons."""

    @functools.cache
    def of(tenant: int) -> list[tuple[Invoice, Progress]]:
        return list(standing(session, [tenant]))

    return of


def _list(state: str) -> str:
    """The command that lists what waits."""
    return f"inbox list --state {state}" if state in _WAITING.values() else "approve list --mine"


def _letter(person: Person, piles: list[_Pile], today: date, lang: str) -> tuple[str, str]:
    """Subject and text."""
    words, until = _WORDS[lang], today + _SOON
    shown = f"{until:%d.%m.%Y}" if lang == "de" else until.isoformat()
    lines = [words["hello"].format(person.name or "")]
    for pile in piles:
        lines.append(f"{pile.town}: {pile.count} {words[pile.state]}")
        if pile.skonto:
            lines.append(words["skonto"].format(len(pile.skonto), _listed(pile.skonto)))
        if pile.due:
            lines.append("  " + words["due"].format(shown, len(pile.due), _listed(pile.due)))
    lines += ["", *dict.fromkeys(words["end"].format(_list(pile.state)) for pile in piles)]
    return words["subject"].format(sum(pile.count for pile in piles)), "\n".join(lines) + "\n"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:_LISTED])) + (" …" if len(numbers) > _LISTED else "")
