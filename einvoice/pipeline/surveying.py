"""What a fetch would find at each source, looked at without changing anything: for `doctor` and `run --dry-run`."""

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel import select

from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.intake.connecting import connected
from einvoice.intake.settings import SourceSettings
from einvoice.intake.source import Gone, SourceProblem
from einvoice.pipeline.receiving import cursor, handles, storable
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, times
from einvoice.store.tables import Source


@dataclass(slots=True)
class Survey:
    """What a fetch would find: how many things (without those taken before), their bytes, the first names.

    due: its time has come. faults: what would hinder it.
    """

    settings: SourceSettings
    count: int = 0
    size: int = 0
    names: list[str] = field(default_factory=list)
    due: bool = True
    faults: list[EinvoiceError] = field(default_factory=list)


def survey(place: Opened, settings: SourceSettings, most: int = 10) -> Survey:
    """Looks at a source without changing anything: not there, not here."""
    found = Survey(settings)
    try:
        if settings.tenant is not None:
            with place.store.reading() as session:
                people.tenant(session, settings.tenant)
        known = _known_handles(place, settings)
        found.due = _is_due(place, settings)
        with connected(settings, readonly=True, commands=place.workplace.given) as source:
            found.faults += source.faults()
            for one in () if found.faults else source.ready():
                if not (source.remembers and storable(one.handle) in known):
                    found.count += 1
                    found.size += one.size or 0
                    found.names += [one.name] if len(found.names) < most else []
    except (SourceProblem, ConfigurationError) as error:
        if str(error) not in {str(one) for one in found.faults}:
            found.faults.append(error)
    except Gone:
        found.faults.append(SourceProblem("It changed just now.", "Es hat sich eben geändert."))
    return found


def _row(place: Opened, settings: SourceSettings) -> int | None:
    with place.store.reading() as session:
        return session.exec(select(Source.id).where(Source.name == settings.name)).one_or_none()


def _known_handles(place: Opened, settings: SourceSettings) -> frozenset[str]:
    number = _row(place, settings)
    return handles(place, number) if number is not None else frozenset()


def _is_due(place: Opened, settings: SourceSettings) -> bool:
    number = _row(place, settings)
    said = cursor(place, number) if number is not None else {}
    with contextlib.suppress(KeyError):
        return settings.due(times.moment(said["fetched"]), datetime.now(UTC))
    return True
