"""How long what must be kept: a rule per class, each with the event its time starts from; a tenant may set all of it.

Sources: § 14b UStG and § 147 AO (8 years from the end of the year of issue), § 59 KomHVO NRW (6 years from 1 January
after the council adopted the annual accounts). The longest rule that applies counts.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from einvoice.errors import UsageError
from einvoice.store.tables import Invoice
from einvoice.store.times import day_of

POLICY = "retention"
"""The name of the policy that holds a tenant's rules."""

CLASSES = ("invoice", "rejected", "no-invoice")
"""An invoice that counts; one that was rejected or returned; a delivery that held none."""

FINAL = ("exported", "acknowledged", "rejected", "returned", "duplicate")
"""States in which nothing is left to do with an invoice: only then its time can run out."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How long things are kept. adopted: budget year → day on which the council adopted its annual accounts.

    municipal: whether § 59 KomHVO counts as well; then an invoice of a year without that day is kept on.
    run: whether `run` deletes by itself.
    """

    invoice_years: int = 8
    municipal: bool = True
    municipal_years: int = 6
    rejected_days: int = 365
    no_invoice_days: int = 90
    payload_years: int = 10
    person_years: int = 10
    adopted: Mapping[str, str] = field(default_factory=dict)
    run: bool = False

    def ends(self, invoice: Invoice, kind: str) -> date | None:
        """The last day an invoice must be kept; None: not known yet."""
        received = day_of(invoice.received)
        if kind == "no-invoice":
            return received + timedelta(days=self.no_invoice_days)
        if kind == "rejected":
            return received + timedelta(days=self.rejected_days)
        start = date.fromisoformat(invoice.retention_from or invoice.issue_date or received.isoformat())
        tax = date(max(start.year, received.year) + self.invoice_years, 12, 31)
        if not self.municipal:
            return tax
        adopted = self.adopted.get(str(start.year))
        if adopted is None:
            return None
        return max(tax, date(date.fromisoformat(adopted).year + self.municipal_years, 12, 31))

    def stored(self) -> dict[str, Any]:
        """As a policy holds it."""
        return {**asdict(self), "adopted": dict(self.adopted)}


def rules_from(table: Mapping[str, Any]) -> Rules:
    """Rules from a policy or a TOML table; what is not said keeps its default. Raises UsageError naming the key."""
    known = {one.name: type(getattr(Rules(), one.name)) for one in fields(Rules) if one.name != "adopted"}
    for key, value in table.items():
        if key == "adopted":
            continue
        if key not in known or type(value) is not known[key] or (isinstance(value, int) and value < 0):
            raise UsageError(
                f"retention.{key} = {value}: known are {', '.join(known)}; numbers from 0, or true/false.",
                f"retention.{key} = {value}: bekannt sind {', '.join(known)}; Zahlen ab 0 oder true/false.",
            )
    return Rules(**{**table, "adopted": _days(table.get("adopted", {}))})


def _days(table: Any) -> dict[str, str]:
    found = {}
    for year, day in table.items() if isinstance(table, Mapping) else [("", table)]:
        text = day.isoformat() if isinstance(day, date) else str(day)
        try:
            if date.fromisoformat(text).year < int(year):
                raise ValueError
        except ValueError:
            raise UsageError(
                f'retention.adopted: "{year}" = {text}: a budget year and the day of the council\'s decision.',
                f'retention.adopted: "{year}" = {text}: ein Haushaltsjahr und der Tag des Ratsbeschlusses.',
            ) from None
        found[str(year)] = text
    return found
