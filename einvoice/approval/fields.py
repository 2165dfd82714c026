"""What a town wants every posting to say: required dimensions, patterns, lengths, codes that its master data has.

[posting.fields.product]
required = true
pattern = "[0-9]{6}"
length = 6              # or [4, 6]
master = true
"""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session

from einvoice.approval import master
from einvoice.approval.chain import chain_of
from einvoice.approval.obstacle import Obstacle
from einvoice.approval.postings import DIMENSIONS, NEEDED, checked_settings, rows
from einvoice.errors import UsageError
from einvoice.rulebook import patterns
from einvoice.rulebook.types import Wrong
from einvoice.store import people
from einvoice.store.tables import Invoice, Posting

ASKED = ("confirm-arithmetic", "budget", "authorise")
"""The acts before which postings have to be complete, where no later one of them is there to ask."""

MASTER = {
    "account": "account", "product": "product", "cost_centre": "cost_centre", "cost_object": "cost_object",
    "investment": "investment", "commitment": "order", "contra_account": "supplier",
}  # fmt: skip
"""Dimension → kind of master data that has its codes."""

_MODES = ("warn", "block")


def stored(table: Mapping[str, Any]) -> dict[str, Any]:
    """A policy `posting` as it is stored, if it makes sense: what DATEV needs (all or nothing), fields, checks.

    Raises Refused or UsageError, naming the key.
    """
    if any(key in table for key in ("consultant", "client")) or not {"fields", "orders"} & set(table):
        checked_settings(table)
    for key in ("overrun", "standing_orders"):
        if table.get("orders", {}).get(key, "warn") not in _MODES:
            raise UsageError(f"posting.orders.{key}: {' | '.join(_MODES)}")
    for name, wanted in table.get("fields", {}).items():
        _checked_field(name, wanted)
    if wrong := [key for key in NEEDED if key in table and not str(table[key]).isdigit()]:
        raise UsageError(f"posting.{wrong[0]}: digits", f"posting.{wrong[0]}: nur Ziffern")
    return dict(table)


def obstacles(session: Session, invoice: Invoice, act: str) -> list[Obstacle]:
    """What an invoice's postings lack for an act, each with its position and what to do."""
    if not asked(session, invoice, act):
        return []
    wanted = people.policy(session, invoice.tenant_id or 0, "posting").get("fields") or {}
    found = rows(session, invoice.id or 0)
    return [one for row in found for one in _missing(session, row, wanted)] + _sum(invoice, found)


def asked(session: Session, invoice: Invoice, act: str) -> bool:
    """Whether an act asks for complete postings: confirming does not where the chain has a step for them (budget)."""
    steps = [step.act for step in chain_of(session, invoice.tenant_id or 0).steps]
    return act in ASKED and not (act == "confirm-arithmetic" and "budget" in steps)


def _sum(invoice: Invoice, found: list[Posting]) -> list[Obstacle]:
    said = sum((row.amount or 0 for row in found), 0 * (invoice.gross or 0))
    if not found or invoice.approved is None or said == invoice.approved:
        return []
    return [
        Obstacle(
            "posting-sum",
            f"Die Kontierung ergibt {said}, genehmigt sind {invoice.approved}.",
            f"The postings make {said}, approved are {invoice.approved}.",
        )
    ]


def _missing(session: Session, row: Posting, wanted: Mapping[str, Any]) -> Iterator[Obstacle]:
    for name, code, de, en in wrong_in(session, row, wanted):
        words = DIMENSIONS[name]
        yield Obstacle(
            "posting-field",
            f"Kontierung {row.position} ({row.amount}): {words[0]} {code} {de}.".replace("  ", " "),
            f"Posting {row.position} ({row.amount}): {words[1]} {code} {en}.".replace("  ", " "),
        )


def wrong_in(
    session: Session, row: Posting, wanted: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    """What a posting's fields lack of what a town wants: dimension, code, and what is wrong in German and English."""
    for name, asks in wanted.items():
        value = getattr(row, name)
        code = "" if value is None else str(value)
        for de, en in _wrong(session, row.tenant_id, name, code, asks):
            yield name, code, de, en


def _wrong(
    session: Session, tenant_id: int, name: str, code: str, asks: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if not code:
        if asks.get("required"):
            yield "fehlt", "is missing"
        return
    least, most = _bounds(asks.get("length"))
    if not least <= len(code) <= most:
        span = f"{least}" if least == most else f"{least}-{most}"
        yield f"hat nicht {span} Stellen", f"has not {span} characters"
    elif (pattern := asks.get("pattern")) and not re.fullmatch(pattern, code):
        yield f"passt nicht auf {pattern}", f"does not fit {pattern}"
    elif asks.get("master") and not master.known(session, tenant_id, MASTER[name], code):
        yield "steht nicht in den Stammdaten oder ist ungültig", "is not in the master data, or retired"


def _bounds(length: Any) -> tuple[int, int]:
    if isinstance(length, int):
        return length, length
    return (int(length[0]), int(length[1])) if length else (0, 1000)


def _checked_field(name: str, wanted: Any) -> None:
    if name not in DIMENSIONS or not isinstance(wanted, dict):
        raise UsageError(
            f"posting.fields.{name}: fields are {', '.join(DIMENSIONS)}",
            f"posting.fields.{name}: Felder sind {', '.join(DIMENSIONS)}",
        )
    checks: dict[str, Any] = {
        "required": lambda one: isinstance(one, bool),
        "master": lambda one: isinstance(one, bool) and (not one or name in MASTER),
        "length": _is_length,
        "pattern": lambda one: isinstance(one, str),
    }
    for key, value in wanted.items():
        if key not in checks or not checks[key](value):
            raise UsageError(
                f"posting.fields.{name}.{key} = {value!r}: required, pattern, length, master; see docs/posting.md",
                f"posting.fields.{name}.{key} = {value!r}: required, pattern, length, master; siehe docs/posting.md",
            )
    try:
        patterns.checked(ast.Constant(wanted.get("pattern", "")))
    except Wrong as error:
        raise UsageError(f"posting.fields.{name}.pattern: {error}") from None


def _is_length(value: Any) -> bool:
    if type(value) is int:
        return 0 < value < 1000
    both = isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)
    return both and 0 < value[0] <= value[1] < 1000
