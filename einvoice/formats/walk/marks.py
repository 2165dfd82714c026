"""What it means for a rule, or for reading, that the walk reaches a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from einvoice.formats.walk.names import Element
from einvoice.formats.walk.paths import Pattern

ENOUGH = 3
"""Counting stops here: no rule asks for more than "at most 2", so larger counts are all alike. What is counted of a
context is one number, with two bits for each of its slots."""

MANY_COUNTS = 10_000
"""How many different sets of counts a context remembers before it begins anew."""


@dataclass(eq=False)
class Context:
    """The nodes a group of rules is about. A node taken by one context is never offered to a later one.

    `order` is its place in the table, `targets` the paths from the node, `formulas` what must hold of its counts.
    """

    order: int
    targets: list[Pattern] = field(default_factory=list)
    formulas: list[tuple[str, Callable[[Sequence[int]], bool]]] = field(default_factory=list)
    slots: int = 0

    def __post_init__(self) -> None:
        self.failing = Failing(self)


class Failing(dict[int, tuple[str, ...]]):
    """counts -> ids of the rules that fail; most lines of most invoices have the same counts."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def __missing__(self, counted: int) -> tuple[str, ...]:
        counts = [counted >> 2 * slot & ENOUGH for slot in range(self.context.slots)]
        failing = tuple([rule for rule, holds in self.context.formulas if not holds(counts)])
        if len(self) >= MANY_COUNTS:
            self.clear()
        self[counted] = failing
        return failing


@dataclass(frozen=True, slots=True)
class Fire:
    """Reaching the place breaks the rule. `up`: how far above it the context node is; None: it is the root."""

    rule: str
    up: int | None


@dataclass(frozen=True, slots=True)
class Pardon:
    """Neither a Fire nor a Check of this rule counts here."""

    rule: str


@dataclass(frozen=True, slots=True)
class Check:
    """The text here breaks the rule unless `fine(text)`."""

    rule: str
    fine: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Collect:
    """All texts reached in the document must be one, after `form`."""

    rule: str
    form: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Special:
    """The element breaks the rule if `broken(element)`."""

    rule: str
    broken: Callable[[Element], bool]


@dataclass(frozen=True, slots=True)
class Count:
    """One more in a slot of the innermost open node of the context."""

    context: Context
    slot: int


@dataclass(frozen=True, slots=True)
class Binding:
    """A term or group of EN 16931 is read here; `parent` is the group it belongs to ("": the invoice itself),
    `within` the group that such parents lie in. The text of an attachment is not copied before someone asks."""

    term: str
    parent: str
    within: str
    is_group: bool
    is_binary: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What stands here says nothing of its own if it is one of `texts` (empty: whatever it is)."""

    texts: frozenset[str] = frozenset()
