"""How contexts are found: an automaton over element names, built as documents need it and kept.

A state knows which contexts have come how far on the way from the root to an element, and which have arrived.
There are no more states than sets of such positions, whatever names a document invents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from einvoice.rulebook.facturx.paths import Test
from einvoice.rulebook.facturx.tree import Node
from einvoice.rulebook.facturx.values import Abort, Values

Check = Callable[[Node], Values | None]
"""None: the node is fine; else the values of the breach."""

_ANY = "*"


@dataclass(frozen=True, slots=True)
class Row:
    """One official assert or report of one profile; the columns of rules/factur-x/*.tsv."""

    rule: str
    severity: str
    norm: str
    pattern: int
    rank: int
    context: str
    kind: str
    path: str
    limit: str
    skips_below: bool
    fires: bool
    """False: no document was found on which the official row fires."""
    line: int


Checked = tuple[Row, Check]


@dataclass(frozen=True, slots=True)
class Context:
    """Where the rows of one rank of one pattern look: names from the root on, conditions of single steps."""

    pattern: int
    rank: int
    anywhere: bool
    names: tuple[str, ...]
    guards: tuple[tuple[int, Test], ...]
    """Steps up from the node, and the condition there; the nearest first."""
    checks: tuple[Checked, ...]
    skips_below: bool

    def fits(self, node: Node) -> bool:
        """Whether the conditions hold; one that the official processor cannot answer does not."""
        try:
            for steps, test in self.guards:
                if not test(_up(node, steps) if steps else node):
                    return False
        except Abort:
            return False
        return True


def _up(node: Node, steps: int) -> Node:
    for _ in range(steps):
        assert node.parent is not None
        node = node.parent
    return node


Contest = tuple[int, tuple[Context, ...]]
"""A pattern and its contexts."""

_Place = tuple[int, int]
"""A context (its number) and how many of its names have been met, ending here."""


class State:
    """Positions of all contexts at an element, and what those that have arrived check there (see arrived)."""

    __slots__ = ("_automaton", "_next", "_other", "_places", "certain", "contests")

    def __init__(self, automaton: "Automaton", places: frozenset[_Place]) -> None:
        self._automaton = automaton
        self._places = places
        self._next: dict[str, State] = {}
        self._other: State | None = None
        self.certain, self.contests = automaton.arrived(places)

    def after(self, name: str) -> "State":
        """The state at a child of this name."""
        found = self._next.get(name)
        if found is None and name in self._automaton.names:
            found = self._next[name] = self._automaton.step(self._places, name)
        return found or self._after_other()

    def _after_other(self) -> "State":
        """The state at a child whose name no context mentions."""
        if self._other is None:
            self._other = self._automaton.step(self._places, "")
        return self._other


class Automaton:
    """The contexts of one profile, ready to follow the way down to any element."""

    def __init__(self, contexts: Sequence[Context]) -> None:
        self._contexts = contexts
        self._begun = frozenset((i, 0) for i, c in enumerate(contexts) if c.anywhere)
        self._skipping = frozenset(context.pattern for context in contexts if context.skips_below)
        self._states: dict[frozenset[_Place], State] = {}
        self.names = frozenset(name for context in contexts for name in context.names)
        self.start = State(self, frozenset((i, 0) for i, c in enumerate(contexts) if not c.anywhere))

    def step(self, places: frozenset[_Place], name: str) -> State:
        """The state after one more name; the same object for the same positions."""
        met = frozenset((i, n + 1) for i, n in places | self._begun if self._expects(i, n, name))
        state = self._states.get(met)
        if state is None:
            state = self._states[met] = State(self, met)
        return state

    def _expects(self, i: int, n: int, name: str) -> bool:
        names = self._contexts[i].names
        return n < len(names) and names[n] in (name, _ANY)

    def arrived(self, places: frozenset[_Place]) -> tuple[tuple[Checked, ...], tuple[Contest, ...]]:
        """What is checked at every such element; and by pattern the contexts that compete for it, in their order."""
        here = [self._contexts[i] for i, n in places if n == len(self._contexts[i].names)]
        patterns = sorted({context.pattern for context in here})
        contests = [(p, _ranked([c for c in here if c.pattern == p])) for p in patterns]
        open_ = tuple((p, cs) for p, cs in contests if cs[0].guards or p in self._skipping)
        certain = [cs[0] for p, cs in contests if not (cs[0].guards or p in self._skipping)]
        return tuple(checked for context in certain for checked in context.checks), open_


def _ranked(contexts: list[Context]) -> tuple[Context, ...]:
    """Up to the first that takes every node: those after it never get one."""
    ordered = sorted(contexts, key=lambda context: context.rank)
    ends = next((i for i, context in enumerate(ordered) if not context.guards), len(ordered))
    return tuple(ordered[: ends + 1])
