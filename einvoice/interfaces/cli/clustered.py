"""`--cluster` and `--resume`: where commands that look at many documents let them be looked at."""

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import ConfigurationError, UsageError
from einvoice.interfaces.cli.configuration import path_in, program, section
from einvoice.interfaces.cli.session import note, say

if TYPE_CHECKING:
    from einvoice.cluster.connection import Cluster
    from einvoice.cluster.settings import ClusterSettings
    from einvoice.validation.files import Found
    from einvoice.validation.kept import Kept
    from einvoice.validation.options import Options
    from einvoice.validation.report import Report
    from einvoice.validation.reports.pieces import Piece

MANY = 100
"""With so many files and more, a cluster named in einvoice.toml is used without --cluster."""

ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar=say("ADRESSE", "ADDRESS"),
        help=say(
            "Auf den Arbeitern dieses Dask-Clusters, tls://rechner:8786; none: hier",
            "On the workers of this Dask cluster, tls://host:8786; none: here",
        ),
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar=say("DATEI", "FILE"),
        help=say(
            "Mit --cluster: merkt sich hier, was fertig ist, und macht dort weiter",
            "With --cluster: keeps here what is done, and goes on from there",
        ),
    ),
]


def settings(address: str | None) -> "ClusterSettings | None":
    """The cluster of --cluster or of [cluster] in einvoice.toml; None if there is none, or for `none`.

    An address found in a file that was not named by the caller is left aside: a cluster can make its clients run
    what it likes. Raises ConfigurationError.
    """
    wanted = address or program("cluster", "address")
    if not wanted or wanted == "none":
        return None
    from einvoice.cluster.settings import PATIENCE, ClusterSettings

    stated = section("cluster").get("patience", PATIENCE)
    try:
        patience = float(stated)
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"[cluster], patience = {stated}: a number of seconds is wanted.",
            f"[cluster], patience = {stated}: bitte eine Zahl von Sekunden.",
        ) from None
    ca, cert, key = (path_in("cluster", name) for name in ("ca", "cert", "key"))
    for path in (ca, cert, key):
        if path is not None and not os.access(path, os.R_OK):
            raise ConfigurationError(
                f"{path}: cannot be read ([cluster]).", f"{path}: nicht lesbar ([cluster])."
            )
    return ClusterSettings(wanted, ca, cert, key, patience)


@contextlib.contextmanager
def cluster(address: str | None, files: int, further: tuple[str, ...] = ()) -> Iterator["Cluster | None"]:
    """The cluster of this call, connected; None where the work is to be done here.

    further: packages that workers need for it. Raises ConfigurationError where it cannot be used.
    """
    found = settings(address)
    if found is None or (address is None and files < MANY):
        yield None
        return
    from einvoice.cluster.connection import connected

    with connected(found, further) as joined:
        if not found.encrypted and not found.address.startswith(("tcp://127.", "tcp://localhost")):
            note(
                say(
                    f"einvoice: {found.address} ist unverschlüsselt; Rechnungen sind auf der Leitung lesbar (tls://).",
                    f"einvoice: {found.address} is not encrypted; invoices can be read on the line (tls://).",
                )
            )
        threads = joined.threads()
        text = say("Cluster: {0} Arbeiter, {1} Plätze.", "Cluster: {0} workers, {1} places.")
        note(f"einvoice: {text.format(len(threads), sum(threads.values()))}")
        yield joined


@contextlib.contextmanager
def writing_by(
    files: "Collection[Found]",
    options: "Options",
    jobs: int,
    address: str | None,
    resume: Path | None,
    form: str,
) -> "Iterator[Iterator[Piece]]":
    """As `judging_by`, the reports as a format of `reports.pieces` writes them."""
    from einvoice.validation.batch import written_files
    from einvoice.validation.reports.pieces import pieces

    if settings(address) is None:
        only_there(resume)
        yield written_files(files, options, jobs, form)
        return
    with judging_by(files, options, jobs, address, resume) as reports:
        yield pieces(reports, form)


@contextlib.contextmanager
def judging_by(
    files: "Collection[Found]", options: "Options", jobs: int, address: str | None, resume: Path | None
) -> "Iterator[Iterator[Report]]":
    """The reports of files in input order: from the cluster of this call, or from `jobs` processes here.

    Raises UsageError for --resume without a cluster, and what `cluster` raises.
    """
    from einvoice.validation.batch import validate_files

    with cluster(address, len(files), options.packages) as joined:
        if joined is None:
            only_there(resume)
            yield validate_files(files, options, jobs)
            return
        from einvoice.validation.spread import validate_spread

        with (
            keeping(resume, [options]) as kept,
            contextlib.closing(validate_spread(files, options, joined, kept)) as reports,
        ):
            yield reports


@contextlib.contextmanager
def judging_both(
    files: "Collection[Found]", variants: "Sequence[Options]", address: str | None, resume: Path | None
) -> "Iterator[Iterator[tuple[list[Report], ...]]]":
    """For each file its reports by each of several options, in input order: from a cluster, or made here."""
    from einvoice.validation.batch import validate_variants as here

    with cluster(address, len(files)) as joined:
        if joined is None:
            only_there(resume)
            yield (here(found, variants) for found in files)
            return
        from einvoice.validation.spread import validate_variants

        with (
            keeping(resume, variants) as kept,
            contextlib.closing(validate_variants(files, variants, joined, kept)) as reports,
        ):
            yield (tuple(some) for some in reports)


def only_there(resume: Path | None) -> None:
    """Raises UsageError for --resume where the work is done here."""
    if resume is not None:
        raise UsageError(
            "--resume goes with --cluster ADDRESS only.",
            "--resume gibt es nur zusammen mit --cluster ADRESSE.",
        )


@contextlib.contextmanager
def keeping(file: Path | None, variants: "Sequence[Options]") -> "Iterator[Kept | None]":
    """The file of --resume, with the answers to just this question; None where none was named."""
    if file is None:
        yield None
        return
    from einvoice.validation.kept import Kept
    from einvoice.validation.spread import identity

    kept = Kept(file, identity(variants))
    try:
        yield kept
    finally:
        kept.close()
        if kept.found:
            note(say(f"Schon fertig war: {kept.found}.", f"Done before: {kept.found}."))
