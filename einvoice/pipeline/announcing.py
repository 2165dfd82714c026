"""Mails about the work itself, through the outbox: what a run did, to whom [run] names. Counts and ids only."""

from collections.abc import Sequence
from html import escape

from sqlmodel import select

from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.pipeline.sending import deliver
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, seals
from einvoice.store.store import repeated
from einvoice.store.tables import Outbox


def announce(place: Opened, summary: RunSummary) -> list[EinvoiceError]:
    """Sends the summary to the addresses of [run], if they want this one; the problems with that."""
    habits, mail = place.workplace.habits, place.workplace.mail
    if not habits.mails or (habits.mail_when == "problems" and not summary.problems):
        return []
    words = _words(summary, mail.lang if mail else "de")
    try:
        queue(place, [(one, f"run/{summary.started}/{one}", *words) for one in habits.mails])
    except ConfigurationError as error:
        return [error]
    return deliver(place) if summary.stopped is None else []


@repeated
def queue(place: Opened, mails: Sequence[tuple[str, str, str, str]]) -> int:
    """Puts mails (to whom, idempotency key, subject, text) into the outbox; how many were not there already.

    Raises ConfigurationError where [mail] does not say how.
    """
    settings = place.workplace.mail
    if settings is None:
        file = place.workplace.file
        raise ConfigurationError(f"{file}: mails need [mail].", f"{file}: Für Mails fehlt [mail].")
    domain, made = settings.address.rpartition("@")[2], 0
    with place.store.writing(people.SERVICE) as work:
        for recipient, once, subject, text in mails:
            if work.session.exec(select(Outbox.id).where(Outbox.once == once)).first() is not None:
                continue
            fields = {
                "From": settings.sender,
                "Subject": subject,
                "Message-ID": f"<einvoice.{seals.sha256(once.encode())[:32]}@{domain}>",
                "Auto-Submitted": "auto-generated",
            }
            content = {"fields": fields, "text": text, "html": f"<pre>{escape(text)}</pre>"}
            row = Outbox(
                kind="notice", once=once, recipient=recipient, content=content, state="ready", made=work.time
            )
            work.add(row)
            work.session.flush()
            work.event("notice-queued", row)
            made += 1
    return made


_WORDS = {
    "de": {
        "subject": "einvoice: {0} Lieferungen",
        "left": ", {0} übrig geblieben",
        "time": "Lauf von {0} bis {1} (UTC)",
        "received": "Empfangene Lieferungen: {0}",
        "done": "Bearbeitete Lieferungen: {0} von {1}",
        "exported": "Exporte: {0}",
        "problems": "Übrig geblieben: {0}",
        "source": "Quelle {0}: {1} empfangen, {2} Probleme",
        "more": "Einzelheiten: einvoice inbox list, einvoice doctor --sources.",
    },
    "en": {
        "subject": "einvoice: {0} deliveries",
        "left": ", {0} left over",
        "time": "Run from {0} to {1} (UTC)",
        "received": "Deliveries received: {0}",
        "done": "Deliveries processed: {0} of {1}",
        "exported": "Exports: {0}",
        "problems": "Left over: {0}",
        "source": "Source {0}: {1} received, {2} problems",
        "more": "Details: einvoice inbox list, einvoice doctor --sources.",
    },
}


def _words(summary: RunSummary, lang: str) -> tuple[str, str]:
    """Subject and text about a run, in the language of [mail]."""
    words, left = _WORDS[lang], len(summary.problems)
    done = len(summary.deliveries)
    subject = words["subject"].format(done) + (words["left"].format(left) if left else "")
    kinds = sorted({type(one).__name__ for one in summary.problems})
    lines = [
        words["time"].format(summary.started, summary.ended),
        words["received"].format(summary.received),
        words["done"].format(done, summary.waiting),
        words["exported"].format(summary.exported),
        words["problems"].format(left) + (f" ({', '.join(kinds)})" if kinds else ""),
        *(
            words["source"].format(name, one.received, len(one.problems))
            for name, one in summary.sources.items()
            if one.tried
        ),
        "",
        words["more"],
    ]
    return subject, "\n".join(lines) + "\n"
