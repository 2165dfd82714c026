"""`einvoice validate PATH…`: one verdict per document."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.clustered import ClusterAddress, Resume, judging_by, writing_by
from einvoice.interfaces.cli.configuration import installed, path_in, program, section
from einvoice.interfaces.cli.output import apart, stem, target, unwritable
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.validation.files import Reached
from einvoice.validation.options import Engine, Options, engine_of, unknown_profile_of
from einvoice.validation.report import Report, Severity
from einvoice.validation.reports import SUFFIXES, pieces, writer
from einvoice.validation.reports.text_report import summed

R = TypeVar("R", Report, pieces.Piece)

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Format = Literal["text", "json", "jsonl", "csv", "junit", "sarif", "html", "kosit", "svrl"]
Paths = Annotated[
    list[str],
    typer.Argument(
        metavar=say("PFAD...", "PATH..."),
        help=say("Dateien, Ordner, Muster oder -", "Files, folders, globs or -"),
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar=say("PFAD", "PATH"),
        help=say("Datei oder Ordner für den Bericht", "File or folder for the report"),
    ),
]
AfterSchema = Annotated[
    bool,
    typer.Option(
        "--rules-after-schema",
        help=say("Regeln auch nach Schemafehlern zeigen", "Also run the rules when the schema failed"),
    ),
]
UnknownProfile = Annotated[
    Literal["reject", "check"] | None,
    typer.Option(
        help=say(
            "Unbekannte Profile ablehnen oder nur melden [Standard: reject]",
            "Reject unknown profiles or only warn [default: reject]",
        )
    ),
]

EngineName = Annotated[
    Engine | None,
    typer.Option(
        help=say(
            "Wer prüft: einvoice, das amtliche Prüfwerkzeug oder beide [Standard: native]",
            "Who judges: einvoice, the official engine or both [default: native]",
        )
    ),
]
Scenarios = Annotated[
    str | None,
    typer.Option(
        metavar=say("PFAD", "PATH"),
        help=say(
            "Konfiguration des KoSIT-Prüftools, Zip oder Ordner",
            "Configuration of KoSIT's validator, zip or folder",
        ),
    ),
]


RuleName = Annotated[
    str | None,
    typer.Option(
        help=say("Name einer Regelausgabe oder von Hausregeln", "Name of a rule release or of house rules")
    ),
]

VeraPdf = Annotated[
    str | None,
    typer.Option(
        metavar=say("PROGRAMM", "PROGRAM"),
        help=say(
            "PDF/A mit diesem veraPDF prüfen (Programm oder jar); ändert kein Urteil",
            "Check PDF/A with this veraPDF (program or jar); never changes a verdict",
        ),
    ),
]


@app.command(
    help=told(
        "Prüft Rechnungen: ein Urteil je Rechnung.",
        "Checks invoices: one verdict each.",
        "einvoice validate eingang/ --format html -o bericht.html",
        "einvoice validate inbox/ --format html -o report.html",
    )
)
def validate(
    paths: Paths,
    form: Annotated[
        Format | None, typer.Option("--format", help=say("Form des Berichts", "Form of the report"))
    ] = None,
    output: Output = None,
    rules: RuleName = None,
    rules_after_schema: AfterSchema = False,
    engine: EngineName = None,
    scenarios: Scenarios = None,
    unknown_profile: UnknownProfile = None,
    jobs: Annotated[
        int, typer.Option(min=0, help=say("Prozesse (0: alle Kerne)", "Processes (0: all cores)"))
    ] = 0,
    fail_on: Annotated[
        Literal["error", "warning"],
        typer.Option(help=say("Wann der Exit-Code 1 ist", "When the exit code is 1")),
    ] = "error",
    verapdf: VeraPdf = None,
    limit_time: Annotated[
        float | None, typer.Option(min=0.001, help=say("Sekunden je Rechnung", "Seconds per document"))
    ] = None,
    limit_memory: Annotated[int, typer.Option(min=50, help=say("MB je Rechnung", "MB per document"))] = 500,
    cluster: ClusterAddress = None,
    resume: Resume = None,
) -> None:
    """Exit 0 all accepted, 1 one rejected, 2 usage or nothing to check, 3 one unchecked (CONTRACT)."""
    settings = section("validation")
    asked = verapdf or program("validation", "verapdf")
    options = Options(
        **judging(rules, settings.get("release")),
        lang=session.lang,
        unknown_profile=unknown_profile_of(unknown_profile or settings.get("unknown_profile", "reject")),
        rules_after_schema=rules_after_schema,
        engine=engine_of(engine or settings.get("engine", "native")),
        scenarios=scenarios or path_in("validation", "scenarios"),
        verapdf=_verapdf(asked),
        limit_time=limit_time,
        limit_memory=limit_memory,
    )
    _known(options)
    files = Reached(paths, output)
    if not files:
        raise UsageError(say("Nichts zu prüfen: keine Datei gefunden.", "Nothing to check: no file found."))
    apart(files, Path(output) if output else None)
    count, name = Counter[str](), form or _usual(output)
    where = (files, options, _processes(jobs, len(files)), cluster, resume)
    with Progress(len(files), quiet=session.quiet) as progress:
        if name in pieces.FORMATS and not _is_folder(output):
            with writing_by(*where, name) as made:
                _join(_counted(made, progress, count, _severities_of_piece), name, output)
        else:
            with judging_by(*where) as reports:
                _write(_counted(reports, progress, count, _severities_of_report), name, output)
    if output is not None:
        note(summed(count, session.lang))
    leave(_exit_code(count, fail_on))


def _verapdf(asked: str | None) -> tuple[str, ...]:
    """How to call the veraPDF that was asked for."""
    if not asked:
        return ()
    from einvoice.validation import pdfa

    return pdfa.command(asked)


def judging(named: str | None, configured: str | None) -> dict[str, Any]:
    """The options release, installed and house of a call: `named` is a release or installed house rules."""
    from einvoice.rulebook.releases import today

    index = installed()
    house = index.house_named(named) if named else None
    release = (None if house else named) or configured or index.used(today())
    return {
        "release": release,
        "installed": index.trees(release),
        "house": (house.folder,) if house else (),
    }


def _known(options: Options) -> None:
    """A wrong release is a usage error before anything is opened."""
    from einvoice import rulebook

    rulebook.release(options.release, options.day, installed=map(Path, options.installed))


def _processes(jobs: int, files: int) -> int:
    return min(jobs or os.cpu_count() or 1, max(1, files // 8))


def _usual(output: str | None) -> str:
    longest = sorted(SUFFIXES.items(), key=lambda one: -len(one[1]))
    return next((name for name, suffix in longest if (output or "").endswith(suffix)), "text")


def _counted(
    made: Iterator[R],
    progress: Progress,
    count: "Counter[str]",
    severities: Callable[[R], Iterable[Severity]],
) -> Iterator[R]:
    """The reports as they come; a file is done when the next one's report is there."""
    current: str | None = None
    for one in made:
        if current is not None and one.file != current:
            progress.advance()
        current = one.file
        count[one.verdict] += 1
        count.update(severities(one))
        yield one
    progress.advance()


def _severities_of_report(report: Report) -> Iterable[Severity]:
    return {finding.severity for finding in report.findings}


def _severities_of_piece(piece: pieces.Piece) -> Iterable[Severity]:
    return piece.severities


def _is_folder(output: str | None) -> bool:
    return output is not None and (os.path.isdir(output) or output.endswith(os.sep))


def _join(made: Iterator[pieces.Piece], name: str, output: str | None) -> None:
    """To standard output, or into one file."""
    with target(Path(output) if output is not None else None) as stream:
        pieces.join((one.text for one in made), name, stream)
    if output is not None:
        note(say(f"Bericht: {output}", f"Report: {output}"))


def _write(reports: Iterator[Report], name: str, output: str | None) -> None:
    """To standard output, into one file, or into a folder with a file for each document."""
    write = writer(name)
    if output is not None and _is_folder(output):
        _write_each(reports, name, Path(output))
        return
    with target(Path(output) if output is not None else None) as stream:
        write(reports, stream, session.lang)
    if output is not None:
        note(say(f"Bericht: {output}", f"Report: {output}"))


def _write_each(reports: Iterator[Report], name: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None
    write = writer(name)
    for number, report in enumerate(reports, 1):
        inner = f"-{Path(report.document).name}" if report.document else ""
        with target(
            folder / f"{number:04d}-{stem(Path(report.file).name + inner)}{SUFFIXES[name]}"
        ) as stream:
            write(iter([report]), stream, session.lang)
    note(say(f"Berichte: {folder}", f"Reports: {folder}"))


def _exit_code(count: "Counter[str]", fail_on: str) -> int:
    if count["unchecked"]:
        return 3
    return 1 if count["rejected"] or (fail_on == "warning" and count["warning"]) else 0
