"""What happens once a day, with the first run from the time [run] names: a mail to each person about what waits for
him (how many, which are due; nothing of their content), and the towns' overviews.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from einvoice.approval.deadlines import losing
from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.pipeline.announcing import queue
from einvoice.pipeline.overview import write_overviews
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Invoice, Outbox, Person, Role, Tenant

BERLIN = ZoneInfo("Europe/Berlin")
_SOON = timedelta(days=3)
_LISTED = 20
_WAITING = {"clerk": "held", "confirmer": "routed", "authoriser": "confirmed", "cash": "authorised"}
"""Role → the state in which an invoice waits for it."""

_WORDS = {
    "de": {
        "held": "zurückgestellt, bitte entscheiden",
        "routed": "zu bestätigen",
        "confirmed": "anzuordnen",
        "authorised": "für den nächsten Stapel",
        "due": "davon bis {0} fällig: {1} (Nr. {2})",
        "subject": "einvoice: {0} Rechnungen warten auf Sie",
        "hello": "Guten Morgen {0},\n\nauf Sie warten:\n",
        "skonto": "  sonst verfällt heute Skonto: {0} (Nr. {1}); einvoice due --mine",
        "end": "Liste: einvoice inbox list --state {0}",
    },
    "en": {
        "held": "held, please decide",
        "routed": "to be confirmed",
        "confirmed": "to be authorised",
        "authorised": "for the next batch",
        "due": "of these due by {0}: {1} (No {2})",
        "subject": "einvoice: {0} invoices wait for you",
        "hello": "Good morning {0},\n\nwaiting for you:\n",
        "skonto": "  or Skonto is lost today: {0} (No {1}); einvoice due --mine",
        "end": "List: einvoice inbox list --state {0}",
    },
}


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
        for person in session.exec(select(Person).where(col(Person.mail).is_not(None))):
            once = f"{begun}{person.id}"
            if person.left is None and once not in told and (piles := list(_piles(session, person, today))):
                made.append((person.mail or "", once, *_letter(person, piles, today, lang)))
    if made:
        queue(place, made)


def _piles(session: Session, person: Person, today: date) -> Iterator[_Pile]:
    day = today.isoformat()
    roles = (
        select(Role, Tenant)
        .join(Tenant, col(Tenant.id) == Role.tenant_id)
        .where(Role.person_id == person.id, col(Role.role).in_(_WAITING), col(Tenant.removed).is_(None))
        .where(or_(col(Role.since).is_(None), col(Role.since) <= day))
        .where(or_(col(Role.until).is_(None), col(Role.until) >= day))
        .order_by(col(Tenant.title), col(Role.id))
    )
    for role, town in session.exec(roles).all():
        found = session.exec(_of_role(role)).all()
        due = tuple(number or 0 for number, until in found if until and until <= str(today + _SOON))
        if found:
            mine = {number for number, _ in found}
            lost = tuple(one for one in losing(session, town, today, role.person_id) if one in mine)
            yield _Pile(town.title, _WAITING[role.role], len(found), due, lost)


def _of_role(role: Role):  # type: ignore[no-untyped-def]  # the type of a query of two columns
    query = select(Invoice.id, Invoice.due_date).where(
        Invoice.tenant_id == role.tenant_id, Invoice.state == _WAITING[role.role]
    )
    if role.office_id is not None:
        query = query.where(Invoice.office_id == role.office_id)
    if role.limit is not None:
        query = query.where(col(Invoice.payable_cents) <= int(role.limit * 100))
    if role.role == "authoriser":  # never the one who confirmed
        query = query.where(
            col(Invoice.factual_by).is_distinct_from(role.person_id),
            col(Invoice.arithmetic_by).is_distinct_from(role.person_id),
        )
    return query.order_by(col(Invoice.due_date), col(Invoice.id))


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
    lines += ["", *dict.fromkeys(words["end"].format(pile.state) for pile in piles)]
    return words["subject"].format(sum(pile.count for pile in piles)), "\n".join(lines) + "\n"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:_LISTED])) + (" …" if len(numbers) > _LISTED else "")
