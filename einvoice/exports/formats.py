"""The formats a batch can be exported in. A room that has another adds a line to FORMATS.

Two classes: *proved* (an independent reader or an official schema reads it in our tests) and *trial* (there is no
official schema or receiver to be had): a trial format is off until the town switches it on.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from einvoice.errors import Refused, UsageError

if TYPE_CHECKING:
    from einvoice.exports.closed import Closed
    from einvoice.exports.files import Output
    from einvoice.store.tables import Tenant

TRIAL = "trial"
"""The policy that switches trial formats on: `{"formats": ["datev-xml"]}`."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what writes it, what it is called, whether it is a trial, and why."""

    write: "Callable[[Closed], Output]"
    de: str
    en: str
    why_de: str = ""
    why_en: str = ""
    trial: bool = False

    @property
    def standing(self) -> str:
        """The class of the format: `proved` or `trial`."""
        return "trial" if self.trial else "proved"


def _by(module: str, name: str) -> "Callable[[Closed], Output]":
    """A function of this room, whose module is loaded when it first writes: `--help` needs names alone."""

    def write(closed: "Closed") -> "Output":
        made: Output = getattr(importlib.import_module(f"einvoice.exports.{module}"), name)(closed)
        return made

    return write


def _sample(name: str) -> "Callable[[Closed], Output]":
    def write(closed: "Closed") -> "Output":
        from einvoice.exports.profiles import profiled

        return profiled.of_sample(name, closed)

    return write


FORMATS: dict[str, Format] = {
    "datev-extf": Format(
        _by("datev", "datev"),
        "DATEV EXTF Buchungsstapel",
        "DATEV EXTF Buchungsstapel",
        "Ein Leser nach der Spaltentabelle prüft jede Zelle.",
        "A reader by the table of columns checks every cell.",
    ),
    "sepa": Format(
        _by("sepa.export", "sepa"),
        "SEPA-Überweisungen (pain.001.001.09)",
        "SEPA credit transfers (pain.001.001.09)",
        "Das amtliche XSD prüft jede Datei.",
        "The official XSD checks every file.",
    ),
    "datev-xml": Format(
        _by("datev_xml.package", "package"),
        "DATEV XML online (Belegtransfer)",
        "DATEV XML online (Belegtransfer)",
        "DATEVs Schemas sind in keinem Paket: der Betreiber stellt sie bereit.",
        "DATEV's schemas are in no package: the operator provides them.",
        trial=True,
    ),
    "csv": Format(
        _by("table", "table"),
        "Tabelle der Buchungen",
        "table of the postings",
        "Das csv-Modul liest sie zurück.",
        "The csv module reads it back.",
    ),
    "tables-csv": Format(
        _by("tabled", "as_csv"),
        "Rechnungen, Positionen, Steuern, Kontierungen als CSV",
        "invoices, lines, VAT and postings as CSV",
        "DuckDB liest sie zurück, Summen auf den Cent.",
        "DuckDB reads them back, sums to the cent.",
    ),
    "tables-xlsx": Format(
        _by("tabled", "as_xlsx"),
        "dieselben Tabellen als Excel-Mappe",
        "the same tables as an Excel workbook",
        "openpyxl liest sie zurück, Summen auf den Cent.",
        "openpyxl reads them back, sums to the cent.",
    ),
    "tables-parquet": Format(
        _by("tabled", "as_parquet"),
        "dieselben Tabellen als Parquet, Beträge als Dezimalzahlen",
        "the same tables as Parquet, amounts as decimals",
        "pyarrow und DuckDB lesen sie zurück, Summen auf den Cent.",
        "pyarrow and DuckDB read them back, sums to the cent.",
    ),
    "tables-jsonl": Format(
        _by("tabled", "as_jsonl"),
        "dieselben Tabellen als JSON-Zeilen",
        "the same tables as JSON lines",
        "Das json-Modul liest sie zurück, Summen auf den Cent.",
        "The json module reads them back, sums to the cent.",
    ),
    "package": Format(
        _by("package", "package"),
        "Ordnerpaket für DMS oder E-Akte",
        "folder package for a document management system",
        "sha256sum, csv, json und lxml prüfen es; die Ansichten sind PDF/A.",
        "sha256sum, csv, json and lxml check it; the views are PDF/A.",
    ),
    "elo": Format(
        _by("elo", "elo"),
        "Objektliste nach Art von ELO mit Originalen und Ansichten",
        "object list in the manner of ELO with originals and views",
        "Kein amtliches Schema, kein ELO zum Probieren.",
        "No official schema, no ELO to try it on.",
        trial=True,
    ),
    "xdomea": Format(
        _by("xdomea.export", "xdomea"),
        "xdomea 3.0.0 (FVDaten.SGOAblegen.0605) für DMS oder E-Akte",
        "xdomea 3.0.0 (FVDaten.SGOAblegen.0605) for a document management system",
        "Das Schema der KoSIT stellt der Betreiber bereit; kein DMS hat es gelesen.",
        "KoSIT's schema is provided by the operator; no document system has read it.",
        trial=True,
    ),
    "hkr-csv": Format(
        _sample("hkr-csv"),
        "HKR-Muster CSV",
        "accounting sample, CSV",
        "Das csv-Modul liest es zurück; kein Format eines Herstellers.",
        "The csv module reads it back; no vendor's format.",
    ),
    "hkr-fixed": Format(
        _sample("hkr-fixed"),
        "HKR-Muster feste Satzlänge",
        "accounting sample, fixed width",
        "Ein Leser mit eigenen Breiten liest es zurück; kein Format eines Herstellers.",
        "A reader with widths of its own reads it back; no vendor's format.",
    ),
    "hkr-xml": Format(
        _sample("hkr-xml"),
        "HKR-Muster XML",
        "accounting sample, XML",
        "Ein eigenes XSD prüft es; kein Format eines Herstellers.",
        "An XSD of its own checks it; no vendor's format.",
    ),
    "hkr-json": Format(
        _sample("hkr-json"),
        "HKR-Muster JSON",
        "accounting sample, JSON",
        "Das json-Modul liest es zurück; kein Format eines Herstellers.",
        "The json module reads it back; no vendor's format.",
    ),
    "vouchers": Format(
        _by("vouchers", "vouchers"),
        "Anordnungsbelege (PDF/A)",
        "payment vouchers (PDF/A)",
        "veraPDF prüft sie.",
        "veraPDF checks them.",
    ),
}
"""Name → format, in the order of `--help`."""


def format_named(form: str) -> Format:
    """A format by its name: of the table, or a town's own profile. Raises UsageError with those there are."""
    from einvoice.exports.profiles import profiled

    if form in FORMATS:
        return FORMATS[form]
    if profiled.is_own(form):
        return OWN
    raise UsageError(f"--format {form}: {', '.join(FORMATS)}")


def _nothing(closed: "Closed") -> "Output":
    from einvoice.exports.files import Output

    return Output([])


OWN = Format(
    _nothing,
    "eigenes Profil",
    "own profile",
    "Nur sein Empfänger kann es belegen.",
    "Only its receiver can prove it.",
    trial=True,
)
"""A town's own profile: on trial, since only its receiver can prove it; two persons switch it on by a target."""


CMIS = Format(
    _nothing,
    "kein Format: ein Ort, ein DMS über CMIS 1.1",
    "no format: a place, a document management system by CMIS 1.1",
    "Ein Server von Apache Chemistry nimmt es in Tests; kein DMS eines Herstellers.",
    "A server of Apache Chemistry takes it in tests; no vendor's system.",
    trial=True,
)
"""Places of this kind, which a town switches on as it does a trial format, by the name `cmis`."""


def trials() -> list[str]:
    """What a town can switch on."""
    return [*(name for name, one in FORMATS.items() if one.trial), "cmis"]


def demand_tried(what: str, policy: Mapping[str, Any], tenant: "Tenant") -> None:
    """Raises Refused where a town has not switched on what is on trial. policy: its own of the name TRIAL."""
    if what not in policy.get("formats", ()):
        raise Refused(
            f"{what} is on trial: no official schema or receiver has proved it. {tenant.title} can switch it on: "
            f"einvoice tenant trial {tenant.name} {what}.",
            f"{what} ist in Erprobung: kein amtliches Schema, kein Empfänger hat es belegt. {tenant.title} kann es "
            f"einschalten: einvoice tenant trial {tenant.name} {what}.",
        )


def make(form: str, closed: "Closed") -> "Output":
    """The files of a batch in a format. Raises Refused, naming the row, for what the format cannot hold."""
    from einvoice.exports.profiles import profiled

    if profiled.is_own(form):
        return profiled.of_target(form, closed)
    found = format_named(form)
    if found.trial:
        demand_tried(form, closed.policy(TRIAL), closed.tenant)
    return found.write(closed)
