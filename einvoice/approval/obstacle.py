"""One thing that stands in the way of an act on an invoice, and how a module looks for it; see obstacles.py."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from einvoice.store.tables import Invoice


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that blocks an act: a code (`iban-unconfirmed`) and what to do about it, in German and English."""

    code: str
    de: str
    en: str


Look = Callable[[Session, Invoice, str], list[Obstacle]]
"""Looks at an invoice for an act (`confirm-factual`, `confirm-arithmetic`, `budget`, `authorise`, `visa`, `pay`)."""
