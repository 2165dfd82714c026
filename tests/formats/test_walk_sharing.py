"""One automaton for all documents and threads: it stays small, and nobody's document changes another's result."""

import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from einvoice.formats.walk import Plan, automaton, marks, walk
from einvoice.formats.walk.automaton import Automaton, State
from einvoice.formats.walk.bindings import term_patterns
from einvoice.formats.walk.names import clark
from einvoice.formats.walk.rules import rule_patterns
from einvoice.model.namespaces import NAMESPACES
from einvoice.rulebook.syntax import syntax_rules
from tests.formats.walk_trees import tree

NAMES = [
    "cbc:ID", "cbc:Note", "cbc:ChargeIndicator", "cbc:Amount", "cbc:DocumentTypeCode", "cbc:PaymentID",
    "cac:AllowanceCharge", "cac:AdditionalDocumentReference", "cac:Party", "cac:InvoiceLine", "cac:SubInvoiceLine",
    "cac:Item", "cac:Price", "cac:Delivery", "cac:PartyTaxScheme", "cac:TaxScheme", "cac:AccountingSupplierParty",
]  # fmt: skip
TEXTS = ["", "true", " 0 ", "130", "VAT", "1.234"]


def fresh() -> Plan:
    """A plan with an automaton that has seen no document yet."""
    rules = syntax_rules("1.3.16", "ubl-invoice")
    return Plan("ubl-invoice", Automaton(rule_patterns(rules) + term_patterns("ubl-invoice")), True)


def outcome(
    root: etree._Element, plan: Plan
) -> tuple[list[tuple[str, str]], list[tuple[str, str, str | None]]]:
    found = walk(root, plan)
    path = root.getroottree().getpath
    said = [(one.term, one.text, one.attribute) for one in found.invoice.everything()]
    return [(rule, path(element)) for rule, element in found.broken], said


@st.composite
def documents(draw: st.DrawFn) -> etree._Element:
    root = etree.Element(clark("ubl:Invoice"), nsmap=NAMESPACES)
    nodes = [root]
    for name, above, text in draw(
        st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 30), st.sampled_from(TEXTS)), max_size=40)
    ):
        nodes.append(etree.SubElement(nodes[above % len(nodes)], clark(name)))
        nodes[-1].text = text
    return root


SHARED = fresh()


@settings(max_examples=20, deadline=None)
@given(documents())
def test_what_was_seen_before_makes_no_difference(root: etree._Element) -> None:
    assert outcome(root, SHARED) == outcome(root, fresh())


def test_threads_share_an_automaton() -> None:
    """Eight threads grow one automaton at once, in different orders; each gets what a lone walk gets."""
    roots = [tree(f"<ubl:Invoice>{_inner(number)}</ubl:Invoice>") for number in range(60)]
    expected = [outcome(root, fresh()) for root in roots[:6]] + [outcome(root, SHARED) for root in roots[6:]]
    shared, wrong = fresh(), []

    def work(start: int) -> None:
        for step in range(len(roots)):
            number = (start * 7 + step * (2 * start + 1)) % len(roots)
            if outcome(etree.fromstring(etree.tostring(roots[number])), shared) != expected[number]:
                wrong.append(number)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def _inner(number: int) -> str:
    name = NAMES[number % len(NAMES)]
    other = NAMES[(number * 5 + 1) % len(NAMES)]
    text = TEXTS[number % len(TEXTS)]
    return f"<{name}><{other}>{text}</{other}><cbc:ID>{number}</cbc:ID></{name}>" * (1 + number % 3)


def states(start: State) -> Iterator[State]:
    """All states that can be reached."""
    seen: dict[int, State] = {}
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if id(state) not in seen:
            seen[id(state)] = state
            waiting += [*state.values(), *(state.fork.values() if state.fork is not None else ())]
    yield from seen.values()


def test_hostile_variety_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "MANY_TAGS", 20)
    monkeypatch.setattr(automaton, "MANY_KEYS", 10)
    monkeypatch.setattr(automaton, "MANY_STATES", 60)
    monkeypatch.setattr(marks, "MANY_COUNTS", 5)
    plan, ordinary = fresh(), tree(f"<ubl:Invoice>{''.join(map(_inner, range(17)))}</ubl:Invoice>")
    expected = outcome(ordinary, plan)
    for number in range(40):
        strange = "".join(f"<cbc:N{number}x{n}>{n}</cbc:N{number}x{n}>" for n in range(30))
        charges = "".join(
            f"<cac:AllowanceCharge><cbc:ChargeIndicator>{n + number}</cbc:ChargeIndicator></cac:AllowanceCharge>"
            for n in range(15)
        )
        walk(
            tree(f"<ubl:Invoice>{strange}{charges}<cac:Item>{_inner(number)}</cac:Item></ubl:Invoice>"), plan
        )
    assert outcome(ordinary, plan) == expected
    kept = list(states(plan.automaton.start))
    assert max(len(state) for state in kept) <= 20
    assert max(len(state.fork) for state in kept if state.fork is not None) <= 10
    assert len(plan.automaton._states) <= 60


def test_long_texts_are_not_remembered() -> None:
    plan = fresh()
    for text in ("short", "#AAI#" + "x" * 1_000):
        walk(tree(f"<ubl:Invoice><cbc:Note>{text}</cbc:Note></ubl:Invoice>"), plan)
    keys = [key for state in states(plan.automaton.start) if state.fork is not None for key in state.fork]
    texts = {text for key in keys for found in key for text in ([found] if isinstance(found, str) else found)}
    assert "short" in texts
    assert max(map(len, texts)) <= automaton.LONG_TEXT


def test_hundreds_of_empty_texts_are_not_remembered_either() -> None:
    plan = fresh()
    for count in (1, 500):
        schemes = f"<cac:PartyTaxScheme>{'<cac:TaxScheme/>' * count}</cac:PartyTaxScheme>"
        seller = (
            f"<cac:AccountingSupplierParty><cac:Party>{schemes}</cac:Party></cac:AccountingSupplierParty>"
        )
        walk(tree(f"<ubl:Invoice>{seller}</ubl:Invoice>"), plan)
    keys = [key for state in states(plan.automaton.start) if state.fork is not None for key in state.fork]
    assert max(len(found) for key in keys for found in (key, *key)) < automaton.LONG_TEXT


def test_groups_and_tree_are_freed_without_the_cycle_collector() -> None:
    import gc
    import weakref

    found = walk(tree(f"<ubl:Invoice>{_inner(9)}</ubl:Invoice>"), SHARED)
    gc.disable()
    try:

        class Watched:
            pass

        watched = Watched()
        alive = weakref.ref(watched)
        found.invoice.found.append((watched, None, found.invoice.element, None))  # type: ignore[arg-type]
        del watched, found
        assert alive() is None
    finally:
        gc.enable()
