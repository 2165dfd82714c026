"""What every page has at hand: the workplace, its settings, the gate, what is limited, the log."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from fastapi import Request

from einvoice.approval.access.sealing import Seal
from einvoice.approval.access.sessions import Terms
from einvoice.approval.access.signing_in import Gate
from einvoice.errors import Unchecked
from einvoice.interfaces.web.limits import Limits
from einvoice.pipeline.course import Journal
from einvoice.pipeline.desk import Desk as Settings
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.store import Store

_AT_ONCE, _WAIT = 4, 30.0
"""Files checked or rendered at the same time, and how many seconds a further one waits for its turn."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One running web interface. demo: of a workplace where all is invented, and anyone may be anyone."""

    place: Opened
    gate: Gate
    limits: Limits
    journal: Journal
    demo: bool
    _rooms: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE))

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Heavy work: so much of it at once, and no more. Raises Unchecked for who waits too long."""
        if not self._rooms.acquire(timeout=_WAIT):
            raise Unchecked("Too much is being checked just now.", "Gerade wird zu viel auf einmal geprüft.")
        try:
            yield
        finally:
            self._rooms.release()

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
