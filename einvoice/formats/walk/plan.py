"""Which patterns a walk follows: the syntax rules of a table, the terms, or both. Plans are made once and shared."""

from dataclasses import dataclass
from functools import lru_cache

from einvoice.errors import RulebookError
from einvoice.formats.walk.automaton import Automaton
from einvoice.formats.walk.bindings import term_patterns
from einvoice.formats.walk.groups import Group
from einvoice.formats.walk.known import known_patterns
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.occurring import invoice_of
from einvoice.formats.walk.rules import Table, rule_patterns
from einvoice.formats.walk.walk import Judging, Walked


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What to look for in documents of one syntax. Safe to share between threads."""

    syntax: str
    automaton: Automaton
    terms: bool
    rules: bool = True


@lru_cache(maxsize=64)
def plan(syntax: str, table: Table | None = None, terms: bool = True) -> Plan:
    """The plan for a syntax ("ubl-invoice", "ubl-creditnote", "cii"), with syntax rules, terms, or both.

    The same arguments give the same plan (a table is known by its identity).
    Raises RulebookError for tables that do not make sense, and ValueError for an unknown syntax.
    """
    if syntax not in SYNTAXES.values():
        raise ValueError(f"{syntax!r} is none of {', '.join(SYNTAXES.values())}")
    try:
        found = rule_patterns(table) if table is not None else []
        if terms:
            found += term_patterns(syntax) + known_patterns(syntax)
    except ValueError as error:
        raise RulebookError(f"tables of {syntax}: {error}", f"Tabellen zu {syntax}: {error}") from error
    return Plan(syntax, Automaton(found), terms, table is not None)


def walk(root: Element, plan: Plan) -> Walked:
    """What the tree says. Raises NotAnInvoice for elements nested deeper than 256."""
    invoice = invoice_of(root, plan.automaton) if plan.terms else Group("", root)
    if not plan.rules:
        return Walked([], invoice)
    walking = Judging(root)
    for _ in walking.listings(plan.automaton.start):
        pass
    return Walked(walking.broken, invoice)
