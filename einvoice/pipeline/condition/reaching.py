"""What lies elsewhere: sources, the door for mails, places of exports; visited, and nothing is changed there."""

from collections.abc import Iterator

from sqlmodel import select

from einvoice.errors import EinvoiceError, NotDelivered
from einvoice.exports.doors.door import through
from einvoice.intake.settings import SourceSettings
from einvoice.intake.smtp import probe
from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.surveying import survey
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Export


def sources(here: Opened) -> Iterator[Finding]:
    """Each source, visited as a run would; and the door for answers."""
    for settings in here.workplace.sources:
        yield from source(here, settings)
    if here.workplace.mail is not None:
        why = probe(here.workplace.mail)
        yield (
            Finding(True, "Antworten können gesendet werden (mail).", "Answers can be sent (mail).")
            if why is None
            else Finding(
                False,
                f"Antworten können nicht gesendet werden (mail): {why}",
                f"Answers cannot be sent (mail): {why}",
            )
        )


def source(here: Opened, settings: SourceSettings) -> Iterator[Finding]:
    """One source: what hinders a fetch, or how much is ready there."""
    found = survey(here, settings)
    name = f"{settings.name} ({settings.kind})"
    yield from (
        Finding(False, f"{name}: {one.said('de')}", f"{name}: {one.said('en')}") for one in found.faults
    )
    if not found.faults:
        yield Finding(
            True,
            f"{name}: erreichbar, {found.count} bereit ({found.size} Bytes).",
            f"{name}: reachable, {found.count} ready ({found.size} bytes).",
        )


def targets(here: Opened) -> Iterator[Finding]:
    """Each place that exports may go to, and what did not get to its target so far."""
    for name, found in _places(here):
        yield from (Finding(False, f"{name}: {one.said('de')}", f"{name}: {one.said('en')}") for one in found)
        if not found:
            yield Finding(True, f"{name}: erreichbar.", f"{name}: can be reached.")
    with here.store.reading() as reading:
        for row in reading.exec(select(Export).where(Export.state == "failed")):
            yield Finding(
                False,
                f"{row.name} ist noch nicht bei {row.target} ({row.attempts} Versuche).",
                f"{row.name} is not at {row.target} yet ({row.attempts} tries).",
            )


def _places(here: Opened) -> list[tuple[str, list[EinvoiceError]]]:
    """Every place of the configuration, and what would hinder a delivery there."""
    found: list[tuple[str, list[EinvoiceError]]] = []
    for one in here.workplace.places.values():
        try:
            with through(one) as door:
                wrong = list(door.faults())
        except NotDelivered as error:
            wrong = [error]
        found.append((f"{one.name} ({one.kind}, {one.address})", wrong))
    return found
