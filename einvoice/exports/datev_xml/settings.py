"""The policy `datev-xml` of a town: where the schemas lie that DATEV gives to its partners."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice.errors import Refused
from einvoice.exports.provided_schema import absolute

POLICY = "datev-xml"
DOCUMENT = "Document_v060.xsd"
LEDGER = "Belegverwaltung_online_ledger_import_v060.xsd"


@dataclass(frozen=True, slots=True)
class Package:
    """The settings, checked. schema: the folder with DOCUMENT, LEDGER and what they import.

    folder: how DATEV files the invoices (`Eingangsrechnungen`). most_files, most_bytes: of one zip.
    """

    schema: Path
    folder: str = "Eingangsrechnungen"
    most_files: int = 4800
    most_bytes: int = 100_000_000


def read(table: Mapping[str, Any]) -> Package:
    """The settings of a policy. Raises Refused, saying what to provide."""
    schema = Path(str(table.get("schema") or ""))
    missing = [name for name in (DOCUMENT, LEDGER) if not (schema / name).is_file()]
    if not table.get("schema") or missing:
        names = ", ".join(missing or (DOCUMENT, LEDGER))
        raise Refused(
            f"datev-xml needs DATEV's schemas: put {names} (with what they import, from DATEV's developer portal) "
            "into a folder and name it: `schema = …` in the table [datev-xml] of `einvoice tenant datev-xml`.",
            f"datev-xml braucht die Schemas der DATEV: {names} (mit dem, was sie importieren, aus dem "
            "Entwicklerportal der DATEV) in einen Ordner legen und ihn nennen: `schema = …` in der Tabelle "
            "[datev-xml] von `einvoice tenant datev-xml`.",
        )
    absolute(schema, POLICY)
    given = {key: value for key, value in table.items() if key != "schema"}
    for key, kind in (("folder", str), ("most_files", int), ("most_bytes", int)):
        if key in given and not (isinstance(given[key], kind) and given[key]):
            _refuse(key, given[key])
    if unknown := sorted(set(given) - {"folder", "most_files", "most_bytes"}):
        _refuse(unknown[0], given[unknown[0]])
    return Package(schema, **given)


def _refuse(key: str, value: Any) -> None:
    raise Refused(
        f"Policy datev-xml, {key}: {value!r} cannot be.", f"Regel datev-xml, {key}: {value!r} geht nicht."
    )
