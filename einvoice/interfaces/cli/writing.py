"""What `convert` and `create` share: their options, what is said of a written invoice, and how it is put down."""

import json
import os
import re
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.output import unwritable
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.model.terms import terms
from einvoice.validation.options import Options
from einvoice.validation.reports.text_report import WORDS, printable

if TYPE_CHECKING:
    from einvoice.formats.fields import Fields
    from einvoice.model.differences import Difference
    from einvoice.outgoing import Outgoing
    from einvoice.validation.report import Finding

Name = Literal[
    "minimum",
    "basicwl",
    "basic",
    "en16931",
    "extended",
    "xrechnung",
    "xrechnung-extension",
    "xrechnung-cvd",
]
Output = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar=say("DATEI", "FILE"),
        help=say("Wohin die Rechnung geschrieben wird, - für die Standardausgabe", "Where to, - for stdout"),
    ),
]
ProfileName = Annotated[
    Name | None, typer.Option("--profile", help=say("Profil (setzt BT-24)", "Profile (sets BT-24)"))
]
AllowLoss = Annotated[
    bool,
    typer.Option(
        "--allow-loss",
        help=say("Auch schreiben, wenn Angaben wegfallen", "Write even if something cannot be carried"),
    ),
]
AllowRejected = Annotated[
    bool,
    typer.Option(
        "--allow-rejected",
        help=say("Auch schreiben, was abgelehnt würde", "Write even what would be rejected"),
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--pdf",
        metavar=say("DATEI", "FILE"),
        help=say(
            "PDF, in das die Rechnung eingebettet wird (zugferd)", "PDF to put the invoice into (zugferd)"
        ),
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help=say("Eine vorhandene andere Datei ersetzen", "Replace a file that is there already")
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar=say("DATEI", "FILE"),
        help=say("Was wegfiel, geändert und ergänzt wurde, als JSON", "Losses and changes as JSON"),
    ),
]


_TERM = re.compile(r"\bB[TG]-(?:DEX-)?[0-9]+(?:-[0-9]+)?")
"""Terms as messages name them; a rule that serves several parties names all of theirs in its own terms."""


def options(*, new: bool = False) -> Options:
    """How what is written is judged: by the rules in force today; a `new` invoice by all of them, schema or not."""
    return Options(lang=session.lang, rules_after_schema=new)


def picture(path: Path | None, to: str) -> bytes | None:
    """The bytes of the PDF that was named. Raises UsageError if it cannot be read, or the target takes none."""
    if path and to != "zugferd":
        raise UsageError(
            f"--pdf is for --to zugferd, not for {to}", f"--pdf gilt für --to zugferd, nicht für {to}"
        )
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"{path}: cannot be read ({why})", f"{path}: nicht lesbar ({why})") from None


def finish(
    written: "Outgoing",
    output: str,
    *,
    allow_loss: bool,
    allow_rejected: bool | None,
    force: bool,
    report: Path | None = None,
) -> None:
    """Says what became of the invoice, writes it if that is allowed, and ends the command with its exit code.

    `allow_rejected` None: no option would allow it.
    """
    _tell(written)
    if report is not None:
        save(report, json.dumps(_table(written), ensure_ascii=False, indent=2).encode() + b"\n", force=True)
    verdict = written.report.verdict if written.report else "accepted"
    lossy, rejected = not written.is_whole and not allow_loss, verdict == "rejected" and not allow_rejected
    if verdict == "unchecked" or lossy or rejected:
        ways = [("--allow-loss", lossy), ("--allow-rejected", rejected)]
        hopeless = rejected and allow_rejected is None
        asked = "" if hopeless else " ".join(way for way, helps in ways if helps)
        more = say(f"; trotzdem schreiben: {asked}", f"; to write it all the same: {asked}") if asked else ""
        print(say("Nicht geschrieben", "Not written") + f"{more}.", file=sys.stderr)
        leave(3 if verdict == "unchecked" else 1)
    if output == "-":
        sys.stdout.buffer.write(written.data)
        sys.stdout.buffer.flush()
    else:
        save(Path(output), written.data, force=force)
        note(say(f"Geschrieben: {output}", f"Written: {output}"))
    leave(0)


def save(path: Path, data: bytes, *, force: bool) -> None:
    """Writes a file wholly or not at all. An existing file is replaced if it is empty, the same, or with `force`."""
    if path.is_file() and not force and path.read_bytes() not in (b"", data):
        raise UsageError(
            f"{path} is there already: --force replaces it",
            f"{path} gibt es schon: --force ersetzt die Datei",
        )
    draft = None
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a device or pipe such as /dev/stdout
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
            draft = Path(stream.name)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise unwritable(path, error) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _tell(written: "Outgoing") -> None:
    """On stderr: losses, changes and fillers by term, and the verdict with the fields at fault."""
    _section(say("Geht verloren", "Lost"), [_row(one) for one in written.losses])
    _section(
        say("Geht verloren (ohne Begriff der Norm)", "Lost (no term of the norm)"),
        [f"{one.path}  {_short(one.text)}" for one in written.further],
    )
    _section(
        say("Geht verloren (im PDF eingebettete Dateien)", "Lost (files embedded in the PDF)"),
        [f"{one.name}  {one.mime}  {one.size} bytes" for one in written.attachments],
    )
    if not session.quiet:
        _section(say("Geändert", "Changed"), [_row(one) for one in written.changes])
        _section(
            say("Ergänzt, weil die Syntax es verlangt", "Added, the syntax asks for it"),
            [_row(one) for one in written.added],
        )
    for de, en in written.notes:
        note(say(de, en))
    _tell_verdict(written)


def _tell_verdict(written: "Outgoing") -> None:
    report = written.report
    if report is None:
        return
    words = WORDS[session.lang]
    note(f"{say('Urteil', 'Verdict')}: {words[report.verdict]} ({report.profile or report.reason})")
    wrong = [one for one in report.findings if one.severity == "error"]
    wrong = [
        one for one in wrong if one.rule != "EI-XSD"
    ] or wrong  # the rules say it in the words of the norm
    fields = _fields(written) if wrong else None
    lines = [
        printable(f"  {words['error']}: {_at(finding, fields)}{finding.message} [{finding.rule}]")
        for finding in wrong
    ]
    for line in dict.fromkeys(lines):  # a rule broken at many amounts says the same of each
        print(line, file=sys.stderr)


def _fields(written: "Outgoing") -> "Fields | None":
    from einvoice.formats.fields import Fields
    from einvoice.formats.reading import read
    from einvoice.formats.xml import parse

    return Fields(read(parse(written.carried.data))) if written.carried else None


def _at(finding: "Finding", fields: "Fields | None") -> str:
    """The JSON paths of the fields that a finding is about."""
    named = _TERM.findall(finding.message) or finding.terms
    found = fields.at(finding.location, named) if fields else ()
    return f"{', '.join(found)}: " if found else ""


def _section(heading: str, rows: list[str]) -> None:
    if rows:
        print(f"{heading} ({len(rows)}):", file=sys.stderr)
        for row in rows:
            print(printable(f"  {row}"), file=sys.stderr)


def _row(one: "Difference") -> str:
    row = terms()[one.term]
    name = row.de if session.lang == "de" else row.en
    if one.before is None or one.after is None:
        text = _short(one.before or one.after or "")
    else:
        text = f"{_short(one.before)} → {_short(one.after)}"
    return f"{one.term}  {name}  [{one.place}]  {text}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


def _table(written: "Outgoing") -> dict[str, Any]:
    """The report as JSON."""
    return {
        "to": written.to,
        "verdict": written.report.verdict if written.report else None,
        "profile": written.report.profile if written.report else None,
        "lost": [asdict(one) for one in written.losses],
        "further": [one.model_dump() for one in written.further],
        "attachments": [asdict(one) for one in written.attachments],
        "changed": [asdict(one) for one in written.changes],
        "added": [asdict(one) for one in written.added],
        "findings": [asdict(one) for one in (written.report.findings if written.report else ())],
    }
