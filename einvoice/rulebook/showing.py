"""What a rule's messages show: a function that gives the actual values, called only where the rule is broken."""

import ast
import string
from collections.abc import Iterator

from einvoice.rulebook.blocks import INDENT
from einvoice.rulebook.bodies import Values, known, opened
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.types import Code, Wrong


def show(compiler: Compiler, index: int, entry: Entry) -> list[str]:
    """A function that gives the actual values for a rule's messages: (placeholder, is a number, value)."""
    for language in ("en", "de"):
        if not entry.text(language).strip():
            raise entry.wrong(
                language,
                "is missing: every rule speaks German and English",
                "fehlt: jede Regel spricht Deutsch und Englisch",
            )
    _, names, loops = opened(compiler, entry)
    values = Values(compiler, entry, index, names)
    lines: list[str] = []
    shown = []
    for key, placeholder in _placeholders(entry):
        node = entry.parsed(key, placeholder)
        with compiler.assuming(*known(entry)):
            values.needed(node, lines, key)
        try:
            is_number, text = _shown(compiler, compiler.compile(node, values.names), node)
        except Wrong as error:
            place = f"{{{placeholder}}}"
            raise entry.wrong(key, f"{place}: {error}", f"{place}: {error.said('de')}") from None
        shown.append(f"({placeholder!r}, {is_number}, {text})")
    head = f"def show_{index}(invoice, {''.join(f'{v.text}, ' for v in loops)}):"
    return [head, *(INDENT + line for line in lines), f"{INDENT}return [{', '.join(shown)}]"]


def _placeholders(entry: Entry) -> Iterator[tuple[str, str]]:
    seen = set()
    for key in ("en", "de", "hint_en", "hint_de"):
        try:
            fields = [
                field for _, field, _, _ in string.Formatter().parse(entry.text(key)) if field is not None
            ]
        except ValueError as error:
            raise entry.wrong(
                key, str(error), f"hat einen Platzhalter, der nicht lesbar ist ({error})"
            ) from None
        for text in fields:
            if text not in seen:
                seen.add(text)
                yield key, text


def _shown(compiler: Compiler, code: Code, node: ast.expr) -> tuple[bool, str]:
    what = code.type.what
    if what == "term":
        return code.type.of == "number", compiler.view(code, "written")
    if what == "texts":
        return code.type.of == "number", f"next(iter({code.text}), None)"
    if what in ("text", "number", "double"):
        return what != "text", code.text
    raise Wrong.kind(node, code, " and cannot be shown", " und lässt sich nicht zeigen")
