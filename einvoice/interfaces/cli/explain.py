"""`einvoice explain RULE`: one rule in full."""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import installed
from einvoice.interfaces.cli.session import leave, say, session

if TYPE_CHECKING:
    from einvoice.interfaces.cli.rule_page import Page
    from einvoice.rulebook import Release
    from einvoice.validation.rulesets.installed import Index

HOUSE = "EI-HOUSE-"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


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
    wanted, index = rule.strip().strip("[]").upper(), installed()
    order = _order(index, rules)
    pages = (
        _house_pages(wanted, index, order[0]) if wanted.startswith(HOUSE) else _pages(wanted, order, rules)
    )
    if not pages:
        raise _unknown(rule, order[0], index)
    width = min(shutil.get_terminal_size((100, 24)).columns, 100) if sys.stdout.isatty() else 100
    for page in pages:
        print("\n".join(_lines(page, width)) + "\n")
    leave(0)


def _order(index: "Index", named: str | None) -> "list[Release]":
    """The releases to look into, installed ones among them: the one named or used today first, then the others."""
    from einvoice import rulebook
    from einvoice.rulebook.releases import today

    trees = [Path(tree) for tree in index.trees(named)]
    chosen = rulebook.release(named or index.used(today()), installed=trees)
    every = rulebook.releases(installed=trees)
    return [every[chosen.name], *(one for one in every.values() if one.name != chosen.name)]


def _pages(rule: str, order: "list[Release]", named: str | None) -> "list[Page]":
    """What each kind of book and table knows about an id, the first release first; upper case fits any case."""
    from einvoice.interfaces.cli import rule_page, rule_tables

    lang, found = session.lang, list["Page"]()
    books = [one for one in order[: 1 if named else None] if _spelled(rule, _of_release(one))]
    for release in books:
        name = _spelled(rule, _of_release(release))
        page = rule_page.book_page(name, release, lang) or rule_tables.syntax_page(name, release, lang)
        if page is not None:
            page.releases = [one for one in order if name in _of_release(one)]
            found.append(page)
    name = _spelled(rule, rule_tables.facturx_ids() | rule_tables.own_ids())
    for page in (rule_tables.facturx_page(name, lang), rule_tables.own_page(name, lang)):
        if page is not None:
            page.releases = order
            found.append(page)
    once = {page.origin.partition(" ")[0]: page for page in reversed(found)}
    for page in once.values():
        page.releases = sorted(
            page.releases, key=lambda one: (one.since is None, one.since or date.max, one.name)
        )
    return list(reversed(once.values()))


def _spelled(rule: str, ids: set[str]) -> str:
    """The id as it is written; "" if it is none of them."""
    return next((id_ for id_ in ids if id_.upper() == rule), "")


def _house_pages(rule: str, index: "Index", release: "Release") -> "list[Page]":
    """The page of a house rule in each installed set that has it, the last installed first."""
    from einvoice.interfaces.cli.rule_page import house_page, house_rules

    found, broken = list["Page"](), list[str]()
    for one in reversed(index.sets):
        known = house_rules(one, release, broken) if one.kind == "house" else {}
        if rule in known and (page := house_page(rule, Path(one.folder), release, session.lang, one.name)):
            town = say(f"Hausregel der Kommune {one.tenant}", f"House rule of the tenant {one.tenant}")
            days = [say(f"in Kraft seit {one.since}", f"in force since {one.since}")] if one.since else []
            days += [say(f"entfernt zum {one.until}", f"removed from {one.until}")] if one.until else []
            decides = say(
                "Sie ändert kein Urteil, es sei denn, die Kommune hat es so festgelegt (einvoice rules decide).",
                "It changes no verdict, unless the tenant said so (einvoice rules decide).",
            )
            page.remarks += [f"{', '.join((town, *days))}.", decides]
            found.append(page)
    for why in broken:
        print(f"einvoice: {why}", file=sys.stderr)
    return found


def _of_release(release: "Release") -> set[str]:
    """The ids of books and syntax rules of a release."""
    from einvoice.interfaces.cli import rule_page, rule_tables

    return rule_page.book(release).keys() | rule_tables.syntax_ids(release)


def _ids(release: "Release") -> set[str]:
    from einvoice.interfaces.cli import rule_tables

    return _of_release(release) | rule_tables.facturx_ids() | rule_tables.own_ids()


def _house_ids(index: "Index", release: "Release") -> set[str]:
    from einvoice.interfaces.cli.rule_page import house_rules

    sets = [one for one in index.sets if one.kind == "house"]
    return {id_ for one in sets for id_ in house_rules(one, release, [])}


def _unknown(rule: str, release: "Release", index: "Index") -> UsageError:
    wanted = rule.upper()
    known = _ids(release) | (_house_ids(index, release) if wanted.startswith(HOUSE) else set())
    spelled = {one.upper(): one for one in sorted(known)}
    plain = [one for one in spelled if _plain(one) == _plain(wanted)]
    found = dict.fromkeys((*plain, *get_close_matches(wanted, spelled, 3)))
    like = ", ".join(spelled[one] for one in list(found)[:3])
    return UsageError(
        f"There is no rule {rule}." + (f" Did you mean {like}?" if like else " See: einvoice rules list"),
        f"Die Regel {rule} gibt es nicht." + (f" Gemeint: {like}?" if like else " Alle: einvoice rules list"),
    )


def _plain(rule: str) -> str:
    """An id without hyphens and leading zeros: `BR7` for BR-07."""
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"[^A-Z0-9]", "", rule))


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
        changed = say("Eine gültige Rechnung, geändert: ", "A valid invoice, changed: ")
        what, said = page.example
        lines = [f"{changed}{what}", f"→ {said}"] if said else [what]
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
    bounds = [say(f"seit {page.since}", f"since {page.since}")] if page.since else []
    bounds += [say(f"bis {page.until}", f"until {page.until}")] if page.until else []
    named = [f"{one.name} ({f'{since} {one.since}' if one.since else by_name})" for one in page.releases]
    return [*bounds, *named]


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
