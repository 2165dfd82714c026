"""Many files judged on the workers of a cluster: the same reports in the same order as here, by one release or more.

Files are read here; each goes to a worker with its name and bytes, and there into a limited process, as here.
"""

import contextlib
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from einvoice import confined
from einvoice.cluster.carried import Carried, carried
from einvoice.cluster.connection import Cluster
from einvoice.cluster.flow import Died, Flow, Piece
from einvoice.cluster.likeness import likeness
from einvoice.errors import Unchecked, UsageError
from einvoice.rulebook.releases import today
from einvoice.validation.batch import (
    options_from,
    options_plain,
    read_found,
    unchecked,
    validate_bytes,
)
from einvoice.validation.examined import unpacked
from einvoice.validation.files import Found
from einvoice.validation.kept import Kept
from einvoice.validation.options import Options
from einvoice.validation.report import Report, report_from

_DIED = {
    "de": "abgebrochen: jeder Arbeiter des Clusters, der dieses Dokument bekam, ist daran gestorben",
    "en": "died: every worker of the cluster that got this document died of it",
}


def validate_spread(
    files: Iterable[Found], options: Options, cluster: Cluster, kept: Kept | None = None
) -> Generator[Report, None, None]:
    """As `batch.validate_files`, on a cluster. kept: answers of an earlier, broken-off run; new ones are added.

    Raises UsageError for options that need this machine, and what `cluster.flow.Flow.answers` raises.
    """
    for reports in validate_variants(files, [options], cluster, kept):
        yield from reports[0]


def validate_variants(
    files: Iterable[Found], variants: Sequence[Options], cluster: Cluster, kept: Kept | None = None
) -> Generator[list[list[Report]], None, None]:
    """For each file, its reports by each of several options; see `validate_spread`."""
    if any(one.verapdf for one in variants):
        raise UsageError(
            "veraPDF runs on this machine only: give --verapdf without --cluster.",
            "veraPDF läuft nur auf diesem Rechner: bitte --verapdf ohne --cluster angeben.",
        )
    variants = [replace(one, day=one.day or today()) for one in variants]
    needed = _files(variants)
    arguments = {"variants": [options_plain(one) for one in variants]}
    question = cluster.question("einvoice.validation.spread:judged", arguments, needed)
    flow = Flow(cluster, question, needed)
    pieces = (_piece(found, variants[0], kept) for found in files)
    for piece in flow.answers(pieces):
        reports = _reports(piece, variants)
        if kept is not None and piece.data is not None and _is_checked(reports):
            kept.keep(piece.name, piece.data, piece.answer)
        yield reports


def identity(variants: Sequence[Options]) -> dict[str, Any]:
    """Whatever decides the answers, as plain values: options, files they name by digest, this software."""
    further = tuple(dict.fromkeys(name for one in variants for name in one.packages))
    return {
        "variants": [options_plain(replace(one, day=one.day or today())) for one in variants],
        "files": [one.digest for one in _files(variants)],
        "like": likeness(further),
    }


def judged(pieces: Sequence[tuple[str, bytes]], variants: Sequence[dict[str, Any]]) -> list[Any]:
    """The worker's side: for each piece, its reports as plain values by each of the options."""
    every = [options_from(one) for one in variants]
    with confined.borrowed(max(one.limit_memory for one in every)) as child:
        return list(map(list, zip(*(_judged(pieces, one, child) for one in every), strict=True)))


def _judged(
    pieces: Sequence[tuple[str, bytes]], options: Options, child: confined.Child
) -> list[list[dict[str, Any]]]:
    """The reports of each piece. By our engine alone they are sent to the limited process together."""
    if options.engine != "native":
        return [
            [one.as_dict() for one in validate_bytes(data, name, options, child)] for name, data in pieces
        ]
    plain = options_plain(options)
    asked = [
        ({"data": data, "name": name, "options": plain}, options.seconds(len(data))) for name, data in pieces
    ]
    with contextlib.closing(child.calls("einvoice.validation.batch:in_child", asked)) as answers:
        return [_said(one, piece, options) for one, piece in zip(answers, pieces, strict=True)]


def _said(found: Any, piece: tuple[str, bytes], options: Options) -> list[dict[str, Any]]:
    if not isinstance(found, confined.Failed):
        return [one.report.as_dict() for some in unpacked(found) for one in some]
    if not isinstance(found.error, Unchecked):
        raise found.error
    name, data = piece
    return [unchecked(data, name, found.error.said(options.lang), 0.0).as_dict()]


def _files(variants: Sequence[Options]) -> list[Carried]:
    """What workers need besides the software, each once."""
    paths = dict.fromkeys(path for one in variants for path in (*one.installed, *one.house))
    paths |= dict.fromkeys(one.scenarios for one in variants if one.engine != "native" and one.scenarios)
    return [carried(path) for path in paths]


def _piece(found: Found, options: Options, kept: Kept | None) -> Piece:
    """A file as a piece of work; nothing is asked about what cannot be read, or was answered before."""
    data = read_found(found, options)
    if isinstance(data, Report):
        return Piece(found.name, None, context=data)
    answer = kept.answer(found.name, data) if kept is not None else None
    return Piece(found.name, data if answer is None else None, time.perf_counter(), answer)


def _is_checked(reports: Sequence[Sequence[Report]]) -> bool:
    """Whether nothing is unchecked: what is, deserves another try when the run is taken up again."""
    return all(one.verdict != "unchecked" for some in reports for one in some)


def _reports(piece: Piece, variants: Sequence[Options]) -> list[list[Report]]:
    if isinstance(piece.answer, Died):
        waited = 1000 * (time.perf_counter() - piece.context)
        return [[unchecked(piece.data or b"", piece.name, _DIED[one.lang], waited)] for one in variants]
    if piece.answer is None:
        return [[replace(piece.context)] for _ in variants]
    return [[report_from(one) for one in reports] for reports in piece.answer]
