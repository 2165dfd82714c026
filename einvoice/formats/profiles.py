"""The profiles an invoice may be written in: how BT-24 names them, and what those below EN 16931 cannot hold."""

import csv
import functools
from dataclasses import dataclass
from types import MappingProxyType

from einvoice import data
from einvoice.model.lexical import trim

_EN = "urn:cen.eu:en16931:2017"
_XRECHNUNG = f"{_EN}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: its name in commands, the BT-24 that states it, the syntaxes that have it.

    `is_partial`: it holds less than EN 16931 does (`lacking` says what).
    """

    name: str
    specification: str
    syntaxes: tuple[str, ...] = ("cii",)
    is_partial: bool = False

    @property
    def lacking(self) -> frozenset[str]:
        """The ids of terms, groups and components that it cannot hold."""
        return _lacking().get(self.name, frozenset())


_BOTH = ("ubl-invoice", "ubl-creditnote", "cii")

PROFILES = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile("minimum", "urn:factur-x.eu:1p0:minimum", is_partial=True),
            Profile("basicwl", "urn:factur-x.eu:1p0:basicwl", is_partial=True),
            Profile("basic", f"{_EN}#compliant#urn:factur-x.eu:1p0:basic", is_partial=True),
            Profile("en16931", _EN, _BOTH),
            Profile("extended", f"{_EN}#conformant#urn:factur-x.eu:1p0:extended"),
            Profile("xrechnung", _XRECHNUNG, _BOTH),
            Profile(
                "xrechnung-extension",
                f"{_XRECHNUNG}#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0",
                ("ubl-invoice", "cii"),
            ),
            Profile(
                "xrechnung-cvd", f"{_XRECHNUNG}#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9", _BOTH
            ),
        )
    }
)
"""Name → profile, from the least to the most."""

_OLDER = MappingProxyType(
    {
        "urn:zugferd.de:2p0:minimum": "minimum",
        "urn:zugferd.de:2p0:basicwl": "basicwl",
        f"{_EN}:compliant:factur-x.eu:1p0:basic": "basic",
        f"{_EN}#compliant#urn:zugferd.de:2p0:basic": "basic",
        f"{_EN}:conformant:factur-x.eu:1p0:extended": "extended",
        f"{_EN}#conformant#urn:zugferd.de:2p0:extended": "extended",
    }
)
"""Other spellings of BT-24 that the publishers of Factur-X have used."""


def profile_of(specification: str | None) -> Profile | None:
    """The profile that a BT-24 states; None for one we do not know (Peppol BIS, older XRechnung)."""
    stated = trim(specification or "")
    name = _OLDER.get(stated)
    return PROFILES[name] if name else next((p for p in PROFILES.values() if p.specification == stated), None)


@functools.cache
def _lacking() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    with (data.folder("schemas") / "profiles.tsv").open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(row["profile"], set()).add(row["term"])
    return {name: frozenset(ids) for name, ids in found.items()}
