"""Runs the rows of a profile over a document: each node is judged, per pattern, by the first context that fits it."""

import decimal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from einvoice.rulebook.facturx.breach import FacturxBreach
from einvoice.rulebook.facturx.plan import plan
from einvoice.rulebook.facturx.states import Checked, Context, Row
from einvoice.rulebook.facturx.tree import Node, grow
from einvoice.rulebook.facturx.values import Abort

EXACT = decimal.Context(prec=100_000, traps=[])
"""Official decimals have no limit, and nothing an invoice says may raise an exception."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """A row at which the official stylesheet stops: why ("several" items where one is compared, or no "number")."""

    row: Row
    why: str
    elements: tuple[etree._Element, ...]
    """The items in question, at least one: the node itself where nothing nearer is known."""


@dataclass(slots=True)
class Judgement:
    """All that the rows of a profile say about a document."""

    breaches: list[FacturxBreach] = field(default_factory=list)
    aborts: list[Aborted] = field(default_factory=list)


def judgement(root: etree._Element, profile: str) -> Judgement:
    """Judges a CII document; RulebookError for an unknown profile, nothing else."""
    automaton = plan(profile)
    result = Judgement()
    with decimal.localcontext(EXACT):
        for node in grow(root, automaton.start).nodes:
            _judge(node, node.state.certain, profile, result)
            for context in _taking(node):
                _judge(node, context.checks, profile, result)
    return result


def _taking(node: Node) -> Iterator[Context]:
    """Per pattern the first context that fits; what it skips, its descendants never see (they are grown already,
    and later in the order)."""
    above = node.parent.skipped if node.parent else frozenset[int]()
    node.skipped = above
    for pattern, contexts in node.state.contests:
        if pattern in above:
            continue
        for context in contexts:
            if not context.guards or context.fits(node):
                if context.skips_below:
                    node.skipped = node.skipped | {pattern}
                yield context
                break


def _judge(node: Node, checks: Sequence[Checked], profile: str, result: Judgement) -> None:
    for row, check in checks:
        try:
            values = check(node)
        except Abort as abort:
            result.aborts.append(Aborted(row, abort.why, _elements(node, abort)))
            continue
        if values is not None:
            result.breaches.append(FacturxBreach(row, profile, node.element, values))


def _elements(node: Node, abort: Abort) -> tuple[etree._Element, ...]:
    found = [item.element if isinstance(item, Node) else item.parent.element for item in abort.items]
    return tuple(found) or (node.element,)
