"""`einvoice explain RULE`: one rule in full."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.session import leave, say, session

if TYPE_CHECKING:
    from einvoice.interfaces.cli.rule_page import Page

app = typer.Typer(add_completion=False, rich_markup_mode=None)

UNSPECIFIC = (
    "UNSPECIFIC: amtliche Meldungen, die selbst keine Kennung tragen. Sie gelten als Fehler. Was verletzt ist, sagt "
    "die Meldung.",
    "UNSPECIFIC: official reports that carry no id. They count as errors. What is broken stands in the message.",
)


@app.command(
    help=told(
        "Erklärt eine Regel: was sie sagt, wie sie rechnet, welche Begriffe sie betrifft und was zu tun ist.",
        "Explains a rule: what it says, how it computes, which terms it concerns and what to do.",
        "einvoice explain BR-CO-15",
    )
)
def explain(
    rule: Annotated[
        str, typer.Argument(metavar=say("REGEL", "RULE"), help=say("Kennung der Regel", "The rule's id"))
    ],
    rules: Annotated[
        str | None, typer.Option(help=say("Name einer Regelausgabe", "Name of a rule release"))
    ] = None,
) -> None:
    """Exit 0 explained, 2 there is no such rule."""
    from einvoice import rulebook

    wanted = rule.strip().strip("[]").upper()
    if wanted == "UNSPECIFIC":
        print(say(*UNSPECIFIC))
        leave(0)
    chosen = rulebook.release(rules).name
    order = [chosen] if rules else [chosen, *(name for name in rulebook.releases() if name != chosen)]
    pages = _pages(wanted, order)
    if not pages:
        raise _unknown(rule, chosen)
    width = min(shutil.get_terminal_size((100, 24)).columns, 100) if sys.stdout.isatty() else 100
    for page in pages:
        print("\n".join(_lines(page, width)) + "\n")
    leave(0)


def _pages(rule: str, releases: list[str]) -> "list[Page]":
    """What each kind of book and table knows about an id, the first release first; upper case fits any case."""
    from einvoice.interfaces.cli import rule_page, rule_tables

    lang, found = session.lang, list["Page | None"]()
    for release in releases:
        name = {one.upper(): one for one in _ids(release)}.get(rule)
        if name is not None:
            found.append(
                rule_page.book_page(name, release, lang) or rule_tables.syntax_page(name, release, lang)
            )
            found += [rule_tables.facturx_page(name, lang), rule_tables.own_page(name, lang)]
    once = {page.origin.partition(" ")[0]: page for page in reversed(found) if page is not None}
    return list(reversed(once.values()))


def _ids(release: str) -> set[str]:
    from einvoice.interfaces.cli import rule_page, rule_tables

    tables = rule_tables.syntax_ids(release) | rule_tables.facturx_ids() | rule_tables.own_ids()
    return rule_page.book(release).keys() | tables


def _unknown(rule: str, release: str) -> UsageError:
    spelled = {one.upper(): one for one in sorted(_ids(release))}
    like = ", ".join(spelled[one] for one in get_close_matches(rule.upper(), spelled, 3))
    return UsageError(
        f"There is no rule {rule}." + (f" Did you mean {like}?" if like else " See: einvoice rules list"),
        f"Die Regel {rule} gibt es nicht." + (f" Gemeint: {like}?" if like else " Alle: einvoice rules list"),
    )


def _lines(page: "Page", width: int) -> Iterator[str]:
    yield f"{page.id}  ({page.origin})"
    for says in page.says:
        yield from _wrapped(says, width)
    if page.fix:
        yield from _section(say("Was zu tun ist", "What to do"), [page.fix], width)
    yield from _section(say("Begriffe", "Terms"), _terms(page.terms), width)
    yield from _section(say("Schwere", "Severity"), _severities(page), width)
    computed = [
        f"{where}:\n" + "\n".join(f"    {line}" for line in lines) for where, lines in page.computed.items()
    ]
    yield from _section(say("Wie sie rechnet", "How it is computed"), computed, 0)
    yield from _section(say("Anmerkungen", "Remarks"), page.remarks, width)
    if page.example:
        changed = say("Eine gültige Rechnung, geändert", "A valid invoice, changed")
        lines = [f"{changed}: {page.example[0]}", f"→ {page.example[1]}"]
        yield from _section(say("Beispiel, das sie verletzt", "Example that breaks it"), lines, width)
    yield from _section(say("Regelausgaben, die sie haben", "Releases that have it"), _releases(page), width)


def _section(title: str, paragraphs: list[str], width: int) -> Iterator[str]:
    if paragraphs:
        yield f"\n{title}"
        for paragraph in paragraphs:
            yield from _wrapped(paragraph, width) if width else textwrap.indent(paragraph, "  ").splitlines()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width - 2, 20),
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _terms(ids: tuple[str, ...]) -> list[str]:
    from einvoice.model.terms import terms

    rows = [terms()[one] for one in ids if one in terms()]
    return [f"{row.id}  {say(row.de, row.en)} ({say(row.en, row.de)})" for row in rows]


def _releases(page: "Page") -> list[str]:
    by_name = say("nur mit Namen", "by name only")
    since = say("in Kraft seit", "in force since")
    return [f"{one.name} ({f'{since} {one.since}' if one.since else by_name})" for one in page.releases()]


def _severities(page: "Page") -> list[str]:
    from einvoice.validation.reports.text_report import WORDS

    words = WORDS[session.lang]
    lines = []
    for profile, by_place in page.severities.items():
        kinds = {
            " / ".join(words.get(part, part) for part in kind.split(" / ")) for kind in by_place.values()
        }
        if len(kinds) == 1:
            told = next(iter(kinds)) + (f" ({', '.join(place)})" if any(place := list(by_place)) else "")
        else:
            told = ", ".join(f"{words.get(kind, kind)} ({place})" for place, kind in by_place.items())
        lines.append(f"{profile}: {told}")
    return lines
