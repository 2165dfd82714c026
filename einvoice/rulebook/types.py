"""What an expression of the rule language yields, and how it looks at a value."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from einvoice.errors import EinvoiceError


class Wrong(EinvoiceError):
    """An expression that does not make sense. The loader adds file, line, rule and key."""

    def __init__(self, text: str, de: str) -> None:
        super().__init__(text, de)

    @classmethod
    def kind(cls, node: ast.expr, code: "Code", en: str, de: str) -> "Wrong":
        """What an expression yields is of a kind that will not do; the texts say what is asked for."""
        said = ast.unparse(node)
        return cls(f"{said} is a {code.type}{en}", f"{said} ist vom Typ {code.type}{de}")


def likely(name: str, known: Iterable[str]) -> tuple[str, str]:
    """The known name that was probably meant, as words to add in English and in German; empty if none is near."""
    import difflib

    close = difflib.get_close_matches(name, list(known), 1)
    return (f" (did you mean {close[0]!r}?)", f" (gemeint: {close[0]!r}?)") if close else ("", "")


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression yields: one of group, groups, term, number, double, text, texts, bool, codes.

    `of` is the owner of groups, the kind of a term. An `optional` number may be absent (None).
    """

    what: str
    of: str = ""
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.what} {self.of}".strip()


BOOL, NUMBER, DOUBLE, TEXT, TEXTS, CODES = (
    Type(what) for what in ("bool", "number", "double", "text", "texts", "codes")
)


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression: Python source, its type, and the name it stands for if it is a term or groups."""

    text: str
    type: Type
    name: tuple[str, str] | None = None

    def optional(self, optional: bool) -> "Code":
        """The same, present for certain or not."""
        return replace(self, type=replace(self.type, optional=optional))


@dataclass(slots=True)
class Used:
    """What compiled expressions ask for: names (with views, or `bare`: the occurrences themselves) and words of an
    owner, and what is gathered."""

    names: dict[tuple[str, str], None] = field(default_factory=dict)
    bare: dict[tuple[str, str], None] = field(default_factory=dict)
    views: dict[tuple[str, str, str], None] = field(default_factory=dict)
    words: dict[tuple[str, str], None] = field(default_factory=dict)
    gathers: dict[int, None] = field(default_factory=dict)

    def with_more(self, more: "Used") -> "Used":
        """Both together."""
        return Used(
            self.names | more.names,
            self.bare | more.bare,
            self.views | more.views,
            self.words | more.words,
            self.gathers | more.gathers,
        )


class Gather(NamedTuple):
    """What is gathered of a document, by number: the clauses (`for …`, `if …`) that lead to each value and how it is
    added, `.append(…)`, behind `[…]` if by key; and the tags without one of which there is nothing (if known)."""

    number: int
    clauses: tuple[str, ...]
    ending: str
    tags: tuple[str, ...] | None

    @property
    def is_keyed(self) -> bool:
        """Whether it is a list for each key, not one list."""
        return self.ending.startswith("[")


Variables = dict[str, Code]
"""The variables and named values that an expression may use."""


class Temporaries:
    """Names for values that generated Python has to keep for a moment."""

    def __init__(self) -> None:
        self._numbers = _count()

    def new(self) -> str:
        """A name not used before."""
        return f"t{next(self._numbers)}"


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def strict(
    parts: list[Code], build: Callable[[list[str]], str], what: Type, temporary: Callable[[], str]
) -> Code:
    """`build` of numbers that must all be present; else a comparison is false and a number absent."""
    guards, texts = [], []
    for part in parts:
        plain = part.text.isidentifier() or not part.type.optional
        name = part.text if plain else temporary()
        if part.type.optional:
            guards.append(name if plain else f"({name} := {part.text})")
        texts.append(name)
    if not guards:
        return Code(build(texts), what)
    if what == BOOL:
        return Code(f"({''.join(f'{g} is not None and ' for g in guards)}{build(texts)})", BOOL)
    checks = " or ".join(f"{guard} is None" for guard in guards)
    return Code(f"(None if {checks} else {build(texts)})", replace(what, optional=True))
