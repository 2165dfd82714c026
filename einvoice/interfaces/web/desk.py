"""What every page has at hand: the workplace, its settings, the gate, what is limited, the log."""

from dataclasses import dataclass

from fastapi import Request

from einvoice.approval.access.sealing import Seal
from einvoice.approval.access.sessions import Terms
from einvoice.approval.access.signing_in import Gate
from einvoice.interfaces.web.limits import Limits
from einvoice.pipeline.course import Journal
from einvoice.pipeline.desk import Desk as Settings
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """One running web interface. demo: of a workplace where all is invented, and anyone may be anyone."""

    place: Opened
    gate: Gate
    limits: Limits
    journal: Journal
    demo: bool

    @property
    def store(self) -> Store:
        """The store."""
        return self.place.store

    @property
    def settings(self) -> Settings:
        """The table [web]."""
        return self.place.workplace.desk


def made(place: Opened, journal: Journal | None = None) -> Desk:
    """The desk of an opened workplace."""
    settings = place.workplace.desk
    terms = Terms(60.0 * settings.idle_minutes, 3600.0 * settings.absolute_hours)
    elsewhere = settings.oidc is not None and settings.oidc.second_factor
    with place.store.reading() as session:
        demo = people.installation(session).demo
    gate = Gate(place.store, Seal(settings.key_file), terms, elsewhere)
    return Desk(place, gate, Limits(), journal or Journal(), demo)


def desk_of(request: Request) -> Desk:
    """The desk a request came to."""
    found = request.app.state.desk
    assert isinstance(found, Desk)
    return found
