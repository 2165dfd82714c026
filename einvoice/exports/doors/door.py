"""What a door can do, and from the settings of a place to its door."""

import contextlib
from collections.abc import Iterator
from typing import Protocol

from einvoice.errors import EinvoiceError, NotDelivered, Refused
from einvoice.exports.files import File
from einvoice.exports.places import CmisPlace, FolderPlace, LocationPlace, Place


class Door(Protocol):
    """A place that takes files. described: whether it is told what they are about (File.about)."""

    described: bool

    def put(self, file: File, once: str) -> str:
        """Leaves a file there, complete, under its name; the same bytes again are the same file. Says where it lies.

        once: names this delivery of this file, the same whenever it is tried again.
        Raises NotDelivered where that cannot be done now, Refused where a file of that name has other bytes.
        """

    def faults(self) -> Iterator[EinvoiceError]:
        """What would hinder a delivery, looked at without leaving anything."""

    def close(self) -> None:
        """Ends the connection; never raises."""


@contextlib.contextmanager
def through(place: Place) -> Iterator[Door]:
    """The door of a place, open for a while. Raises NotDelivered where it cannot be reached."""
    door = _door(place)
    try:
        yield door
    finally:
        door.close()


def _door(place: Place) -> Door:
    if isinstance(place, FolderPlace):
        from einvoice.exports.doors.folder import FolderDoor

        return FolderDoor(place.base / place.path)
    if isinstance(place, LocationPlace):
        from einvoice.exports.doors.location import LocationDoor

        return LocationDoor(place)
    if isinstance(place, CmisPlace):
        from einvoice.exports.doors.cmis import CmisDoor

        return CmisDoor(place)
    from einvoice.exports.doors.http import HttpDoor

    return HttpDoor(place)


def other_content(where: str) -> Refused:
    """The refusal to replace what lies there already."""
    return Refused(
        f"{where} is there with other content: move it away, then export again.",
        f"{where} gibt es schon mit anderem Inhalt: bitte wegräumen, dann erneut ausgeben.",
    )


def not_reached(where: str, why: str) -> NotDelivered:
    """That a file did not get there."""
    return NotDelivered(f"{where}: not delivered ({why})", f"{where}: nicht zugestellt ({why})")
