"""The policy `payment` of a town that pays by itself: its account, when is paid, and what the bank takes.

A change of it is a proposal that a second person confirms, as of everything that decides who gets money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from einvoice.errors import Refused
from einvoice.exports.sepa.accounts import is_bic
from einvoice.model.accounts import bare, problem

KEYS = frozenset(
    {
        "name",
        "iban",
        "bic",
        "execution",
        "lead",
        "accounts",
        "addresses",
        "most_rows",
        "most_amount",
        "schema",
    }
)


@dataclass(frozen=True, slots=True)
class Payment:
    """The settings, checked.

    execution: `latest` (the last bank day that keeps the best Skonto still reached, else the day it is due) or
    `at-once`. lead: bank days between making the file and the first execution. accounts: `confirmed` (only IBANs
    that were confirmed against a source outside the invoice) or `authorised` (those of authorised invoices).
    addresses: whether creditors' addresses are sent though none is needed. most_rows, most_amount: of one file.
    schema: a copy of pain.001.001.09.xsd in place of the one that the extra `sepa` brings.
    """

    name: str
    iban: str
    bic: str | None = None
    execution: str = "latest"
    lead: int = 1
    accounts: str = "confirmed"
    addresses: bool = False
    most_rows: int = 10_000
    most_amount: Decimal = Decimal("999999999.99")
    schema: str | None = None


def read(table: Mapping[str, Any]) -> Payment:
    """The settings of a policy. Raises Refused, naming the key."""
    if not table:
        raise Refused(
            "This town does not pay by itself: `einvoice tenant payment --help`.",
            "Diese Kommune zahlt nicht selbst: `einvoice tenant payment --help`.",
        )
    given = dict(table)
    given["iban"] = bare(str(given.get("iban", "")))
    for key, fits in _CHECKS.items():
        if key in ("name", "iban") or key in given:
            _demand(key, given.get(key), fits)
    if unknown := sorted(set(given) - KEYS):
        _demand(unknown[0], given[unknown[0]], lambda value: False)
    if "most_amount" in given:
        given["most_amount"] = Decimal(str(given["most_amount"]))
    return Payment(**given)


def _demand(key: str, value: Any, fits: Any) -> None:
    try:
        good = bool(fits(value))
    except (TypeError, ArithmeticError, ValueError):
        good = False
    if not good:
        raise Refused(
            f"Policy payment, {key}: {value!r} cannot be. See `einvoice tenant payment --help`.",
            f"Regel payment, {key}: {value!r} geht nicht. Siehe `einvoice tenant payment --help`.",
        )


_CHECKS: Mapping[str, Any] = {
    "name": lambda value: isinstance(value, str) and value.strip(),
    "iban": lambda value: problem(value) is None,
    "bic": lambda value: value is None or is_bic(value),
    "execution": lambda value: value in ("latest", "at-once"),
    "lead": lambda value: isinstance(value, int) and 0 <= value <= 20,
    "accounts": lambda value: value in ("confirmed", "authorised"),
    "addresses": lambda value: isinstance(value, bool),
    "most_rows": lambda value: isinstance(value, int) and 1 <= value <= 100_000,
    "most_amount": lambda value: 0 < Decimal(str(value)) <= Decimal("999999999999.99"),
    "schema": lambda value: value is None or isinstance(value, str),
}
