"""What every kind of source can do: say what is ready, give its bytes, and be told that they are safe.

The order is always the same: read, keep (`store_delivery`: durable and hashed), then acknowledge. Whatever is
cut off in between is read again, and recognised by what the source calls it and by its bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from einvoice.errors import EinvoiceError


@dataclass(frozen=True, slots=True)
class Ready:
    """Something a source has ready. handle: what tells this arrival from any other of the source (name, time
    and size of a file; folder, UIDVALIDITY and UID of a mail). name: for people. size: bytes, None where the source
    says it only when it is read.
    """

    handle: str
    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Something a source keeps after it was handed over. place: where; since: when it came there, at the latest."""

    place: str
    since: datetime


class Source(Protocol):
    """A source that is connected. All raise SourceProblem where it cannot go on."""

    identity: Literal["handle", "bytes"]
    """What makes a second fetch the same arrival: the handle with the bytes, or the bytes alone (a mail's bytes
    carry its own id and way)."""

    remembers: bool
    """Whether nothing is moved or marked there: what was taken is known from the store's handles alone."""

    def ready(self) -> Iterator[Ready]:
        """What can be taken now, in the source's own order; half-written things are left out."""

    def read(self, one: Ready) -> bytes:
        """Its bytes, whole. Raises Gone if it is no longer there, or no longer the same, TooBig past the
        limit."""

    def acknowledge(self, one: Ready) -> None:
        """Sets aside, marks or leaves what is now safe. Never touches anything but what was read."""

    def kept(self) -> Iterator[Kept]:
        """What was set aside and may one day be released; nothing where a source keeps no such place."""

    def read_kept(self, one: Kept) -> bytes:
        """The bytes of something set aside. Raises Gone if it is no longer there."""

    def release(self, one: Kept) -> None:
        """Removes something set aside, for good."""

    def faults(self) -> Iterator[EinvoiceError]:
        """What would hinder a fetch, looked at without changing anything."""

    def close(self) -> None:
        """Ends the connection; never raises."""


class SourceProblem(EinvoiceError):
    """A source that cannot be read or written now; the others go on. Never contains a secret."""


class Broken(SourceProblem):
    """The connection to a source is lost: to go on, connect again."""


class Gone(Exception):
    """It was taken back, or changed, since it was listed: the next run looks again."""


class TooBig(Exception):
    """It is more than the source's limit."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def plainly(error: BaseException, *secrets: str | None) -> str:
    """An error of a library as one short line without any of the secrets, or what URLs carry of them."""
    text = " ".join(f"{error}".split()) or type(error).__name__
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return re.sub(r"(\w+://[^\s:/@]+):[^\s@]+@", r"\1:***@", text)[:300]
