"""The only door for PDFs: the embedded files of a ZUGFeRD/Factur-X PDF, by name tree and associated files.

A PDF is one invoice (CONTRACT): of several XMLs the first known name wins, else the only one with a known
root; EI-PDF-AMBIGUOUS names the others.
"""

import io
from collections.abc import Iterator
from typing import Any

from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS, Budget, Delivery, Document, attachment
from einvoice.model.problem import Problem

KNOWN_NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
MAX_NODES = 20_000

EmbeddedFile = tuple[str, str, bytes]
"""Name, MIME type, bytes."""


def open_into(into: Delivery, data: bytes, path: str | None, budget: Budget) -> None:
    """Adds the PDF's invoice and its other files to `into`; without an invoice, the reason."""
    try:
        files = list(embedded_files(data, budget))
    except Unreadable as error:
        _without(into, data, path, error.why, str(error))
        return
    chosen, others = choose(files)
    for index, (name, mime, body) in enumerate(files):
        if index != chosen:
            into.attachments.append(attachment(_within(path, name), mime, body))
    if chosen is None:
        why = "several" if others else "none" if files else "empty"
        _without(into, data, path, why, ", ".join(others))
        return
    name, _, body = files[chosen]
    odd = (Problem("EI-PDF-AMBIGUOUS", {"chosen": name, "others": ", ".join(others)}),) if others else ()
    into.documents.append(Document(_within(path, name), body, in_pdf=True, problems=odd))


def _without(into: Delivery, data: bytes, path: str | None, why: str, detail: str) -> None:
    """No invoice: at the outside that is the verdict, within another container the PDF is an attachment."""
    if path is None:
        into.problems.append(Problem("EI-NOINVOICE", {"why": why, "container": "pdf", "detail": detail}))
    else:
        into.attachments.append(attachment(path, "application/pdf", data))


def _within(path: str | None, name: str) -> str:
    return name if path is None else f"{path}!/{name}"


def choose(files: list[EmbeddedFile]) -> tuple[int | None, list[str]]:
    """Which embedded file is the invoice, and the names of other candidates."""
    names = [name.lower() for name, _, _ in files]
    named = [names.index(known) for known in KNOWN_NAMES if known in names]
    rooted = [index for index, file in enumerate(files) if index not in named and _has_known_root(file[2])]
    twins = [index for index, name in enumerate(names) if name in KNOWN_NAMES and index not in named]
    if named:
        rivals = sorted({*named[1:], *rooted, *twins} - {named[0]})
        return named[0], [files[index][0] for index in rivals]
    if len(rooted) == 1:
        return rooted[0], []
    return None, [files[index][0] for index in rooted]


def _has_known_root(body: bytes) -> bool:
    try:
        return (
            body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff"))
            and xml.parse(body).tag in KNOWN_ROOTS
        )
    except xml.Refused:
        return False


class Unreadable(Exception):
    """The PDF cannot be opened: `why` is encrypted or damaged."""

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(detail)
        self.why = why


def embedded_files(data: bytes, budget: Budget) -> Iterator[EmbeddedFile]:
    """Every embedded file, each once, in the order of the name tree, then of the associated files.

    Raises Unreadable, or TooMuch past the budget.
    """
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("encrypted", "")
        for name, specification in _specifications(reader.trailer["/Root"].get_object()):
            file = _content(name, specification)
            if file is not None:
                budget.take(len(file[2]))
                yield file
    except (
        PyPdfError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
        AssertionError,
        NotImplementedError,
    ) as error:
        raise Unreadable("damaged", f"{type(error).__name__}: {error}"[:200]) from None


def _specifications(catalog: Any) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    files = _entry(_entry(catalog, "/Names"), "/EmbeddedFiles")
    associated = _entry(catalog, "/AF")
    candidates = [*_tree(files), *(("", one) for one in (associated if isinstance(associated, list) else []))]
    for name, one in candidates:
        number = getattr(one, "idnum", None)
        target = one.get_object()
        stream = _stream(target)
        key = id(stream) if stream is not None else number or id(target)
        if key not in seen:
            seen.add(key)
            yield name, target


def _tree(root: Any) -> Iterator[tuple[str, Any]]:
    """The pairs of a name tree, whatever loops it has."""
    pending, visited = [root], set[int]()
    while pending and len(visited) < MAX_NODES:
        node = pending.pop(0)
        node = node.get_object() if node is not None else None
        if not isinstance(node, dict) or id(node) in visited:
            continue
        visited.add(id(node))
        pairs = _entry(node, "/Names")
        if isinstance(pairs, list):
            yield from ((str(pairs[i].get_object()), pairs[i + 1]) for i in range(0, len(pairs) - 1, 2))
        kids = _entry(node, "/Kids")
        pending += kids if isinstance(kids, list) else []


def _entry(node: Any, key: str) -> Any:
    if not isinstance(node, dict) or key not in node:
        return None
    value = node[key]
    return value.get_object() if value is not None else None


def _stream(specification: Any) -> Any:
    held = _entry(specification, "/EF")
    return _entry(held, "/UF") or _entry(held, "/F")


def _content(name: str, specification: Any) -> EmbeddedFile | None:
    stream = _stream(specification)
    if stream is None:
        return None
    label = _entry(specification, "/UF") or _entry(specification, "/F") or name or "unnamed"
    mime = str(_entry(stream, "/Subtype") or "").removeprefix("/").replace("#2F", "/").replace("#2f", "/")
    return "".join(c for c in str(label) if c.isprintable()), mime, bytes(stream.get_data())
