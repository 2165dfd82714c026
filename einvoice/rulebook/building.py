"""Building a book's plan from the files: names, words, code lists and chapters, checked and compiled."""

import marshal
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from einvoice.errors import RulebookError
from einvoice.rulebook.book import Plan
from einvoice.rulebook.entries import LEVELS, Change, Entry, expression, read_changes, read_entries, read_new
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.fusion import Fused, fuse
from einvoice.rulebook.names import Names, read_names
from einvoice.rulebook.types import Wrong
from einvoice.rulebook.variants import Scope, applicable

CHANGES = "changes.toml"
"""The file of a folder of chapters in which an installed release lays keys over the entries of the others."""


def build(
    scope: Scope,
    table: Path,
    words: Sequence[Path],
    chapters: Iterable[Path],
    codes: Mapping[str, frozenset[str]],
    severities: Mapping[str, str],
    careful: bool = False,
) -> Plan:
    """The plan of a book. Raises RulebookError (file:line) for whatever does not make sense.

    The first of `words` are the official ones. `careful`: what may be absent has to be guarded, every step is
    counted, and rules are warnings unless they say otherwise.
    """
    entries = read_chapters(chapters, scope)
    for entry in entries:
        for key in entry.fields.keys() & {"if", "to"}:
            raise entry.wrong(key, "only a routing rule has it", "hat nur eine Zuordnungsregel")
    return compiled(scope, table, words, entries, codes, severities, careful)


def compiled(
    scope: Scope,
    table: Path,
    words: Sequence[Path],
    entries: Sequence[Entry],
    codes: Mapping[str, frozenset[str]],
    severities: Mapping[str, str],
    careful: bool = False,
) -> Plan:
    """The plan of a book from entries that are read already; see `build`."""
    names = read_names(table, scope.syntax)
    compiler = _compiler(names, codes, words, scope, careful)
    fused = fuse(compiler, list(entries))
    kept = {name: _kept(kind, what, codes) for (kind, what), name in compiler.constants.items()}
    return Plan(
        code=compile(fused.source, f"<{scope.syntax} rules>", "exec"),
        shows=marshal.dumps(compile(fused.shows, f"<{scope.syntax} messages>", "exec")),
        constants=kept,
        owners=tuple(sorted({owner for owner, _ in names})),
        attributes=fused.attributes,
        gathers=fused.gathers,
        rules=[
            _row(entry, fused, index, severities, "warning" if careful else "error")
            for index, entry in enumerate(entries)
        ],
    )


def read_chapters(chapters: Iterable[Path], scope: Scope) -> list[Entry]:
    """The entries of all chapters, the changes of their folders laid over. An id that stands twice is an error."""
    entries: dict[str, Entry] = {}
    laid: dict[Path, dict[str, Change]] = {}
    paths = list(chapters)
    for path in (one for one in paths if one.name == CHANGES):
        laid[path.parent] = read_changes(path)
    for path in (one for one in paths if one.name != CHANGES):
        _add(entries, read_entries(path, scope, laid.get(path.parent, {})))
    for path in (one for one in paths if one.name == CHANGES):
        _add(entries, read_new(path, scope, laid[path.parent], paths))
    return list(entries.values())


def _add(entries: dict[str, Entry], more: Iterable[Entry]) -> None:
    for entry in more:
        if entry.id in entries:
            other = entries[entry.id]
            place = f"{other.path}:{other.line}"
            raise entry.wrong("id", f"stands in {place} as well", f"steht auch in {place}")
        entries[entry.id] = entry


def read_words(path: Path, scope: Scope) -> dict[tuple[str, str], Any]:
    """The derived names of a scope as expressions, by (owner, word)."""
    words = {}
    for owner, table in tomllib.loads(path.read_text("utf-8")).items():
        for word, text in table.items():
            try:
                found = applicable(text, scope) if isinstance(text, dict) else {"is": text}
                if found and "is" in found:
                    words[owner, word] = expression(found["is"])
            except SyntaxError as error:
                said = f"ist kein Ausdruck der Regelsprache ({error.msg})"
                raise _word_error(path, owner, word, error.msg, said) from None
            except Wrong as error:
                raise _word_error(path, owner, word, error) from None
    return words


def _compiler(
    names: Names, codes: Mapping[str, frozenset[str]], words: Sequence[Path], scope: Scope, careful: bool
) -> Compiler:
    """A compiler that knows every word, each of them checked."""
    every: dict[tuple[str, str], Any] = {}
    places: dict[tuple[str, str], Path] = {}
    owners = {owner for owner, _ in names}
    for path in words:
        for (owner, word), node in read_words(path, scope).items():
            if (owner, word) in every:
                raise _word_error(
                    path,
                    owner,
                    word,
                    "is a word of the official rules already",
                    "ist schon ein Wort der amtlichen Regeln",
                )
            if owner not in owners:
                raise _word_error(
                    path, owner, word, f"there is no group {owner!r}", f"eine Gruppe {owner!r} gibt es nicht"
                )
            if (owner, word) in names:
                raise _word_error(
                    path,
                    owner,
                    word,
                    "is in the table of names already",
                    "steht schon in der Tabelle der Namen",
                )
            every[owner, word], places[owner, word] = node, path
    official = frozenset(key for key, path in places.items() if path == words[0])
    compiler = Compiler(names, codes, every, official if careful else None)
    for owner, word in every:
        try:
            if (owner, word) not in compiler.words:
                compiler.define((owner, word))
        except Wrong as error:
            raise _word_error(places[owner, word], owner, word, error) from None
    return compiler


def _word_error(
    path: Path, owner: str, word: str, said: str | Exception, de: str | None = None
) -> RulebookError:
    lines = path.read_text("utf-8").splitlines()
    line = next((n for n, text in enumerate(lines, 1) if text.split("=")[0].strip() == word), 1)
    return RulebookError.at(f"{path}:{line}: {owner}.{word}", said, de)


def _kept(kind: str, what: Any, codes: Mapping[str, frozenset[str]]) -> tuple[str, Any]:
    if kind == "codes":
        return kind, codes[what]
    return (kind, frozenset(what)) if kind == "set" else (kind, what)


def _row(
    entry: Entry, fused: Fused, index: int, severities: Mapping[str, str], usual: str
) -> tuple[Any, ...]:
    own = entry.fields.get("severity", usual)
    if own not in LEVELS:
        known = ", ".join(LEVELS)
        raise entry.wrong("severity", f"{own!r} is none of {known}", f"{own!r} ist nichts von {known}")
    severity = severities.get(entry.id, LEVELS[own])
    texts = (entry.text(key) for key in ("en", "de", "hint_en", "hint_de"))
    return entry.id, severity, fused.terms[index], *texts, str(entry.path), entry.line
