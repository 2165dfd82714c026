"""Which of a PDF's files is the invoice.

A PDF is one invoice (CONTRACT): of several XMLs the first known name wins, else the only one with a known
root; EI-PDF-AMBIGUOUS names the others.
"""

from collections.abc import Sequence

from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS, Budget, Carrier, Delivery, Document, attachment
from einvoice.formats.pdf import EmbeddedFile, Pdf, Unreadable
from einvoice.model.problem import Problem

KNOWN_NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")


def open_into(into: Delivery, data: bytes, path: str | None, budget: Budget) -> None:
    """Adds the PDF's invoice and its other files to `into`; without an invoice, the reason."""
    try:
        pdf = Pdf(data)
        files = pdf.files(budget)
    except Unreadable as error:
        _without(into, data, path, error.why, str(error))
        return
    chosen, others = choose(files)
    for index, file in enumerate(files):
        if index != chosen:
            into.attachments.append(attachment(_within(path, file.name), file.mime, file.data))
    if chosen is None:
        why, detail = _why(pdf, files, others)
        _without(into, data, path, why, detail)
        return
    file = files[chosen]
    odd = (Problem("EI-PDF-AMBIGUOUS", {"chosen": file.name, "others": ", ".join(others)}),) if others else ()
    carrier = Carrier(data, file.name, file.mime, file.relation, file.associated, pdf.xmp())
    into.documents.append(Document(_within(path, file.name), file.data, True, odd, carrier))


def _why(pdf: Pdf, files: list[EmbeddedFile], others: list[str]) -> tuple[str, str]:
    """Why a PDF holds no invoice, and what it holds instead."""
    if others:
        return "several", ", ".join(others)
    names = ", ".join(file.name for file in files[:5])
    if pdf.is_portfolio():
        return "portfolio", names
    return ("files", names) if files else ("empty", "")


def _without(into: Delivery, data: bytes, path: str | None, why: str, detail: str) -> None:
    """No invoice: at the outside that is the verdict, within another container the PDF is an attachment."""
    if path is None:
        into.problems.append(Problem("EI-NOINVOICE", {"why": why, "container": "pdf", "detail": detail}))
    else:
        into.attachments.append(attachment(path, "application/pdf", data))


def _within(path: str | None, name: str) -> str:
    return name if path is None else f"{path}!/{name}"


def choose(files: Sequence[EmbeddedFile]) -> tuple[int | None, list[str]]:
    """Which embedded file is the invoice, and the names of other candidates."""
    names = [file.name.lower() for file in files]
    named = [names.index(known) for known in KNOWN_NAMES if known in names]
    rooted = [index for index, file in enumerate(files) if index not in named and _has_known_root(file.data)]
    twins = [index for index, name in enumerate(names) if name in KNOWN_NAMES and index not in named]
    if named:
        rivals = sorted({*named[1:], *rooted, *twins} - {named[0]})
        return named[0], [files[index].name for index in rivals]
    if len(rooted) == 1:
        return rooted[0], []
    return None, [files[index].name for index in rooted]


def _has_known_root(body: bytes) -> bool:
    try:
        return (
            body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\0<", b"\xff\xfe", b"\xfe\xff"))
            and xml.parse(body).tag in KNOWN_ROOTS
        )
    except xml.Refused:
        return False
