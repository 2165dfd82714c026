"""`einvoice export profile`: layouts of accounting systems: listed, checked, tried, and the names they may use."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import ConfigurationError, EinvoiceError, Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, note, say, session

if TYPE_CHECKING:
    from einvoice.exports.profiles.case import Case
    from einvoice.exports.profiles.profile import Profile

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Profile: Satzaufbau eines HKR-Verfahrens als TOML-Datei (docs/exports.md).",
        "Profiles: the layout of an accounting system as a TOML file (docs/exports.md).",
        "einvoice export profile check kasse.toml",
    ),
)

Name = Annotated[
    str,
    typer.Argument(
        metavar=say("DATEI|NAME", "FILE|NAME"), help=say("Profildatei oder Muster", "Profile file or sample")
    ),
]


@app.command(
    "list",
    help=told(
        "Listet die mitgelieferten Muster. Keines ist von einem Hersteller freigegeben.",
        "Lists the samples that come along. None is certified by a vendor.",
        "einvoice export profile list",
    ),
)
def list_() -> None:
    """Exit 0."""
    from einvoice.exports.profiles.reading import read, shipped

    rows = []
    for name, path in shipped().items():
        form = read(path).form
        rows.append((name, form.file.kind, form.file.encoding, say(form.title_de, form.title_en)))
    tables.show(say("Name|Art|Kodierung|Muster", "Name|Kind|Encoding|Sample").split("|"), rows)
    leave(0)


@app.command(
    help=told(
        "Gibt ein Muster aus, um daraus ein eigenes Profil zu machen.",
        "Prints a sample, to make a profile of one's own from it.",
        "einvoice export profile show hkr-csv > kasse.toml",
    )
)
def show(name: Name) -> None:
    """Exit 0 printed, 2 no such profile."""
    from einvoice.exports.profiles.reading import named

    print(named(name).read_text("utf-8"), end="")
    leave(0)


@app.command(
    help=told(
        "Prüft ein Profil und schreibt damit einen Musterstapel. Fehler mit Datei und Zeile.",
        "Checks a profile and writes a sample batch with it. Mistakes with file and line.",
        "einvoice export profile check kasse.toml",
    )
)
def check(name: Name) -> None:
    """Exit 0 it can be used, 1 it is wrong or cannot hold the sample batch, 2 no such profile."""
    from einvoice.exports.profiles.reading import named, read
    from einvoice.exports.profiles.sample import sample_case
    from einvoice.exports.profiles.writing import write

    path = named(name)
    try:
        profile = read(path)
        files = write(profile, sample_case(profile))
    except (ConfigurationError, Refused) as error:
        _tell(path, error)
        leave(1)
    form = profile.form.file
    print(
        say(
            f"{path}: in Ordnung ({form.kind}, {form.encoding}); der Musterstapel ergibt {len(files)} Datei(en). "
            "Ob Ihr HKR-Verfahren sie annimmt, zeigt nur ein Probeimport dort.",
            f"{path}: all right ({form.kind}, {form.encoding}); the sample batch makes {len(files)} file(s). "
            "Whether your system takes them, only a test import there shows.",
        )
    )
    leave(0)


@app.command(
    help=told(
        "Zeigt, was ein Profil aus dem Musterstapel oder einem Stapel macht; feste Sätze mit Spalten. Nichts wird "
        "geschrieben, keine Nummer vergeben.",
        "Shows what a profile makes of the sample batch or of a batch; fixed records with their columns. Nothing is "
        "written, no number is used.",
        "einvoice export profile preview hkr-fixed --batch 1",
    )
)
def preview(
    name: Name,
    batch: Annotated[
        int | None,
        typer.Option("--batch", metavar="NR", help=say("Geschlossener Stapel", "Closed batch")),
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 shown, 1 it is wrong or does not fit, 2 no such profile."""
    from einvoice.exports.profiles import preview as shown
    from einvoice.exports.profiles.reading import named, read
    from einvoice.exports.profiles.sample import sample_case
    from einvoice.exports.profiles.writing import write

    path = named(name)
    try:
        profile = read(path)
        case = sample_case(profile) if batch is None else _case(profile, batch, as_)
        files = write(profile, case)
    except (ConfigurationError, Refused) as error:
        _tell(path, error)
        leave(1)
    for file in files:
        note(f"{file.name}")
        print(shown.preview(profile, file), end="")
        for remark in file.remarks:
            note(say(f"Ersetzt: {remark}", f"Replaced: {remark}"))
    leave(0)


def _case(profile: "Profile", batch: int, as_: str | None) -> "Case":
    """A batch as the profile sees it. Raises Refused for one that is not closed, or that this person may not see."""
    from einvoice.exports.closed import closed_batch
    from einvoice.exports.profiles.batches import apply
    from einvoice.interfaces.cli.batch_files import known
    from einvoice.interfaces.cli.configuration import place

    with place() as here:
        with here.store.reading() as reading:
            known(here, reading, batch, as_)
        return apply(profile, closed_batch(here.store, here.archive, batch)).case


@app.command(
    help=told(
        "Listet die Namen, die ein Profil verwenden kann.",
        "Lists the names a profile may use.",
        "einvoice export profile names",
    )
)
def names() -> None:
    """Exit 0."""
    from einvoice.exports.profiles.names import table

    rows = [(one.name, one.kind, say(one.de, one.en)) for one in table()]
    tables.show(say("Name|Art|Bedeutung", "Name|Kind|Meaning").split("|"), rows)
    note(
        say(
            "Dazu counter.NAME und count.SATZ des Profils, und unter row.invoice jeder Begriff der Norm, etwa "
            "row.invoice.seller.name oder row.invoice.BT_19.",
            "Beside these counter.NAME and count.RECORD of the profile, and below row.invoice every term of the "
            "norm, as in row.invoice.seller.name or row.invoice.BT_19.",
        )
    )
    leave(0)


def _tell(path: Path, error: EinvoiceError) -> None:
    """Each problem on a line of its own, with the file in front."""
    for line in error.said(session.lang).splitlines():
        print(line if line.startswith(str(path)) else f"{path}: {line}")
