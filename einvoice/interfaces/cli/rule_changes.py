"""`einvoice rules diff A B`: what a change of release means, in general and, rehearsed, for given invoices."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.clustered import ClusterAddress, Resume, judging_both
from einvoice.interfaces.cli.configuration import installed
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.interfaces.cli.tables import show
from einvoice.validation.files import Reached
from einvoice.validation.options import Options

if TYPE_CHECKING:
    from einvoice.rulebook import Described, Release
    from einvoice.rulebook.differences import Difference
    from einvoice.validation.report import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_SHOWN = 12
"""Codes of a list that are named; of the others, how many."""


@app.command(
    help=told(
        "Zeigt, was ein Wechsel der Ausgabe bedeutet: Regeln und Codes, mit --on die Urteile über Rechnungen.",
        "Shows what a change of release means: rules and codes; with --on, the verdicts on invoices.",
        "einvoice rules diff kosit-2026-01-31 en16931-1.3.16 --on archiv/",
        "einvoice rules diff kosit-2026-01-31 en16931-1.3.16 --on archive/",
    )
)
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help=say("Ausgabe", "Release"))],
    new: Annotated[str, typer.Argument(metavar="B", help=say("Ausgabe", "Release"))],
    on: Annotated[
        list[str] | None,
        typer.Option(metavar=say("PFAD", "PATH"), help=say("Probe an Rechnungen", "Rehearse on invoices")),
    ] = None,
    cluster: ClusterAddress = None,
    resume: Resume = None,
) -> None:
    """Exit 0 compared, 2 no such release, 3 an invoice of the rehearsal is unchecked."""
    from einvoice import rulebook

    index = installed()
    trees = tuple(dict.fromkeys((*index.trees(old), *index.trees(new))))
    before, after = (rulebook.release(name, installed=map(Path, trees)) for name in (old, new))
    if not on:
        leave(_compare(before, after))
    files = Reached(on)
    if not files:
        raise UsageError(say("Nichts zu prüfen: keine Datei gefunden.", "Nothing to check: no file found."))
    options = Options(release=before.name, installed=trees, lang=session.lang)
    variants = [options, replace(options, release=after.name)]
    with (
        Progress(len(files), session.quiet) as progress,
        judging_both(files, variants, cluster, resume) as pairs,
    ):
        code = _rehearsed(progress.follow(pairs))
    leave(code)


def _compare(before: "Release", after: "Release") -> int:
    from einvoice.rulebook.differences import differences, list_differences

    rows = list(rows_of(differences(before, after), before, after))
    lists = [
        (one.name, _codes("+", one.added), _codes("-", one.removed))
        for one in list_differences(before, after)
    ]
    if rows:
        show(
            (
                say("Regel", "rule"),
                say("Änderung", "change"),
                say("Schwere", "severity"),
                say("sagt", "says"),
            ),
            rows,
        )
    if lists:
        print()
        show((say("Codeliste", "code list"), say("dazu", "added"), say("weg", "removed")), lists)
    if not rows and not lists:
        note(say("Kein Unterschied.", "No difference."))
    return 0


def rows_of(found: "Iterable[Difference]", before: "Release", after: "Release") -> Iterator[tuple[str, ...]]:
    """Each difference as a row: rule, change, severity, and what is different in words."""
    words = {
        "new": say("neu", "new"),
        "gone": say("entfallen", "gone"),
        "changed": say("geändert", "changed"),
        "list": say("Codeliste", "code list"),
    }
    for one in found:
        kinds = dict.fromkeys(_named(kind) for kind in one.severities if kind)
        says = _says(one.rule, before if one.kind == "gone" else after)
        yield one.rule, words[one.kind], " → ".join(kinds), _why(one) + says


def _why(one: "Difference") -> str:
    if one.kind in ("new", "gone"):
        return ""
    from einvoice.interfaces.cli.rule_page import SYNTAXES

    parts = [say("andere Schwere", "another severity")] if one.severities[0] != one.severities[1] else []
    if one.syntaxes:
        places = ", ".join(SYNTAXES[syntax] for syntax in one.syntaxes)
        parts.append(say(f"rechnet anders in {places}", f"computes differently in {places}"))
    if one.lists:
        lists = ", ".join(one.lists)
        parts.append(say(f"andere Codes in {lists}", f"other codes in {lists}"))
    if not parts:
        parts.append(say("andere Schwere in einem Profil", "another severity in a profile"))
    return "; ".join(parts) + ": "


def _says(rule: str, release: "Release") -> str:
    from einvoice.interfaces.cli.rule_page import unfilled
    from einvoice.rulebook.syntax import syntax_rules

    known = _catalogue(release).get(rule)
    if known is not None:
        return unfilled(known.de if session.lang == "de" else known.en)
    for syntax in ("ubl-invoice", "cii"):
        row = syntax_rules(release.versions["en16931"], syntax, release.rules).by_id.get(rule)
        if row is not None:
            from einvoice.interfaces.cli.rule_tables import syntax_sentence

            return syntax_sentence(row, session.lang)
    return ""


@functools.cache
def _catalogue(release: "Release") -> "Mapping[str, Described]":
    from einvoice.rulebook.catalogue import catalogue

    return catalogue(release)


def _codes(sign: str, codes: tuple[str, ...]) -> str:
    """`+AA +BB … (40)`"""
    named = " ".join(sign + code for code in codes[:_SHOWN])
    return f"{named} … ({len(codes)})" if len(codes) > _SHOWN else named


def _named(severities: str) -> str:
    from einvoice.validation.reports.text_report import WORDS

    return "/".join(WORDS[session.lang][one] for one in severities.split("/"))


def _rehearsed(pairs: "Iterable[Sequence[list[Report]]]") -> int:
    """Shows the invoices of which two releases do not say the same. pairs: of each file, its reports by each."""
    from einvoice.validation.reports.text_report import WORDS

    rows, count, turned, unchecked = list[tuple[str, ...]](), 0, 0, 0
    for one, other in (both for olds, news in pairs for both in _paired(olds, news)):
        count += 1
        unchecked += "unchecked" in (one.verdict, other.verdict)
        verdicts = dict.fromkeys(WORDS[session.lang][kind] for kind in (one.verdict, other.verdict))
        turned += len(verdicts) - 1
        if changes := _changes(one, other):
            rows.append(
                (f"{one.file}{f'!/{one.document}' if one.document else ''}", " → ".join(verdicts), changes)
            )
    if rows:
        show((say("Rechnung", "invoice"), say("Urteil", "verdict"), say("weil", "because")), rows)
    print(
        say(
            f"{count} Rechnungen nach beiden Ausgaben geprüft: {turned} andere Urteile, {len(rows)} andere Befunde.",
            f"{count} invoices judged by both releases: {turned} other verdicts, {len(rows)} with other findings.",
        )
    )
    return 3 if unchecked else 0


def _paired(olds: "list[Report]", news: "list[Report]") -> "Iterator[tuple[Report, Report]]":
    """The reports on the same invoice; where a delivery as a whole is unchecked, its one report on each."""
    many = max(len(olds), len(news))
    return zip(*(some if len(some) == many else some * many for some in (olds, news)), strict=True)


def _changes(one: "Report", other: "Report") -> str:
    """`+BR-1 (Fehler), -BR-2 (Warnung)`: findings by rule and severity that only one of two reports has."""
    ours, theirs = ({(f.rule, f.severity) for f in report.findings} for report in (one, other))
    new = [f"+{rule} ({_named(severity)})" for rule, severity in sorted(theirs - ours)]
    gone = [f"-{rule} ({_named(severity)})" for rule, severity in sorted(ours - theirs)]
    return ", ".join((*new, *gone))
