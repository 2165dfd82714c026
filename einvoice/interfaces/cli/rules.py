"""`einvoice rules list|releases|diff`: the rules there are, and how releases differ."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import installed, place
from einvoice.interfaces.cli.rulesets import app as of_sets
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.interfaces.cli.tables import show

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Regeln und Regelausgaben.", "Rules and rule releases.", "einvoice rules list --profile xrechnung"
    ),
)

Rules = dict[str, tuple[str, str, str]]
"""By id: severities, what it says, and everything that decides about a document, as text."""


@app.command(
    "list",
    help=told(
        "Zählt die Regeln einer Ausgabe auf.",
        "Lists the rules of a release.",
        "einvoice rules list --profile xrechnung",
    ),
)
def list_rules(
    rules: Annotated[
        str | None, typer.Option(help=say("Name einer Regelausgabe", "Name of a rule release"))
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help=say("Nur Regeln dieses Profils", "Rules of this profile only"))
    ] = None,
    syntax: Annotated[
        bool, typer.Option("--syntax", help=say("Auch die Syntaxregeln", "Syntax rules as well"))
    ] = False,
    sets: Annotated[
        bool,
        typer.Option(
            "--installed",
            help=say("Stattdessen die installierten Regelsätze", "Instead the installed rule sets"),
        ),
    ] = False,
) -> None:
    """Exit 0 listed, 2 no such release or profile."""
    if sets:
        _installed()
    from einvoice import rulebook
    from einvoice.interfaces.cli.rule_page import book, unfilled
    from einvoice.validation.reports.text_report import WORDS

    if profile is not None:
        rulebook.profile(profile)
    name, words = rulebook.release(rules).name, WORDS[session.lang]
    rows: list[tuple[str, ...]] = []
    for one in book(name).values():
        kinds = {kind for (of, _), kind in one.severities.items() if profile in (None, of)}
        if kinds:
            says = unfilled(one.de if session.lang == "de" else one.en)
            rows.append((one.id, "/".join(sorted(words[kind] for kind in kinds)), one.artefact, says))
    if syntax:
        rows += _syntax_rows(name)
    show((say("Regel", "rule"), say("Schwere", "severity"), say("aus", "from"), say("sagt", "says")), rows)
    leave(0)


def _installed() -> NoReturn:
    """What is installed in this workplace; its folder of rules is made anew where it is missing."""
    from einvoice.pipeline.rules import refresh

    with place() as here:
        index = refresh(here)
    kinds = {"house": say("Hausregeln", "house rules"), "release": say("Ausgabe", "release")}
    rows = [
        (
            one.name,
            kinds[one.kind],
            one.tenant or "",
            str(one.since or ""),
            str(one.until or ""),
            one.digest[:16],
        )
        for one in index.sets
    ]
    head = (say("Regelsatz", "rule set"), say("Art", "kind"), say("Kommune", "tenant"), say("ab", "from"))
    show((*head, say("entfernt", "removed"), "sha256"), rows)
    leave(0)


def _syntax_rows(release: str) -> list[tuple[str, ...]]:
    from einvoice.interfaces.cli.rule_tables import syntax_ids, syntax_page
    from einvoice.validation.reports.text_report import WORDS

    words = WORDS[session.lang]
    rows: list[tuple[str, ...]] = []
    for one in sorted(syntax_ids(release)):
        page = syntax_page(one, release, session.lang)
        if page is not None:
            kinds = {kind for places in page.severities.values() for kind in places.values()}
            rows.append((one, "/".join(sorted(words[kind] for kind in kinds)), "en16931", page.says[0]))
    return rows


@app.command(
    help=told("Nennt die Regelausgaben.", "Names the rule releases.", "einvoice rules releases"),
)
def releases() -> None:
    """Exit 0."""
    from einvoice import rulebook
    from einvoice.rulebook.releases import today

    index, day = installed(), today()
    every = rulebook.releases(installed=map(Path, index.trees()))
    now = index.used(day) or rulebook.release(day=day, installed=map(Path, index.trees())).name
    ours = {one.name for one in index.sets if one.kind == "release"}
    rows = [
        (
            one.name + (say(" (installiert)", " (installed)") if one.name in ours else ""),
            say("ja", "yes") if one.name == now else "",
            str(one.since or ""),
            ", ".join(f"{part} {version}" for part, version in one.versions.items()),
            one.de if session.lang == "de" else one.en,
        )
        for one in every.values()
    ]
    head = (say("Ausgabe", "release"), say("gilt heute", "in force today"), say("seit", "since"))
    show((*head, say("Teile", "parts"), say("was", "what")), rows)
    leave(0)


@app.command(
    help=told(
        "Zeigt, welche Regeln zwischen zwei Ausgaben neu, entfallen oder geändert sind.",
        "Shows which rules are new, gone or changed between two releases.",
        "einvoice rules diff kosit-2026-01-31 en16931-1.3.16",
    )
)
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help=say("Ausgabe", "Release"))],
    new: Annotated[str, typer.Argument(metavar="B", help=say("Ausgabe", "Release"))],
) -> None:
    """Exit 0 compared, 2 no such release."""
    from einvoice import rulebook

    before, after = _rules(rulebook.release(old)), _rules(rulebook.release(new))
    rows = list(_differences(before, after))
    head = (say("Regel", "rule"), say("Änderung", "change"), say("Schwere", "severity"), say("sagt", "says"))
    if rows:
        show(head, rows)
    else:
        note(say("Kein Unterschied.", "No difference."))
    leave(0)


def _differences(before: Rules, after: Rules) -> Iterator[tuple[str, ...]]:
    words = (say("neu", "new"), say("entfallen", "gone"), say("geändert", "changed"))
    for rule in sorted(before.keys() | after.keys()):
        if rule not in before:
            yield rule, words[0], _named(after[rule][0]), after[rule][1]
        elif rule not in after:
            yield rule, words[1], _named(before[rule][0]), before[rule][1]
        elif before[rule] != after[rule]:
            kinds = dict.fromkeys((_named(before[rule][0]), _named(after[rule][0])))
            yield rule, words[2], " → ".join(kinds), after[rule][1]


def _named(severities: str) -> str:
    from einvoice.validation.reports.text_report import WORDS

    return "/".join(WORDS[session.lang][one] for one in severities.split("/"))


def _rules(release: "object") -> Rules:
    from einvoice import rulebook
    from einvoice.interfaces.cli.rule_page import book, unfilled
    from einvoice.interfaces.cli.rule_tables import syntax_page
    from einvoice.rulebook.syntax import syntax_rules

    assert isinstance(release, rulebook.Release)
    found: Rules = {}
    for one in book(release.name).values():
        kinds = "/".join(sorted({*one.severities.values()}))
        says = unfilled(one.de if session.lang == "de" else one.en)
        found[one.id] = (kinds, says, repr((one.formulas, one.severities)))
    for syntax in ("ubl-invoice", "cii"):
        for row in syntax_rules(release.versions["en16931"], syntax).rows:
            page = syntax_page(row.id, release.name, session.lang)
            said = (row.kind, row.path, row.limit, row.exceptions, row.context)
            found[row.id] = (row.severity, page.says[0] if page else "", repr(said))
    return found


app.registered_commands += of_sets.registered_commands
