"""`einvoice rules list|releases|diff`: the rules there are, and how releases differ."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import installed, place
from einvoice.interfaces.cli.rule_changes import app as of_changes
from einvoice.interfaces.cli.rulesets import app as of_sets
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.interfaces.cli.tables import show

if TYPE_CHECKING:
    from einvoice.rulebook import Release
    from einvoice.validation.rulesets.installed import Index

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Regeln und Regelausgaben.", "Rules and rule releases.", "einvoice rules list --profile xrechnung"
    ),
)


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
    """Exit 0 listed, 2 no such release or profile, 3 an installed set of house rules cannot be read."""
    if sets:
        _installed()
    from einvoice import rulebook
    from einvoice.interfaces.cli.rule_page import book, unfilled
    from einvoice.rulebook.releases import today
    from einvoice.validation.reports.text_report import WORDS

    if profile is not None:
        rulebook.profile(profile)
    index, words = installed(), WORDS[session.lang]
    trees = [Path(tree) for tree in index.trees(rules)]
    release = rulebook.release(rules or index.used(today()), installed=trees)
    rows: list[tuple[str, ...]] = []
    for one in book(release).values():
        kinds = {kind for (of, _), kind in one.severities.items() if profile in (None, of)}
        if kinds:
            says = unfilled(one.de if session.lang == "de" else one.en)
            rows.append((one.id, "/".join(sorted(words[kind] for kind in kinds)), one.artefact, says))
    broken = list[str]()
    if profile is None:
        rows += _house_rows(index, release, broken)
    if syntax:
        rows += _syntax_rows(release)
    show((say("Regel", "rule"), say("Schwere", "severity"), say("aus", "from"), say("sagt", "says")), rows)
    for why in broken:
        print(f"einvoice: {why}", file=sys.stderr)
    leave(3 if broken else 0)


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


def _house_rows(index: "Index", release: "Release", broken: list[str]) -> list[tuple[str, ...]]:
    """The house rules of all towns that have not been removed. broken: told which sets cannot be read, and why."""
    from einvoice.interfaces.cli.rule_page import house_rules, unfilled
    from einvoice.validation.reports.text_report import WORDS

    rows: list[tuple[str, ...]] = []
    for one in index.sets:
        if one.kind == "house" and one.until is None:
            for rule in house_rules(one, release, broken).values():
                kinds = sorted({WORDS[session.lang][kind] for kind in rule.severities.values()})
                says = unfilled(rule.de if session.lang == "de" else rule.en)
                rows.append((rule.id, "/".join(kinds), f"{one.name} ({one.tenant})", says))
    return rows


def _syntax_rows(release: "Release") -> list[tuple[str, ...]]:
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


app.registered_commands += of_changes.registered_commands
app.registered_commands += of_sets.registered_commands
