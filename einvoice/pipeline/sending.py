"""The outbox: claimed, sent, noted. At most once: what may have gone out is shown to a person, never sent again
by itself."""

from datetime import timedelta

from sqlmodel import Session, col, func, select

from einvoice.errors import EinvoiceError, Refused, StoreError
from einvoice.intake.smtp import MailSettings, Outcome, send
from einvoice.intake.source import SourceProblem
from einvoice.pipeline.answering import mail_of
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, times
from einvoice.store.store import repeated
from einvoice.store.tables import Outbox

ATTEMPTS = 8
_PER_RECIPIENT = 5
_STALE = timedelta(minutes=10)


def deliver(place: Opened) -> list[EinvoiceError]:
    """Sends what is ready and due, within the limits of an hour; what is left over and needs a person."""
    settings = place.workplace.mail
    problems: list[EinvoiceError] = [_unknown(row) for row in _stuck(place)]
    if settings is None:
        return problems
    for number in _due(place):
        try:
            outcome = send_one(place, settings, number, people.SERVICE, ("ready",))
        except SourceProblem as error:
            problems.append(error)
            break
        if outcome is not None and outcome.state != "sent":
            problems.append(_problem(number, outcome))
    return problems


def send_one(
    place: Opened, settings: MailSettings, number: int, actor: int, states: tuple[str, ...]
) -> Outcome | None:
    """Sends one answer that is in one of the states; None if it is not, or the limit of the hour is reached.

    Raises SourceProblem where a secret is not to be had; then nothing was sent.
    """
    if settings.password is not None:
        settings.password.reveal(settings.base)
    row = _claim(place, settings, number, actor, states)
    if row is None:
        return None
    outcome = send(settings, row.recipient or "", mail_of(row))
    _note(place, number, actor, outcome)
    return outcome


def _due(place: Opened) -> list[int]:
    now = times.utc_now()
    with place.store.reading() as session:
        query = select(Outbox).where(Outbox.state == "ready").order_by(col(Outbox.id))
        return [row.id or 0 for row in session.exec(query) if row.next_at is None or row.next_at <= now]


def _stuck(place: Opened) -> list[Outbox]:
    """What somebody claimed and never said what became of it."""
    before = times.later(times.utc_now(), -_STALE.total_seconds())
    with place.store.reading() as session:
        query = select(Outbox).where(Outbox.state == "sending", col(Outbox.next_at) < before)
        return list(session.exec(query.order_by(col(Outbox.id))))


@repeated
def _claim(
    place: Opened, settings: MailSettings, number: int, actor: int, states: tuple[str, ...]
) -> Outbox | None:
    """Takes an answer for sending, durably, before the first word goes out."""
    with place.store.writing(actor) as work:
        row = work.session.exec(select(Outbox).where(Outbox.id == number).with_for_update()).one_or_none()
        if row is None or row.state not in states or _too_many(work.session, settings, row, work.time):
            return None
        row.state, row.next_at, row.problem = "sending", work.time, None
        row.attempts += 1
        work.session.add(row)
        work.event("answer-sending", row)
    return row


def _too_many(session: Session, settings: MailSettings, row: Outbox, now: str) -> bool:
    since = times.later(now, -3600)
    sent = select(func.count()).select_from(Outbox).where(Outbox.state == "sent", col(Outbox.sent) > since)
    to_him = sent.where(Outbox.recipient == row.recipient)
    return session.exec(sent).one() >= settings.per_hour or session.exec(to_him).one() >= _PER_RECIPIENT


@repeated
def _note(place: Opened, number: int, actor: int, outcome: Outcome) -> None:
    with place.store.writing(actor) as work:
        row = work.session.exec(select(Outbox).where(Outbox.id == number).with_for_update()).one()
        if row.state != "sending":
            raise StoreError(
                f"Answer {number} was changed while it was being sent.",
                f"Die Antwort {number} wurde geändert, während sie gesendet wurde.",
            )
        row.problem = outcome.said or None
        if outcome.state == "sent":
            row.state, row.sent, row.next_at = "sent", work.time, None
        elif outcome.state == "later" and row.attempts < ATTEMPTS:
            row.state, row.next_at = "ready", times.later(work.time, 60 * 2**row.attempts)
        elif outcome.state != "unknown":
            row.state, row.next_at = "failed", None
        work.session.add(row)
        work.event(f"answer-{outcome.state}", row)


@repeated
def discard(place: Opened, number: int, actor: int) -> None:
    """Lays an answer aside for good. Raises Refused for one that was sent, or that waits for its delivery."""
    with place.store.writing(actor) as work:
        row = work.session.exec(select(Outbox).where(Outbox.id == number).with_for_update()).one_or_none()
        if row is None or row.state not in ("draft", "ready", "sending", "failed"):
            raise Refused(
                f"Answer {number} cannot be discarded any more.",
                f"Antwort {number} lässt sich nicht mehr verwerfen.",
            )
        row.state, row.next_at = "discarded", None
        work.session.add(row)
        work.event("answer-discarded", row)


def _unknown(row: Outbox) -> EinvoiceError:
    return _problem(row.id or 0, Outcome("unknown", row.problem or ""))


def _problem(number: int, outcome: Outcome) -> EinvoiceError:
    """What became of an answer that was not sent."""
    de = {
        "later": "nicht gesendet, wird wieder versucht",
        "failed": "abgelehnt",
        "unknown": "vielleicht gesendet: einvoice outbox show, dann send oder discard",
    }
    en = {
        "later": "not sent, will be tried again",
        "failed": "refused",
        "unknown": "perhaps sent: einvoice outbox show, then send or discard",
    }
    tail = f" ({outcome.said})" if outcome.said else ""
    return SourceProblem(
        f"Answer {number}: {en[outcome.state]}{tail}", f"Antwort {number}: {de[outcome.state]}{tail}"
    )
