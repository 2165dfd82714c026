"""What an export is: files, what in the batch is not in them and why, and what a person should know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from einvoice.exports.numbers import Numbers, Wanted
from einvoice.store.tables import BatchRow


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export: its name and bytes, and what a person should know about it."""

    name: str
    data: bytes
    remarks: tuple[str, ...] = ()
    position: int | None = None
    """The row of the batch it is of; None where it is of several, or of the batch."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What a place may be told of it (see describing.py); empty where it is not asked for."""


@dataclass(frozen=True, slots=True)
class Left:
    """A row of a batch that the files do not hold, and why: a code, and words in German and English."""

    position: int
    invoice: int
    number: str
    code: str
    de: str
    en: str

    def plain(self) -> dict[str, Any]:
        """As a protocol keeps it."""
        return {
            "position": self.position,
            "invoice": self.invoice,
            "number": self.number,
            "code": self.code,
            "de": self.de,
            "en": self.en,
        }


def left(row: BatchRow, code: str, de: str, en: str) -> Left:
    """A row that is left out."""
    return Left(row.position, row.invoice_id, str((row.content or {}).get("number") or ""), code, de, en)


@dataclass(frozen=True, slots=True)
class Output:
    """What a format makes of a batch. Each row of the batch is in the files, or in `left` with its reason."""

    files: list[File]
    left: list[Left] = field(default_factory=list)
    remarks: tuple[tuple[str, str], ...] = ()
    """Further words for the protocol, German and English."""
    details: tuple[dict[str, Any], ...] = ()
    """What the files say, entry by entry, where that is not the rows themselves (transfers)."""
    numbers: Numbers = field(default_factory=dict)
    wanted: tuple[Wanted, ...] = ()
    """What counters gave (see numbers.py), and what was asked of them."""
