"""What a change of what decides is: a kind with who may make it, what it replaces and how it is put into force.

A module that owns such a change defines a `Kind`; the table in kinds.py names it, and nothing else is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from einvoice.store.work import Work

Value = dict[str, Any] | None
"""The old or the new value of a change as JSON has it (amounts and days as text); None: there is none."""

ADMINISTRATORS = frozenset({"administrator"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of what (subject, in the words of its kind), for which tenant (None: the installation).

    proposed_by, decided_by: persons; the same one where it was made alone.
    """

    tenant_id: int | None
    subject: str
    old: Value
    new: Value
    proposed_by: int
    decided_by: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change.

    now: the value in force (session, tenant, subject, new value); a proposal whose old value is no longer that one
    is refused.
    apply: puts a change into force within the transaction of the decision, with its own events.
    check: raises Refused or UsageError for a value that cannot be, when proposed and again when decided.
    named: the subject as a person reads it (session, tenant, subject) in German and English.
    told: what changes, from the old and the new value, in German and English; None: both values key by key.
    proposers, deciders: one of these roles in the tenant is needed; `administrator` is also that of the installation.
    alone: whether it takes effect at once while there is no second person who could decide.
    personal: the values are about a person: once decided they stand in the event's erasable payload only.
    content: the values are the town's own content (whom it pays, say): who administers the installation neither sees
    nor decides it by that.
    """

    de: str
    en: str
    now: Callable[[Session, int | None, str, Value], Value]
    apply: Callable[[Work, Change], None]
    check: Callable[[Session, int | None, str, Value], None] = lambda session, tenant, subject, new: None
    named: Callable[[Session, int | None, str], tuple[str, str]] = lambda session, tenant, subject: (
        subject,
        subject,
    )
    told: Callable[[Value, Value], tuple[str, str]] | None = None
    proposers: frozenset[str] = ADMINISTRATORS
    deciders: frozenset[str] = ADMINISTRATORS
    alone: bool = True
    personal: bool = False
    content: bool = False
