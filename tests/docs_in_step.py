"""Makes docs/rules/ from the rules themselves, and says what is out of step.

`python -m tests.docs_in_step` exits 1 if a page differs from what it should be; `--write` writes the pages.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from einvoice import rulebook
from einvoice.model.terms import terms
from einvoice.rulebook.catalogue import Described, catalogue
from einvoice.rulebook.syntax import syntax_rules
from einvoice.validation.own import texts

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"
_SYNTAXES = {"ubl-invoice": "UBL Invoice", "ubl-creditnote": "UBL CreditNote", "cii": "CII"}


def pages() -> dict[str, str]:
    """All pages by file name."""
    known: dict[str, Described] = {}
    for release in rulebook.releases():
        for rule, described in catalogue(release).items():
            known.setdefault(rule, described)
    made = {f"{rule}.md": "\n".join(_page(described)) + "\n" for rule, described in known.items()}
    made |= {f"{rule}.md": "\n".join(_own_page(rule, entry)) + "\n" for rule, entry in texts().items()}
    made["README.md"] = "\n".join(_index(known)) + "\n"
    made["syntax-rules.md"] = "\n".join(_syntax_page()) + "\n"
    return made


def _page(rule: Described) -> Iterator[str]:
    yield f"# {rule.id}\n"
    yield f"{rule.de}\n\n{rule.hint_de}\n\n*{rule.en}*\n\n*{rule.hint_en}*\n"
    yield "| Begriff (term) | Name | name |\n|---|---|---|"
    yield from (f"| {term} | {terms()[term].de} | {terms()[term].en} |" for term in rule.terms)
    yield "\n## Schwere (severity)\n\n| Profil | " + " | ".join(_SYNTAXES.values()) + " |\n|---|---|---|---|"
    for profile in dict.fromkeys(profile for profile, _ in rule.severities):
        cells = [rule.severities.get((profile, syntax), "–") for syntax in _SYNTAXES]
        yield f"| {profile} | " + " | ".join(cells) + " |"
    yield "\n## Berechnung (how it is computed)\n"
    yield from _formulas(rule)
    if rule.fails:
        yield "## Beispiele, die sie verletzen (examples that break it)\n\n```toml"
        yield from map(_toml, rule.fails)
        yield "```\n"
    yield f"Quelle (source): `rules/{_place(rule.path)}`, {rule.artefact}"


def _own_page(rule: str, entry: Mapping[str, Any]) -> Iterator[str]:
    decides = (
        "entscheidet über das Urteil (decides the verdict)" if entry.get("decides") else "ändert kein Urteil"
    )
    yield f"# {rule}\n"
    yield f"Eigener Befund (a finding of our own), {entry['severity']}, class {entry['class']}: {decides}."
    yield ""
    for name, text in entry.items():
        if isinstance(text, dict):
            yield f"* `{name}`: {text['de']}\n\n  *{text['en']}*"
    yield "\nQuelle (source): `rules/own.toml`"


def _formulas(rule: Described) -> Iterator[str]:
    by_text: dict[Any, list[str]] = {}
    for syntax, formula in rule.formulas.items():
        by_text.setdefault(formula, []).append(_SYNTAXES[syntax])
    for formula, syntaxes in by_text.items():
        yield f"{', '.join(syntaxes)}:\n\n```toml"
        yield from (f"{key} = {text!r}" for key, text in formula)
        yield "```\n"
    yield from (f"{_SYNTAXES[syntax]}: {why}\n" for syntax, why in rule.why.items())


def _toml(example: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f'"{key}" = {value!r}' for key, value in example.items()) + " }"


def _place(path: Path) -> str:
    return "/".join(path.parts[path.parts.index("rules") + 1 :])


def _index(known: Mapping[str, Described]) -> Iterator[str]:
    yield "# Alle Regeln\n\nMade by `make docs` from rules/; do not edit.\n"
    yield f"{len(known)} rules of substance, and the [syntax rules](syntax-rules.md).\n"
    yield "| Regel | sagt |\n|---|---|"
    yield from (f"| [{rule}]({rule}.md) | {_cell(known[rule].de)} |" for rule in known)
    yield "\n## Eigene Befunde (findings of our own)\n\n| Kennung | Klasse | Schwere |\n|---|---|---|"
    rows = texts().items()
    yield from (f"| [{rule}]({rule}.md) | {one['class']} | {one['severity']} |" for rule, one in rows)


def _syntax_page() -> Iterator[str]:
    yield "# Syntaxregeln\n\nMade by `make docs` from rules/syntax; do not edit.\n"
    for table, title in (("ubl-invoice", "UBL"), ("cii", "CII")):
        yield f"## {title}\n\n| Regel | Schwere | Ort | Art | Pfad | Grenze | EN 16931 |"
        yield "|---|---|---|---|---|---|---|"
        held: dict[tuple[str, ...], list[str]] = {}
        for version in ("1.3.15", "1.3.16"):
            for row in syntax_rules(version, table).rows:
                cells = (row.id, row.severity, row.context, row.kind, row.path, row.limit)
                held.setdefault(cells, []).append(version)
        yield from ("| " + " | ".join(map(_cell, (*cells, ", ".join(v)))) + " |" for cells, v in held.items())
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def out_of_step() -> list[str]:
    """The names of pages that are missing, surplus or different."""
    made = pages()
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def main() -> None:
    """See the module."""
    if "--write" in sys.argv:
        made = pages()
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in FOLDER.glob("*.md"):
            if path.name not in made:
                path.unlink()
        for name, text in made.items():
            (FOLDER / name).write_text(text, "utf-8")
        return
    wrong = out_of_step()
    if wrong:
        shown = ", ".join(wrong[:10])
        sys.exit(f"docs/rules is out of step with rules/ ({len(wrong)} pages: {shown}): run `make docs`")


if __name__ == "__main__":
    main()
