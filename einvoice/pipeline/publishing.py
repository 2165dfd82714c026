"""Publishes the head of all chains where the operator chose: once a day, in folders and by mail; and asks what was
published before whether this store still has it.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from einvoice.errors import ConfigurationError, StoreError
from einvoice.pipeline.workplace import Opened
from einvoice.store import heads, people, times
from einvoice.store.durable import write
from einvoice.store.tables import Event, Outbox, Payload, Published

RESTORED = "restored"
"""The kind of event that says: an older backup was restored, and these published heads are known to be lost."""


def publish(place: Opened) -> list[str]:
    """Writes the head now to every place of [heads]; the places.

    Raises StoreError naming a folder that cannot be written, ConfigurationError for mails without [mail].
    """
    sender = _sender(place)
    head = heads.current(place.store)
    day = head["time"][:10]
    said = [str(_written(folder, head)) for folder in place.workplace.head_folders]
    said += [f"mailto:{address}" for address in place.workplace.head_mails]
    with place.store.writing(people.SERVICE) as work:
        for where in said:
            row = Published(time=head["time"], content=head, place=where)
            work.add(row)
        for address in place.workplace.head_mails:
            once = f"head/{day}/{address}"
            if work.session.exec(select(Outbox).where(Outbox.once == once)).first() is None:
                work.add(_mail(sender, address, once, head, work.time))
        if said:
            work.event("head-published", "head", {"root": head["root"], "places": said})
    return said


def publish_daily(place: Opened) -> list[str]:
    """As `publish`, if none was published today (UTC) in all places."""
    places = len(place.workplace.head_folders) + len(place.workplace.head_mails)
    if not places:
        return []
    with place.store.reading() as session:
        last = session.exec(select(Published.time).order_by(col(Published.id).desc())).first()
    return [] if last is not None and last[:10] == times.utc_now()[:10] else publish(place)


def unanswered(place: Opened) -> list[str]:
    """The newest published heads that this store does not bear out and of which nobody said that they are lost: an
    older backup was restored, or something was cut off.
    """
    with place.store.reading() as session:
        known = _given_up(session)
        return [
            str(file)
            for file, head in newest(place)
            if head["root"] not in known and any(heads.compared(session, head))
        ]


def refuse_older(place: Opened) -> None:
    """Raises StoreError if a published head says more than this store: working on would give numbers twice."""
    for file in unanswered(place):
        raise StoreError(
            f"The store lacks what the head {file} proves: an older backup was put in its place, or something was "
            f"cut off. See `einvoice archive verify --against {file}`; bring backups back with `einvoice restore`.",
            f"Im Speicher fehlt, was der Kopf {file} beweist: eine ältere Sicherung steht an seiner Stelle, oder "
            f"etwas wurde abgeschnitten. Genaueres sagt `einvoice archive verify --against {file}`; Sicherungen holt "
            "`einvoice restore` zurück.",
        )


def newest(place: Opened) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The newest head in each folder of [heads], and its file; a folder that is not there has none."""
    for folder in place.workplace.head_folders:
        for file in sorted(folder.glob("einvoice-head-*.json"), reverse=True):
            try:
                found = json.loads(file.read_bytes())
            except (OSError, ValueError):
                continue
            if heads.genuine(found):
                yield file, found
                break


def _given_up(session: Session) -> set[str]:
    """The roots of the heads that a restoration said are lost."""
    same = (col(Event.chain) == Payload.chain) & (col(Event.sequence) == Payload.sequence)
    rows = session.exec(select(Payload).join(Event, same).where(Event.kind == RESTORED))
    return {root for row in rows for root in (row.content or {}).get("heads", ())}


def _written(folder: Path, head: Mapping[str, Any]) -> Path:
    stamp = head["time"].replace(":", "").partition(".")[0]
    file = folder / f"einvoice-head-{stamp}Z.json"
    if not folder.is_dir():
        raise StoreError(
            f"The folder for heads is not there: {folder} ([heads] in einvoice.toml).",
            f"Der Ordner für Köpfe fehlt: {folder} ([heads] in einvoice.toml).",
        )
    write(file, heads.text(head).encode())
    return file


def _sender(place: Opened) -> str:
    """Our address for mails. Raises ConfigurationError where mails are wanted and [mail] does not say how."""
    if place.workplace.mail is not None:
        return place.workplace.mail.sender
    if place.workplace.head_mails:
        raise ConfigurationError(
            f"{place.workplace.file}: [heads] mails needs [mail].",
            f"{place.workplace.file}: [heads] mails braucht [mail].",
        )
    return ""


def _mail(sender: str, address: str, once: str, head: Mapping[str, Any], now: str) -> Outbox:
    body = (
        "Kopf aller Ketten dieser einvoice-Installation. Bitte aufbewahren: damit beweist\n"
        "`einvoice archive verify --against DATEI`, dass seitdem nichts abgeschnitten oder neu geschrieben wurde.\n\n"
        "The head of all chains of this einvoice installation. Please keep it: with it\n"
        "`einvoice archive verify --against FILE` proves that nothing was cut off or rewritten since.\n\n"
    )
    text = body + heads.text(head)
    fields = {
        "From": sender,
        "Subject": f"einvoice: {head['time'][:10]} {head['root'][:16]}",
        "Message-ID": f"<einvoice.head.{head['root'][:32]}@{sender.rpartition('@')[2].strip('>')}>",
        "Auto-Submitted": "auto-generated",
    }
    content = {"fields": fields, "text": text, "html": f"<pre>{escape(text)}</pre>"}
    return Outbox(kind="head", once=once, recipient=address, content=content, state="ready", made=now)
