"""The formats a batch can be exported in. A room that has another adds a line to FORMATS.

Two classes: *proved* (an independent reader or an official schema reads it in our tests) and *trial* (there is no
official schema or receiver to be had): a trial format is off until the town switches it on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from einvoice.errors import Refused, UsageError
from einvoice.exports.closed import Closed
from einvoice.exports.datev import datev
from einvoice.exports.files import Output
from einvoice.exports.sepa.export import sepa
from einvoice.exports.table import table

TRIAL = "trial"
"""The policy that switches trial formats on: `{"formats": ["datev-xml"]}`."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what writes it, what it is called, and whether it is a trial."""

    write: Callable[[Closed], Output]
    de: str
    en: str
    trial: bool = False

    @property
    def standing(self) -> str:
        """The class of the format: `proved` or `trial`."""
        return "trial" if self.trial else "proved"


FORMATS: dict[str, Format] = {
    "datev-extf": Format(datev, "DATEV EXTF Buchungsstapel", "DATEV EXTF Buchungsstapel"),
    "sepa": Format(sepa, "SEPA-Überweisungen (pain.001.001.09)", "SEPA credit transfers (pain.001.001.09)"),
    "csv": Format(table, "Tabelle der Buchungen", "table of the postings"),
}
"""Name → format, in the order of `--help`."""


def format_named(form: str) -> Format:
    """A format by its name. Raises UsageError with those there are."""
    if form not in FORMATS:
        raise UsageError(f"--format {form}: {', '.join(FORMATS)}")
    return FORMATS[form]


def make(form: str, closed: Closed) -> Output:
    """The files of a batch in a format. Raises Refused, naming the row, for what the format cannot hold."""
    found = format_named(form)
    if found.trial and form not in closed.policy(TRIAL).get("formats", ()):
        raise Refused(
            f"{form} is on trial: no official schema or receiver has proved it. {closed.tenant.title} can switch it "
            f"on: einvoice tenant trial {closed.tenant.name} {form}.",
            f"{form} ist in Erprobung: kein amtliches Schema, kein Empfänger hat es belegt. {closed.tenant.title} "
            f"kann es einschalten: einvoice tenant trial {closed.tenant.name} {form}.",
        )
    return found.write(closed)
