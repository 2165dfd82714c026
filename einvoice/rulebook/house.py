"""House rules: a town's own rules in a folder of TOML files, in the same language, with stricter checks.

They may only warn or inform, their ids begin with EI-HOUSE-, what may be absent has to be guarded, and a document
may cost them no more than STEPS steps.
"""

import re
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
    sources = sources or Sources.of(chosen)
    scope = Scope(syntax, chosen.versions)
    codes = codelists.files(sources.rules / "codelists", scope)
    own, written = sorted(folder.glob("*.toml")), chapters(folder)
    if not written:
        raise RulebookError.at(f"{folder}:1", "there are no house rules here", "hier liegen keine Hausregeln")
    table, words = sources.schemas / "names.txt", sources.rules / "words.toml"
    contents = cache.digests([*own, table, words, *codes.values()])
    digest = cache.digest(contents[path] for path in own)
    name = cache.key("house", *contents.values(), syntax, chosen.name)
    kept = cache.fetch(name)
    plan = Plan(*kept) if kept is not None else _build(scope, table, [words, *own], written, codes)
    if kept is None:
        cache.keep(name, plan.parts())
    return Book(plan, "house", syntax, chosen, {"house": f"sha256:{digest}"}, steps=STEPS)


def chapters(folder: Path) -> list[Path]:
    """The files of a folder of house rules that hold rules."""
    return sorted(path for path in folder.glob("*.toml") if path.name not in ("words.toml", HEAD))


def _build(
    scope: Scope, table: Path, words: list[Path], chapters: list[Path], codes: dict[str, Path]
) -> Plan:
    from einvoice.rulebook.building import build, read_chapters

    for entry in read_chapters(chapters, scope):
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
    of_words = [path for path in words if path.name == "words.toml"]
    return build(scope, table, of_words, chapters, codelists.read(codes), {}, careful=True)
