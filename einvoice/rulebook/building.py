"""Building a book's plan from the files: names, words, code lists and chapters, checked and compiled."""

import marshal
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from einvoice.errors import RulebookError
from einvoice.rulebook.book import Plan
from einvoice.rulebook.entries import LEVELS, Entry, expression, read_entries
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.fusion import Fused, fuse
from einvoice.rulebook.names import read_names
from einvoice.rulebook.types import Wrong
from einvoice.rulebook.variants import Scope, applicable


def build(
    scope: Scope,
    table: Path,
    words: Path,
    chapters: Iterable[Path],
    codes: Mapping[str, frozenset[str]],
    severities: Mapping[str, str],
) -> Plan:
    """The plan of a book. Raises RulebookError (file:line) for whatever does not make sense."""
    entries = read_chapters(chapters, scope)
    names = read_names(table, scope.syntax)
    compiler = Compiler(names, codes, read_words(words, scope))
    _define_all(compiler, words)
    fused = fuse(compiler, entries)
    kept = {name: _kept(kind, what, codes) for (kind, what), name in compiler.constants.items()}
    return Plan(
        code=compile(fused.source, f"<{scope.syntax} rules>", "exec"),
        shows=marshal.dumps(compile(fused.shows, f"<{scope.syntax} messages>", "exec")),
        constants=kept,
        owners=tuple(sorted({owner for owner, _ in names})),
        attributes=fused.attributes,
        filled=fused.filled,
        checks=fused.checks,
        rules=[_row(entry, fused, index, severities) for index, entry in enumerate(entries)],
    )


def read_chapters(chapters: Iterable[Path], scope: Scope) -> list[Entry]:
    """The entries of all chapters. An id that stands twice in one scope is an error."""
    entries: dict[str, Entry] = {}
    for path in chapters:
        for entry in read_entries(path, scope):
            if entry.id in entries:
                other = entries[entry.id]
                raise entry.wrong("id", f"stands in {other.path}:{other.line} as well")
            entries[entry.id] = entry
    return list(entries.values())


def read_words(path: Path, scope: Scope) -> dict[tuple[str, str], Any]:
    """The derived names of a scope as expressions, by (owner, word)."""
    words = {}
    for owner, table in tomllib.loads(path.read_text("utf-8")).items():
        for word, text in table.items():
            try:
                found = applicable(text, scope) if isinstance(text, dict) else {"is": text}
                if found and "is" in found:
                    words[owner, word] = expression(found["is"])
            except (SyntaxError, ValueError, Wrong) as error:
                raise _word_error(path, owner, word, error) from None
    return words


def _define_all(compiler: Compiler, path: Path) -> None:
    for owner, word in compiler.word_nodes:
        try:
            if owner not in compiler.owners:
                raise Wrong(f"there is no group {owner!r}")
            if (owner, word) in compiler.names:
                raise Wrong("is in the table of names already")
            if (owner, word) not in compiler.words:
                compiler.define((owner, word))
        except Wrong as error:
            raise _word_error(path, owner, word, error) from None


def _word_error(path: Path, owner: str, word: str, error: object) -> RulebookError:
    lines = path.read_text("utf-8").splitlines()
    line = next((n for n, text in enumerate(lines, 1) if text.split("=")[0].strip() == word), 1)
    return RulebookError(f"{path}:{line}: {owner}.{word}: {error}")


def _kept(kind: str, what: Any, codes: Mapping[str, frozenset[str]]) -> tuple[str, Any]:
    if kind == "codes":
        return kind, codes[what]
    return (kind, frozenset(what)) if kind == "set" else (kind, what)


def _row(entry: Entry, fused: Fused, index: int, severities: Mapping[str, str]) -> tuple[Any, ...]:
    own = entry.fields.get("severity", "error")
    if own not in LEVELS:
        raise entry.wrong("severity", f"{own!r} is none of {', '.join(LEVELS)}")
    severity = severities.get(entry.id, LEVELS[own])
    texts = (entry.text(key) for key in ("en", "de", "hint_en", "hint_de"))
    return entry.id, severity, fused.terms[index], *texts, str(entry.path), entry.line
