"""House rules: a town's own rules in a folder of TOML files, in the same language, with stricter checks.

They may only warn or inform, their ids begin with EI-HOUSE-, what may be absent has to be guarded, and a document
may cost them no more than STEPS steps.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from einvoice.errors import RulebookError
from einvoice.rulebook import cache, codelists
from einvoice.rulebook.book import Book, Plan
from einvoice.rulebook.loading import Sources
from einvoice.rulebook.releases import Release, release
from einvoice.rulebook.variants import Scope

HEAD = "ruleset.toml"
"""The file that may give a folder of house rules a name and a day; not a chapter."""

STEPS = 1_000_000
"""Elements that the loops of all house rules together may look at in one document."""

_ID = re.compile(r"EI-HOUSE-[A-Z0-9]+(?:-[A-Z0-9]+)*")
_LEVELS = ("warning", "information")


def house(folder: Path, of: str | Release, syntax: str, sources: Sources | None = None) -> Book:
    """The book of the house rules in a folder (chapters and, if it likes, a words.toml of its own).

    Raises RulebookError (file:line) for whatever does not make sense or is not allowed. Its `judge` raises
    Unchecked where a document would cost more than STEPS steps.
    """
    chosen = release(of, rules=sources.rules if sources else None) if isinstance(of, str) else of
    below = ground(chosen, syntax, sources or Sources.of(chosen))
    own, written = sorted(folder.glob("*.toml")), chapters(folder)
    if not written:
        raise RulebookError.at(f"{folder}:1", "there are no house rules here", "hier liegen keine Hausregeln")
    contents = cache.digests(own)
    digest = cache.digest(contents[path] for path in own)
    return below.book("house", contents, {"house": f"sha256:{digest}"}, lambda: _build(below, own, written))


MANY = 256
"""Books of towns that a process keeps; when there are more it begins anew."""

_kept: dict[str, Book] = {}


@dataclass(frozen=True, slots=True)
class Ground:
    """What rules of a town's own stand on in one release and syntax: the table of names, official words and codes."""

    scope: Scope
    of: Release
    table: Path
    words: Path
    codes: Mapping[str, Path]
    digests: tuple[str, ...]

    def book(
        self, name: str, own: Mapping[Path, str], said: Mapping[str, str], build: Callable[[], Plan]
    ) -> Book:
        """The book of a town's own files, by their digests; `said` is what reports state of it.

        It is built once, kept on disk, and while it is in use in this process: documents come one after the other.
        """
        key = cache.key(name, *own.values(), *self.digests, self.scope.syntax, self.of.name)
        book = _kept.get(key)
        if book is None:
            kept = cache.fetch(key)
            plan = Plan(*kept) if kept is not None else build()
            if kept is None:
                cache.keep(key, plan.parts())
            if len(_kept) >= MANY:
                _kept.clear()
            book = _kept[key] = Book(plan, name, self.scope.syntax, self.of, said, steps=STEPS)
        return book


@functools.lru_cache(maxsize=64)
def ground(of: Release, syntax: str, sources: Sources) -> Ground:
    """What is there in a release and syntax; read once, as official rules are."""
    scope = Scope(syntax, of.versions)
    codes = codelists.files(sources.rules / "codelists", scope)
    table, words = sources.schemas / "names.txt", sources.rules / "words.toml"
    digests = cache.digests([of.path, table, words, *codes.values()])
    return Ground(scope, of, table, words, codes, tuple(digests.values()))


def chapters(folder: Path) -> list[Path]:
    """The files of a folder of house rules that hold rules."""
    return sorted(path for path in folder.glob("*.toml") if path.name not in ("words.toml", HEAD))


def _build(below: Ground, own: list[Path], written: list[Path]) -> Plan:
    from einvoice.rulebook.building import build, read_chapters

    for entry in read_chapters(written, below.scope):
        if not _ID.fullmatch(entry.id):
            raise entry.wrong(
                "id",
                "the id of a house rule begins with EI-HOUSE-, in capital letters and digits",
                "die Kennung einer Hausregel beginnt mit EI-HOUSE-, in Großbuchstaben und Ziffern",
            )
        if entry.fields.get("severity", "warning") not in _LEVELS:
            raise entry.wrong(
                "severity",
                "a house rule is a warning or an information",
                "eine Hausregel ist eine Warnung (warning) oder ein Hinweis (information)",
            )
    words = [below.words, *(path for path in own if path.name == "words.toml")]
    return build(below.scope, below.table, words, written, codelists.read(below.codes), {}, careful=True)
