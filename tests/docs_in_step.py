"""Makes docs/rules/ from the rules themselves, and says what is out of step.

`python -m tests.docs_in_step` exits 1 if a page differs from what it should be; `--write` writes the pages.
"""

import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from einvoice import rulebook
from einvoice.interfaces.cli import rule_tables
from einvoice.interfaces.cli.rule_page import Lang, Page, example_of, unfilled
from einvoice.model.terms import terms
from einvoice.rulebook.catalogue import Described, catalogue
from einvoice.rulebook.syntax import syntax_rules
from einvoice.validation.own import texts

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"
_LANGS: tuple[Lang, Lang] = ("de", "en")
_SYNTAXES = {"ubl-invoice": "UBL Invoice", "ubl-creditnote": "UBL CreditNote", "cii": "CII"}


def pages() -> dict[str, str]:
    """All pages by file name."""
    known: dict[str, Described] = {}
    releases: dict[str, str] = {}
    for release in rulebook.releases():
        for rule, described in catalogue(release).items():
            known.setdefault(rule, described)
            releases.setdefault(rule, release)
    made = {f"{rule}.md": "\n".join(_page(one, releases[rule])) + "\n" for rule, one in known.items()}
    made |= {f"{rule}.md": "\n".join(_own_page(rule, entry)) + "\n" for rule, entry in texts().items()}
    made |= {name: text for name, text in _table_pages() if name not in made}
    made["README.md"] = "\n".join(_index(known)) + "\n"
    made["syntax-rules.md"] = "\n".join(_syntax_page()) + "\n"
    return made


def _said(rule: Described, release: str) -> Iterator[str]:
    """What is said of the first example, in German and English."""
    books = functools.partial(rulebook.load, release)
    german, english = (example_of(rule, lang, books) for lang in _LANGS)
    if german and english:
        yield "Zum ersten davon sagt der Bericht (of the first, the report says):\n"
        yield f"> {german[1]}\n>\n> *{english[1]}*\n"


def _page(rule: Described, release: str) -> Iterator[str]:
    yield f"# {rule.id}\n"
    german, english = (unfilled(text) for text in (rule.de, rule.en))
    yield f"{german}\n\n{unfilled(rule.hint_de)}\n\n*{english}*\n\n*{unfilled(rule.hint_en)}*\n"
    yield from _named(rule.terms)
    yield "\n## Schwere (severity)\n\n| Profil | " + " | ".join(_SYNTAXES.values()) + " |\n|---|---|---|---|"
    for profile in dict.fromkeys(profile for profile, _ in rule.severities):
        cells = [rule.severities.get((profile, syntax), "–") for syntax in _SYNTAXES]
        yield f"| {profile} | " + " | ".join(cells) + " |"
    yield "\n## Berechnung (how it is computed)\n"
    yield from _formulas(rule)
    if rule.fails:
        yield "## Beispiele, die sie verletzen (examples that break it)\n\n```toml"
        yield from (_toml(one) for one in rule.fails)
        yield "```\n"
        yield from _said(rule, release)
    if rule.passes:
        yield "## Beispiele, die keine Verletzung sind (examples that are no breach)\n\n```toml"
        yield from (_toml(one) for one in rule.passes)
        yield "```\n"
    if rule.since or rule.until:
        bounds = [f"ab (since) {rule.since}"] * bool(rule.since) + [f"bis (until) {rule.until}"] * bool(
            rule.until
        )
        yield f"Version: {', '.join(bounds)}\n"
    yield f"Quelle (source): `rules/{_place(rule.path)}`, {rule.artefact}"


def _named(ids: tuple[str, ...]) -> Iterator[str]:
    """The terms a rule speaks of, with their names."""
    if ids:
        yield "| Begriff (term) | Name | name |\n|---|---|---|"
        yield from (f"| {term} | {terms()[term].de} | {terms()[term].en} |" for term in ids)


def _own_page(rule: str, entry: Mapping[str, Any]) -> Iterator[str]:
    decides = (
        "entscheidet über das Urteil (decides the verdict)"
        if entry.get("decides")
        else "ändert kein Urteil (changes no verdict)"
    )
    yield f"# {rule}\n"
    yield f"Eigener Befund (a finding of our own), {entry['severity']}, class {entry['class']}: {decides}."
    yield ""
    for name, text in entry.items():
        if isinstance(text, dict):
            yield f"* `{name}`: {unfilled(text['de'])}\n\n  *{unfilled(text['en'])}*"
    yield f"\nBeispiel (example): {entry['example_de']}\n\n*{entry['example_en']}*"
    yield "\nQuelle (source): `rules/own.toml`"


def _formulas(rule: Described) -> Iterator[str]:
    by_text: dict[Any, list[str]] = {}
    for syntax, formula in rule.formulas.items():
        by_text.setdefault(formula, []).append(_SYNTAXES[syntax])
    for formula, syntaxes in by_text.items():
        yield f"{', '.join(syntaxes)}:\n\n```toml"
        yield from (f"{key} = {text!r}" for key, text in formula)
        yield "```\n"
    yield from (f"{_SYNTAXES[syntax]}: {de}\n\n*{en}*\n" for syntax, (en, de) in rule.why.items())


def _toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else json.dumps(key)


def _place(path: Path) -> str:
    return "/".join(path.parts[path.parts.index("rules") + 1 :])


def _index(known: Mapping[str, Described]) -> Iterator[str]:
    yield "# Alle Regeln\n\nMade by `make docs` from rules/; do not edit.\n"
    yield f"{len(known)} rules of substance, the [syntax rules](syntax-rules.md), those of Factur-X below.\n"
    yield "| Regel | sagt |\n|---|---|"
    yield from (f"| [{rule}]({rule}.md) | {_cell(unfilled(known[rule].de))} |" for rule in known)
    yield "\n## Eigene Befunde (findings of our own)\n\n| Kennung | Klasse | Schwere |\n|---|---|---|"
    rows = texts().items()
    yield from (f"| [{rule}]({rule}.md) | {one['class']} | {one['severity']} |" for rule, one in rows)
    yield "\n## Factur-X\n"
    yield ", ".join(f"[{rule}]({rule}.md)" for rule in sorted(rule_tables.facturx_ids() - known.keys()))


def _syntax_page() -> Iterator[str]:
    yield "# Syntaxregeln\n\nMade by `make docs` from rules/syntax; do not edit.\n"
    for table, title in (("ubl-invoice", "UBL"), ("cii", "CII")):
        yield f"## {title}\n\n| Regel | Schwere | Ort | Art | Pfad | Grenze | EN 16931 |"
        yield "|---|---|---|---|---|---|---|"
        held: dict[tuple[str, ...], list[str]] = {}
        for version in ("1.3.15", "1.3.16"):
            for row in syntax_rules(version, table).rows:
                cells = (f"[{row.id}]({row.id}.md)", row.severity, row.context, row.kind, row.path, row.limit)
                held.setdefault(cells, []).append(version)
        yield from ("| " + " | ".join(map(_cell, (*cells, ", ".join(v)))) + " |" for cells, v in held.items())
        yield ""


def _table_pages() -> Iterator[tuple[str, str]]:
    """A page for each rule of the tables: syntax rules, and those of the Factur-X profiles."""
    seen: set[str] = set()
    for release in rulebook.releases().values():
        for rule in sorted(rule_tables.syntax_ids(release) - seen):
            both = [rule_tables.syntax_page(rule, release, lang) for lang in _LANGS]
            yield f"{rule}.md", "\n".join(_table_page([page for page in both if page])) + "\n"
            seen.add(rule)
    for rule in sorted(rule_tables.facturx_ids()):
        both = [rule_tables.facturx_page(rule, lang) for lang in _LANGS]
        yield f"{rule}.md", "\n".join(_table_page([page for page in both if page])) + "\n"


def _table_page(both: list[Page]) -> Iterator[str]:
    """The same page in German and English."""
    german, english = both
    yield f"# {german.id}\n"
    yield "\n\n".join([*german.says, german.fix]).strip() + "\n"
    yield "\n\n".join(f"*{text}*" for text in [*english.says, english.fix] if text) + "\n"
    yield from _named(german.terms)
    yield "\n## Schwere (severity)\n\n| Profil | wo (where) | Schwere |\n|---|---|---|"
    for profile, places in german.severities.items():
        yield from (f"| {profile} | {where} | {severity} |" for where, severity in places.items())
    yield "\n## Berechnung (how it is computed)\n"
    for where, lines in german.computed.items():
        yield f"{where}:\n\n```\n" + "\n".join(lines) + "\n```\n"
    if german.example and english.example:
        yield "## Beispiel (example)\n"
        yield "\n\n".join([*filter(None, german.example), *(f"*{text}*" for text in english.example if text)])
        yield ""
    yield f"Quelle (source): {german.origin}"


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
