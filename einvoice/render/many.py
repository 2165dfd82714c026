"""A page for each of many documents, made side by side here or on the workers of a cluster, in input order."""

import json
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass
from typing import Any, Literal

from einvoice import confined
from einvoice.cluster.connection import Cluster
from einvoice.cluster.flow import Died, Flow, Piece
from einvoice.errors import Unchecked
from einvoice.formats.delivery import open_delivery
from einvoice.render import html, pdf
from einvoice.render.plain import plain
from einvoice.render.sheet import sheet_of
from einvoice.validation.batch import options_from, options_plain, read_found
from einvoice.validation.deliveries import validate_delivery
from einvoice.validation.files import Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report

Form = Literal["html", "pdf"]

CHUNK = {"html": 50, "pdf": 5}
"""Documents that are one task of a cluster: a page takes longer than a verdict."""

_DIED = {
    "de": "jeder Arbeiter des Clusters, der dieses Dokument bekam, ist daran gestorben",
    "en": "every worker of the cluster that got this document died of it",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one document, whole; None where our side could not make it. why: what is to be said about it."""

    file: str
    document: str | None
    page: bytes | None
    invoice: bool
    why: str = ""


def pages(
    files: Iterable[Found], form: Form, options: Options, jobs: int = 1, cluster: Cluster | None = None
) -> Generator[Page, None, None]:
    """A page for each invoice in the files, one for a file without any; `jobs` of them in work at a time.

    Raises UsageError where typst is not installed, and what `cluster.flow.Flow.answers` raises.
    """
    if form == "pdf" and cluster is None:
        pdf.needed()
    pieces = (_piece(found, options) for found in files)
    made = _here(pieces, form, options, jobs) if cluster is None else _there(pieces, form, options, cluster)
    for piece in made:
        if isinstance(piece.answer, Died):
            yield Page(piece.name, None, None, False, _DIED[options.lang])
        elif piece.answer is None:
            yield Page(piece.name, None, None, False, piece.context)
        else:
            yield from (Page(*one) for one in piece.answer)


def drawn(pieces: Sequence[tuple[str, bytes]], form: Form, options: dict[str, Any]) -> list[list[Any]]:
    """The pages of each of some files, as plain values."""
    return [[astuple(one) for one in _drawn(data, name, form, options)] for name, data in pieces]


def _piece(found: Found, options: Options) -> Piece:
    data = read_found(found, options)
    return Piece(found.name, None, data.reason) if isinstance(data, Report) else Piece(found.name, data)


def _here(pieces: Iterable[Piece], form: Form, options: Options, jobs: int) -> Generator[Piece, None, None]:
    plainly = options_plain(options)

    def answered(piece: Piece) -> Piece:
        if piece.data is not None:
            (piece.answer,) = drawn([(piece.name, piece.data)], form, plainly)
        return piece

    with ThreadPoolExecutor(jobs) as threads:
        waiting: deque[Future[Piece]] = deque()
        try:
            for piece in pieces:
                waiting.append(threads.submit(answered, piece))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            threads.shutdown(cancel_futures=True)


def _there(
    pieces: Iterable[Piece], form: Form, options: Options, cluster: Cluster
) -> Generator[Piece, None, None]:
    arguments = {"form": form, "options": options_plain(options)}
    question = cluster.question("einvoice.render.many:drawn", arguments)
    yield from Flow(cluster, question, chunk=CHUNK[form]).answers(pieces)


def _drawn(data: bytes, name: str, form: Form, options: dict[str, Any]) -> list[Page]:
    """The pages of one file: read, judged and written down in a limited process, typeset in another."""
    judged = options_from(options)
    seconds = 2 * judged.seconds(len(data))
    arguments = {"data": data, "name": name, "form": form, "options": options}
    try:
        with confined.borrowed(judged.limit_memory) as child:
            rows = child.call("einvoice.render.many:written", arguments, seconds)
        return [
            Page(name, path, page if form == "html" else pdf.typeset_plain(json.loads(page), issued), ok, why)
            for path, page, issued, ok, why in rows
        ]
    except Unchecked as error:
        return [Page(name, None, None, False, error.said(judged.lang))]


def written(data: bytes, name: str, form: Form, options: dict[str, Any]) -> list[list[Any]]:
    """What the limited process runs: inner path, page (HTML, or JSON for typst), date, whether it is an invoice."""
    judged = options_from(options)
    reports = validate_delivery(data, name, judged)
    documents = [one.data for one in open_delivery(data, name).documents] or [b""]
    rows = []
    for report, document in zip(reports, documents, strict=True):
        content, sheet = sheet_of(report, document, judged.lang)
        page = "".join(html.page(sheet)) if form == "html" else json.dumps(plain(sheet))
        why = " ".join(one.message for one in report.findings[:1]) or report.reason or ""
        rows.append([report.document, page.encode(), sheet.issued, content is not None, why])
    return rows
