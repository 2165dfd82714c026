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
    habits = place.workplace.habits
    if not habits.mails or (habits.mail_when == "problems" and not summary.problems):
        return []
    try:
        queue(place, [(one, f"run/{summary.started}/{one}", *_words(summary)) for one in habits.mails])
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


def _words(summary: RunSummary) -> tuple[str, str]:
    """Subject and text about a run."""
    left = len(summary.problems)
    subject = f"einvoice: {len(summary.deliveries)} Lieferungen" + (
        f", {left} übrig geblieben" if left else ""
    )
    kinds = sorted({type(one).__name__ for one in summary.problems})
    lines = [
        f"Lauf von {summary.started} bis {summary.ended} (UTC)",
        f"Empfangene Lieferungen: {summary.received}",
        f"Bearbeitete Lieferungen: {len(summary.deliveries)} von {summary.waiting}",
        f"Exporte: {summary.exported}",
        f"Übrig geblieben: {left}" + (f" ({', '.join(kinds)})" if kinds else ""),
        *(
            f"Quelle {name}: {one.received} empfangen, {len(one.problems)} Probleme"
            for name, one in summary.sources.items()
            if one.tried
        ),
        "",
        "Einzelheiten: einvoice inbox list, einvoice doctor --sources.",
    ]
    return subject, "\n".join(lines) + "\n"
