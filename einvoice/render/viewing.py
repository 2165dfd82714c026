"""What a delivery holds, for a page within another: a report and the rendering of each invoice, made in a limited
process. Nothing is kept."""

from dataclasses import dataclass
from typing import Any

from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.formats import xml
from einvoice.formats.delivery import Document, open_delivery
from einvoice.formats.reading import read
from einvoice.render import html
from einvoice.render.attachments import Embedded, all_embedded, safe_name
from einvoice.render.sheet import sheet_of, unreadable
from einvoice.validation.batch import options_from, options_plain, unchecked
from einvoice.validation.deliveries import examined
from einvoice.validation.examined import Examined, completed, packed, unpacked
from einvoice.validation.options import Options
from einvoice.validation.report import Report, report_from

_LOADING = 30.0
"""Seconds that a limited process may take to load what it needs, on a busy machine."""

_ROWS = 200
"""Rows of a table that a page shows at first: 5,000 lines of an invoice would be 110,000 elements."""

_LINES = 400_000
"""Bytes of XML from which an invoice is not rendered for a page, only reported on: such pages help nobody."""


@dataclass(frozen=True, slots=True)
class View:
    """One invoice of a delivery: its report, and its rendering as HTML ("" where it has none)."""

    report: Report
    page: str


def viewed(data: bytes, name: str, options: Options, rendered: int = 10) -> list[View]:
    """The invoices of a delivery, the first so many of them rendered; never raises for what it holds."""
    seconds = options.seconds(len(data))
    arguments = {"data": data, "name": name, "options": options_plain(options), "rendered": rendered}
    try:
        found = _called("einvoice.render.viewing:judged", arguments, options, seconds)
    except Unchecked as error:
        return [View(unchecked(data, name, error.said(options.lang), 0.0), "")]
    (judged,) = unpacked(found)
    reports = completed(judged, options, seconds)
    return [View(report, one.looked) for report, one in zip(reports, judged, strict=True)]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file embedded in an invoice (BT-125): as it is named, with its bytes only if they were asked for. safe: its
    name as that of a file. active: opening it may run something."""

    name: str
    safe: str
    mime: str
    size: int
    active: bool
    data: bytes | None = None


def rendered(
    data: bytes, name: str, report: Report, lang: str, path: str | None, *, whole: bool = False
) -> tuple[str, list[Enclosed]]:
    """The rendering of the one invoice of a delivery that a kept report is about, and the files embedded in it; of
    long tables the first rows, and those with findings, unless it is wanted whole.

    Raises Unchecked.
    """
    options = Options(lang="de" if lang == "de" else "en")
    given = {"data": data, "name": name, "report": report.as_dict(), "lang": lang, "path": path}
    arguments = {**given, "most": None if whole else _ROWS}
    page, files = _called("einvoice.render.viewing:shown", arguments, options, options.seconds(len(data)))
    return page, [Enclosed(*one) for one in files]


def enclosed(data: bytes, name: str, path: str | None, number: int) -> Enclosed | None:
    """One embedded file with its bytes, by its place (from 1); None if there is none. Raises Unchecked."""
    options = Options()
    arguments = {"data": data, "name": name, "path": path, "number": number}
    found = _called("einvoice.render.viewing:taken", arguments, options, options.seconds(len(data)))
    return Enclosed(*found) if found else None


def _called(function: str, arguments: dict[str, Any], options: Options, seconds: float) -> Any:
    with confined.borrowed(options.limit_memory) as child:
        return child.call(function, arguments, seconds + _LOADING)


def judged(data: bytes, name: str, options: dict[str, Any], rendered: int) -> list[Any]:
    """What a limited process runs for `viewed`: reports, what the official engine needs, and pages, packed."""
    how = options_from(options)
    found = examined(data, name, how)
    documents = open_delivery(data, name).documents
    several = "" if len(found) == 1 else "d{}-"
    for number, (one, document) in enumerate(_paired(found, documents), 1):
        one.looked = ""
        if document is not None and number <= rendered and len(document.data) < _LINES:
            sheet = sheet_of(one.report, document.data, how.lang)[1]
            one.looked = html.fragment(sheet, several.format(number))
    return packed([found])


def shown(
    data: bytes, name: str, report: dict[str, Any], lang: str, path: str | None, most: int | None
) -> tuple[str, list[list[Any]]]:
    """What a limited process runs for `rendered`."""
    about = report_from(report)
    document = _at(data, name, path)
    if document is None:
        return html.fragment(unreadable(about, lang), most=most), []
    content, page = sheet_of(about, document.data, lang)
    files = list(all_embedded(content)) if content else []
    return html.fragment(page, most=most), [_described(one) for one in files]


def taken(data: bytes, name: str, path: str | None, number: int) -> list[Any] | None:
    """What a limited process runs for `enclosed`."""
    document = _at(data, name, path)
    if document is None:
        return None
    files = list(all_embedded(read(xml.parse(document.data)).content()))
    return [*_described(files[number - 1]), files[number - 1].data] if 1 <= number <= len(files) else None


def _described(file: Embedded) -> list[Any]:
    return [file.name, safe_name(file.name), file.mime, len(file.data or b""), file.is_active]


def _at(data: bytes, name: str, path: str | None) -> Document | None:
    documents = open_delivery(data, name).documents
    return next((one for one in documents if path in (None, one.path)), None)


def _paired(found: list[Examined], documents: list[Document]) -> list[tuple[Examined, Document | None]]:
    by_path = {document.path: document for document in documents}
    return [(one, by_path.get(one.report.document)) for one in found]
