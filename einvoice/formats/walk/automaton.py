"""All patterns at once: a state says, for a place in the tree, what is still awaited there and what is reached.

States are made when first needed and kept; there are as many as there are kinds of places, however deep or long
documents are. A step over an element is one look-up: `state[element.tag]`.

An automaton is shared by all threads and grows without a lock: every table is a dict whose missing entries depend
on the key alone, so two threads that miss at once make two equal entries, and either may stay. What documents
could grow without end is capped; a table that is full is emptied and grows again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from einvoice.formats.walk.conditions import Condition, Seen, among, reader, recalling
from einvoice.formats.walk.marks import Binding, Check, Collect, Context, Count, Fire, Known, Pardon, Special
from einvoice.formats.walk.names import Element
from einvoice.formats.walk.paths import Pattern, Step

MANY_TAGS = 2_000
MANY_STATES = 20_000
MANY_KEYS = 500
LONG_TEXT = 60
"""A fork does not remember longer texts, nor as many: codes are short, and notes are all different."""

Item = tuple[Pattern, int]
"""A pattern and the number of its steps that are done."""


class Move(NamedTuple):
    """A pattern that goes on by one step, if the conditions hold."""

    item: Item
    conditions: tuple[Condition, ...]


def _rule(mark: object) -> str:
    """The order in which rules are told that are broken at one place, the same in every process."""
    return mark.rule if isinstance(mark, Fire | Check | Collect | Special) else ""


class Actions:
    """What is to be done at a state, on the element itself or on one of its attributes."""

    __slots__ = (
        "asks",
        "checks",
        "collects",
        "counts",
        "fires",
        "groups",
        "judges",
        "known",
        "rare",
        "specials",
        "terms",
    )

    def __init__(self, marks: Iterable[object]) -> None:
        pardoned, others = set(), []
        for mark in marks:
            if isinstance(mark, Pardon):
                pardoned.add(mark.rule)
            else:
                others.append(mark)
        others.sort(key=_rule)
        self.fires = tuple([m for m in others if isinstance(m, Fire) and m.rule not in pardoned])
        self.checks = tuple(
            [(m.rule, m.fine) for m in others if isinstance(m, Check) and m.rule not in pardoned]
        )
        self.collects = tuple([(m.rule, m.form) for m in others if isinstance(m, Collect)])
        self.specials = tuple([(m.rule, m.broken) for m in others if isinstance(m, Special)])
        self.counts = tuple([(m.context, 2 * m.slot) for m in others if isinstance(m, Count)])
        self.rare = bool(self.fires or self.collects or self.specials)
        self.asks = bool(self.checks or self.rare)
        self.judges = bool(self.counts or self.asks)
        bindings = sorted((m for m in others if isinstance(m, Binding)), key=lambda b: (b.term, b.parent))
        self.groups = tuple([binding for binding in bindings if binding.is_group])
        self.terms = tuple([binding for binding in bindings if not binding.is_group])
        self.known = tuple([m for m in others if isinstance(m, Known)])


class State(dict[str, "State"]):
    """tag -> State. What stands in the slots is to be done on an element here; None: nothing of that kind.

    `attributes` are those the walk has to look at, `marked` all that any pattern ends in. What reading has to
    do at the place is worked out by einvoice.formats.directing and kept in `told`; `leaf` is the one term to be read
    there, where that is all, and `leads` says that there is nothing to be read, but perhaps within.
    """

    __slots__ = (
        "attributes",
        "automaton",
        "awaited",
        "busy",
        "context",
        "counts",
        "fork",
        "groups",
        "idle",
        "index",
        "judge",
        "known",
        "leads",
        "leaf",
        "marked",
        "terms",
        "told",
    )  # fmt: skip

    def __init__(self, automaton: "Automaton", items: Iterable[Item], done: Iterable[Pattern]) -> None:
        super().__init__()
        awaited, reached = set(items), set(done)
        taken_by = [pattern.mark for pattern in reached if isinstance(pattern.mark, Context)]
        context = min(taken_by, key=lambda c: c.order, default=None)
        for target in context.targets if context else ():
            if target.steps:
                awaited.add((target, 0))
            else:
                reached.add(target)
        marks: dict[str | None, set[object]] = defaultdict(set)
        for pattern in reached:
            marks[pattern.attribute].add(pattern.mark)
        here = automaton.actions(marks.pop(None, ()))
        self.automaton, self.awaited = automaton, awaited
        self.told: Any = None
        self.leaf: Any = None
        self.leads = False
        self.index: Index | None = None
        self.fork: Fork | None = None
        self.context = context if context and context.formulas else None
        self.counts = here.counts
        self.judge = here if here.asks else None
        self.groups, self.terms, self.known = here.groups or None, here.terms or None, here.known
        self.marked = {name: automaton.actions(found) for name, found in marks.items()}
        self.attributes = {name: at for name, at in self.marked.items() if at.judges or at.terms} or None
        self.idle = frozenset(self.attributes or ()).isdisjoint
        self.busy = bool(self.context or here.judges)

    def __missing__(self, tag: str) -> "State":
        state = self._after(tag)
        if len(self) >= MANY_TAGS:
            self.clear()
        self[tag] = state
        return state

    def _after(self, tag: str) -> "State":
        if not isinstance(tag, str):  # a comment or processing instruction of a tree built by hand
            return self.automaton.state(frozenset(), [], {})
        if self.index is None:
            self.index = Index(self.awaited)
        stay, moves = self.index.stay, self.index.moves(tag)
        if not any(move.conditions for move in moves):
            return self.automaton.state(stay, moves, {})
        state = State(self.automaton, (), ())
        state.fork, state.busy = Fork(self.automaton, stay, moves), True
        return state


class Index:
    """The steps that a state awaits, by tag: a name that nothing awaits costs no look at hundreds of patterns."""

    def __init__(self, awaited: Iterable[Item]) -> None:
        self.stay: frozenset[Item] = frozenset(
            [(pattern, done) for pattern, done in awaited if pattern.steps[done].descend]
        )
        self.exact: dict[str, list[Move]] = defaultdict(list)
        self.others: list[tuple[Step, Move]] = []
        for pattern, done in awaited:
            step = pattern.steps[done]
            move = Move((pattern, done + 1), step.conditions)
            if step.tag is not None:
                self.exact[step.tag].append(move)
            else:
                self.others.append((step, move))

    def moves(self, tag: str) -> list[Move]:
        """The patterns that go on with an element of that tag."""
        return [*self.exact.get(tag, ()), *(move for step, move in self.others if step.fits(tag))]


class Fork(dict[Any, State]):
    """What the conditions read of an element -> the state it leads to. by_truth: the same by what holds of them.

    read: where all depends on one path within the element, that one; then what it reads is the whole key. among: the
    same for who has the element's children at hand.
    """

    def __init__(self, automaton: "Automaton", stay: frozenset[Item], moves: list[Move]) -> None:
        super().__init__()
        self.automaton, self.stay, self.moves = automaton, stay, moves
        self.conditions = tuple(dict.fromkeys(c for move in moves for c in move.conditions))
        self.paths = tuple(dict.fromkeys(path for c in self.conditions for path in c.paths))
        self.readers = tuple([recalling(path) for path in self.paths])
        single = self.paths[0] if len(self.paths) == 1 and ".." not in self.paths[0] else None
        self.read = reader(single) if single else None
        self.among = among(single) if single else None
        self.by_truth: dict[tuple[bool, ...], State] = {}

    def follow(self, element: Element, seen: Seen, children: Sequence[Element] | None = None) -> State:
        """The state of this very element. `seen` is one walk's memory of what was read above elements, `children` are
        those of the element, if somebody holds them."""
        if children is not None and self.among is not None:
            return self[self.among(children)]
        if self.read is not None:
            return self[self.read(element)]
        return self[tuple([read(element, seen) for read in self.readers])]

    def __missing__(self, key: Any) -> State:
        read = key if self.read is None else (key,)
        texts = dict(zip(self.paths, read, strict=True))
        truth = tuple([condition.test(texts) for condition in self.conditions])
        state = self.by_truth.get(truth)
        if state is None:
            held = dict(zip(self.conditions, truth, strict=True))
            state = self.by_truth[truth] = self.automaton.state(self.stay, self.moves, held)
        if sum(1 + len(text) for found in read for text in found) <= LONG_TEXT:
            if len(self) >= MANY_KEYS:
                self.clear()
            self[key] = state
        return state


class Automaton:
    """The states of a set of patterns; `start` is the place above the root element."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._actions: dict[frozenset[object], Actions] = {}
        self._states: dict[tuple[frozenset[Item], frozenset[Pattern]], State] = {}
        self._first = frozenset([(pattern, 0) for pattern in patterns])
        self.start = State(self, self._first, ())

    def actions(self, marks: Iterable[object]) -> Actions:
        """What some marks ask for: the same for all places that have them (`//@x` is reached everywhere)."""
        key = frozenset(marks)
        found = self._actions.get(key)
        if found is None:
            found = self._actions.setdefault(key, Actions(key))
        return found

    def state(self, stay: frozenset[Item], moves: list[Move], truth: Mapping[Condition, bool]) -> State:
        """The state for what stays awaited and what moves on, under the conditions that are true."""
        moved = [move.item for move in moves if all(truth[condition] for condition in move.conditions)]
        items = stay.union([(pattern, done) for pattern, done in moved if done < len(pattern.steps)])
        reached = frozenset([pattern for pattern, done in moved if done == len(pattern.steps)])
        found = self._states.get((items, reached))
        if found is None:
            if len(self._states) >= MANY_STATES:
                self._states.clear()
                self.start = State(self, self._first, ())
            found = self._states.setdefault((items, reached), State(self, items, reached))
        return found
