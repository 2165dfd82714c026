"""The policy `datev` of a town: what its EXTF files say beyond the postings. What it leaves out is as told here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.errors import Refused
from einvoice.exports.extf import MAX_ROWS
from einvoice.model.lexical import decimal, iso_date

POLICY = "datev"
DIMENSIONS = ("cost_centre", "cost_object", "product", "investment")


@dataclass(frozen=True, slots=True)
class Rate:
    """What one EUR was worth in a currency, on a day, by a source: `1.0850` dollars."""

    rate: Decimal
    day: date
    source: str


@dataclass(frozen=True, slots=True)
class Datev:
    """The settings, checked.

    locked: Festschreibung, always said. encoding: cp1252 (what every DATEV program reads) or utf-8-sig. kost1, kost2:
    which dimension of a posting they get. links: Beleglink to the document of the package `datev-xml`. supply_date:
    Leistungsdatum, which the client's data must be switched on for. eu: where the VAT id of a seller elsewhere in the
    EU stands (`bestimmung`, `ursprung`, `none`). most_rows: bookings in one file. rates: by currency; a currency
    without one is refused.
    """

    locked: bool = False
    encoding: str = "cp1252"
    kost1: str = "cost_centre"
    kost2: str = "cost_object"
    links: bool = False
    supply_date: bool = False
    eu: str = "bestimmung"
    most_rows: int = MAX_ROWS
    rates: Mapping[str, Rate] = field(default_factory=dict)


_CHECKS: Mapping[str, Any] = {
    "locked": lambda value: isinstance(value, bool),
    "encoding": lambda value: value in ("cp1252", "utf-8-sig"),
    "kost1": lambda value: value in DIMENSIONS,
    "kost2": lambda value: value in DIMENSIONS,
    "links": lambda value: isinstance(value, bool),
    "supply_date": lambda value: isinstance(value, bool),
    "eu": lambda value: value in ("bestimmung", "ursprung", "none"),
    "most_rows": lambda value: isinstance(value, int) and 1 <= value <= MAX_ROWS,
    "rates": lambda value: isinstance(value, Mapping),
}


def read(table: Mapping[str, Any]) -> Datev:
    """The settings of a policy. Raises Refused, naming the key."""
    for key, value in table.items():
        if key not in _CHECKS or not _CHECKS[key](value):
            _refuse(key, value)
    rates = {code: _rate(code, said) for code, said in table.get("rates", {}).items()}
    return Datev(**{**table, "rates": rates})


def _rate(code: str, said: Any) -> Rate:
    """`{rate = "1.0850", date = "2026-11-20", source = "EZB"}`."""
    if not isinstance(said, Mapping) or set(said) != {"rate", "date", "source"}:
        _refuse(f"rates.{code}", said)
    rate, day = decimal(str(said["rate"])), iso_date(str(said["date"]))
    if rate is None or rate <= 0 or day is None or not str(said["source"]).strip():
        _refuse(f"rates.{code}", said)
    assert rate is not None
    assert day is not None
    return Rate(rate, day, str(said["source"]))


def _refuse(key: str, value: Any) -> None:
    raise Refused(
        f"Policy datev, {key}: {value!r} cannot be. See `einvoice tenant datev --help`.",
        f"Regel datev, {key}: {value!r} geht nicht. Siehe `einvoice tenant datev --help`.",
    )
