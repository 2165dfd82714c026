"""`einvoice show` of several files: a page for each invoice, in a folder."""

import contextlib
import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from einvoice.errors import UsageError
from einvoice.interfaces.cli.clustered import cluster
from einvoice.interfaces.cli.output import nothing_found, stem, unwritable
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import note, say, session

if TYPE_CHECKING:
    from einvoice.render.many import Page
    from einvoice.validation.files import Found


def show_many(
    files: "Collection[Found]",
    form: Literal["html", "pdf"] | None,
    output: Path | None,
    jobs: int,
    address: str | None,
) -> int:
    """Writes the pages; 0 all shown, 1 a document that is no invoice, 3 one that could not be looked at.

    Raises UsageError for a missing form or folder, and what `clustered.cluster` raises.
    """
    from einvoice.render.many import pages
    from einvoice.validation.options import Options

    if not files:
        raise nothing_found()
    if form is None or output is None or output.is_file():
        raise UsageError(
            "Several invoices: give --html or --pdf, and a folder with -o.",
            "Mehrere Rechnungen: bitte --html oder --pdf und mit -o einen Ordner angeben.",
        )
    _make(output)
    count = Counter[str]()
    options = Options(lang=session.lang)
    here = jobs or os.cpu_count() or 1
    with (
        cluster(address, len(files), ("typst",) if form == "pdf" else ()) as joined,
        Progress(len(files), session.quiet) as progress,
        contextlib.closing(pages(files, form, options, here, joined)) as made,
    ):
        for number, page in enumerate(progress.follow(made), 1):
            count[_kept(page, number, form, output)] += 1
    note(_summed(count, output))
    return 3 if count["unseen"] else 1 if count["other"] else 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from None


def _kept(page: "Page", number: int, form: str, folder: Path) -> str:
    """Writes a page, whole or not at all; what became of it."""
    name = page.file + (f"!/{page.document}" if page.document else "")
    if page.page is None:
        note(f"{name}: {page.why}")
        return "unseen"
    inner = f"-{Path(page.document).name}" if page.document else ""
    file = folder / f"{number:04d}-{stem(Path(page.file).name + inner)}.{form}"
    draft = file.with_name(f".{file.name}.part")
    try:
        draft.write_bytes(page.page)
        os.replace(draft, file)
    except OSError as error:
        raise unwritable(file, error) from None
    if not page.invoice:
        note(f"{name}: {page.why or say('keine lesbare Rechnung', 'no readable invoice')}")
    return "shown" if page.invoice else "other"


def _summed(count: "Counter[str]", folder: Path) -> str:
    shown, other, unseen = (count[name] for name in ("shown", "other", "unseen"))
    text = say("Seiten: {0} in {1}", "Pages: {0} in {1}").format(shown + other, folder)
    text += (
        say(", {0} ohne lesbare Rechnung", ", {0} without a readable invoice").format(other) if other else ""
    )
    return text + (say("; {0} nicht geprüft", "; {0} unchecked").format(unseen) if unseen else "")
