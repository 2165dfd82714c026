"""`einvoice validate PATH…`: one verdict per document."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.validation.batch import validate_files
from einvoice.validation.files import reach
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from einvoice.validation.reports import SUFFIXES, writer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Format = Literal["text", "json", "jsonl", "csv", "junit", "html"]
Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...", help=say("Dateien, Ordner, Muster oder -", "Files, folders, globs or -")
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help=say("Datei oder Ordner für den Bericht", "File or folder for the report")
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
    Literal["reject", "check"],
    typer.Option(
        help=say("Unbekannte Profile ablehnen oder nur melden", "Reject unknown profiles or only warn")
    ),
]


@app.command(
    help=say(
        "Prüft Rechnungen: ein Urteil je Rechnung. Etwa: einvoice validate eingang/ --format html -o bericht.html",
        "Checks invoices: one verdict each. Example: einvoice validate inbox/ --format html -o report.html",
    )
)
def validate(
    paths: Paths,
    form: Annotated[
        Format | None, typer.Option("--format", help=say("Form des Berichts", "Form of the report"))
    ] = None,
    output: Output = None,
    rules: Annotated[
        str | None, typer.Option(help=say("Name einer Regelausgabe", "Name of a rule release"))
    ] = None,
    rules_after_schema: AfterSchema = False,
    unknown_profile: UnknownProfile = "reject",
    jobs: Annotated[
        int, typer.Option(min=0, help=say("Prozesse (0: alle Kerne)", "Processes (0: all cores)"))
    ] = 0,
    fail_on: Annotated[
        Literal["error", "warning"],
        typer.Option(help=say("Wann der Exit-Code 1 ist", "When the exit code is 1")),
    ] = "error",
    limit_time: Annotated[
        float | None, typer.Option(min=0.001, help=say("Sekunden je Rechnung", "Seconds per document"))
    ] = None,
    limit_memory: Annotated[int, typer.Option(min=50, help=say("MB je Rechnung", "MB per document"))] = 500,
) -> None:
    """Exit 0 all accepted, 1 one rejected, 2 usage or nothing to check, 3 one unchecked (CONTRACT)."""
    options = Options(
        release=rules,
        lang=session.lang,
        unknown_profile=unknown_profile,
        rules_after_schema=rules_after_schema,
        limit_time=limit_time,
        limit_memory=limit_memory,
    )
    _known(options)
    files = list(reach(paths))
    if not files:
        raise UsageError(say("Nichts zu prüfen: keine Datei gefunden.", "Nothing to check: no file found."))
    count = Counter[str]()
    with Progress(len(files), quiet=session.quiet) as progress:
        reports = validate_files(progress.follow(files), options, _processes(jobs, len(files)))
        _write(_counted(reports, count), form or _usual(output), output)
    leave(_exit_code(count, fail_on))


def _known(options: Options) -> None:
    """A wrong release is a usage error before anything is opened."""
    from einvoice import rulebook

    rulebook.release(options.release, options.day)


def _processes(jobs: int, files: int) -> int:
    return min(jobs or os.cpu_count() or 1, max(1, files // 8))


def _usual(output: Path | None) -> str:
    by_suffix = {suffix: name for name, suffix in SUFFIXES.items()}
    return by_suffix.get(output.suffix, "text") if output else "text"


def _counted(reports: Iterator[Report], count: "Counter[str]") -> Iterator[Report]:
    for report in reports:
        count[report.verdict] += 1
        count.update({f.severity for f in report.findings})
        yield report


def _write(reports: Iterator[Report], name: str, output: Path | None) -> None:
    write = writer(name)
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
        write(reports, sys.stdout, session.lang)
    elif output.is_dir() or str(output).endswith(os.sep):
        output.mkdir(parents=True, exist_ok=True)
        for number, report in enumerate(reports, 1):
            with _open(output / f"{number:04d}-{_stem(report)}{SUFFIXES[name]}") as stream:
                write(iter([report]), stream, session.lang)
    else:
        with _open(output) as stream:
            write(reports, stream, session.lang)
        note(say(f"Bericht: {output}", f"Report: {output}"))


def _open(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            say(f"{path}: nicht beschreibbar ({reason})", f"{path}: not writable ({reason})")
        ) from None


def _stem(report: Report) -> str:
    name = (
        f"{Path(report.file).name}-{Path(report.document).name}"
        if report.document
        else Path(report.file).name
    )
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in name)[:100]


def _exit_code(count: "Counter[str]", fail_on: str) -> int:
    if count["unchecked"]:
        return 3
    return 1 if count["rejected"] or (fail_on == "warning" and count["warning"]) else 0
