"""Opens what arrives (XML, PDF, zip, mail, SBDH) into the invoices in it and the other files.

A kind is told by content, never by name alone. One opener per kind (hybrid/, zipped.py, mail.py, sbdh.py),
each the only door to its parser (that of PDFs is pdf.py). Hostile containers cost memory and time:
`einvoice.confined` runs `open_delivery` in a limited child whose death is Unchecked.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

from einvoice.formats import xml
from einvoice.model.problem import Problem

CONTAINERS = ("xml", "pdf", "zip", "eml", "sbdh")

KNOWN_ROOTS = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": "ubl-invoice",
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": "ubl-creditnote",
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": "cii",
    "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument": "zugferd1",
}
"""The root elements of invoices, and the name of their syntax."""

SBDH_ROOT = "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocument"
_SBDH_NAME = b"StandardBusinessDocument"
_HEAD = 2048
"""Bytes in which a kind shows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one delivery may cost: bytes in and out of it, entries in all, containers within containers."""

    bytes_in: int = 200_000_000
    bytes_out: int = 400_000_000
    entries: int = 10_000
    depth: int = 6


_USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something in a container that is no invoice."""

    name: str
    mime: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """The PDF that an invoice came in, and how it carries it: name, MIME type, AFRelationship as stated ("" if not),
    whether the PDF lists it as associated, and its metadata packet (XMP; None if it has none).
    """

    pdf: bytes
    name: str
    mime: str
    relation: str
    associated: bool
    xmp: bytes | None


@dataclass(frozen=True, slots=True)
class Document:
    """One invoice in a delivery: inner path (None for a plain XML file), bytes as received, oddities.

    `in_pdf`: it came out of a PDF, `carrier` (not sent between processes). A problem EI-FILE means that its
    bytes could not be had.
    """

    path: str | None
    data: bytes
    in_pdf: bool = False
    problems: tuple[Problem, ...] = ()
    carrier: Carrier | None = None


@dataclass(slots=True)
class Delivery:
    """What one file holds. Without documents `problems` says why."""

    container: str
    documents: list[Document] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Budget:
    """What is left of the limits while a delivery is opened."""

    limits: Limits
    bytes_out: int = 0
    entries: int = 0

    def take(self, size: int) -> None:
        """Counts one entry of `size` bytes; raises TooMuch (EI-FILE) past a limit."""
        self.entries += 1
        self.bytes_out += size
        if self.entries > self.limits.entries:
            raise TooMuch("entries", self.limits.entries)
        if self.bytes_out > self.limits.bytes_out:
            raise TooMuch("bytes", self.limits.bytes_out)

    @property
    def left(self) -> int:
        """Bytes that may still come out."""
        return self.limits.bytes_out - self.bytes_out


class TooMuch(Exception):
    """A limit of a delivery is passed."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what)
        self.problem = Problem("EI-FILE", {"why": "limit", "what": what, "limit": str(limit)})


def open_delivery(data: bytes, name: str = "", limits: Limits | None = None) -> Delivery:
    """The invoices and attachments in `data`, in the container's own order. Never raises on bad content."""
    budget = Budget(limits or _USUAL)
    kind = sniff(data, name)
    delivery = Delivery(kind)
    try:
        if len(data) > budget.limits.bytes_in:
            raise TooMuch("bytes", budget.limits.bytes_in)
        _unpack(delivery, data, kind, None, budget, 0)
    except TooMuch as error:
        delivery.problems.insert(0, error.problem)
        delivery.documents.clear()
    _tell_apart(delivery.documents)
    if not delivery.documents and not delivery.problems:
        delivery.problems.append(_none(delivery))
    return delivery


def _tell_apart(documents: list[Document]) -> None:
    """Of two of one name, as mails have them, the second is `name (2).xml`: each is asked for by its path."""
    times: dict[str | None, int] = {}
    for place, one in enumerate(documents):
        path = one.path
        while path in times:
            times[one.path] += 1
            stem, ending = posixpath.splitext(one.path or "")
            path = f"{stem} ({times[one.path]}){ending}"
        times[path] = 1
        documents[place] = one if path == one.path else replace(one, path=path)


_CLOSED = {
    "tnef": ("application/ms-tnef", "application/vnd.ms-tnef"),
    "sealed": (
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "multipart/encrypted",
        "application/pgp-encrypted",
    ),
}
"""Attachments in which an invoice may be hidden, by why it is."""


def _none(delivery: Delivery) -> Problem:
    """That there is no invoice, what there is instead, and where one may be hidden."""
    names = ", ".join(one.name for one in delivery.attachments[:5])
    values = {"container": delivery.container, "detail": names}
    for why, kinds in _CLOSED.items():
        for one in delivery.attachments:
            if one.mime in kinds or (why == "tnef" and one.name.lower().endswith("winmail.dat")):
                return Problem("EI-NOINVOICE", {"why": why, **values, "detail": one.name})
    return Problem("EI-NOINVOICE", {"why": "files" if names else "none", **values})


def sniff(data: bytes, name: str = "") -> str:
    """Which kind of container the bytes are: one of CONTAINERS. What is nothing else counts as XML."""
    if data.startswith(b"<"):
        return _xml_or_sbdh(data)
    head = data[:_HEAD]
    if b"%PDF-" in head[:1024] and not head.lstrip().startswith(b"<"):
        return "pdf"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return "zip"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<") or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _xml_or_sbdh(data)
    if re.match(rb"(?:From |[!-9;-~]+:[ \t\r\n])", text) and (_HEADERS.search(head) or _is_mail_name(name)):
        return "eml"
    return "eml" if _is_mail_name(name) and b":" in head else "xml"


_HEADERS = re.compile(
    rb"^(?:from|to|subject|date|message-id|mime-version|received|return-path|content-type):", re.I | re.M
)


def _is_mail_name(name: str) -> bool:
    return name.lower().endswith((".eml", ".mail", ".mbox"))


def _xml_or_sbdh(data: bytes) -> str:
    """Which of the two it is that begins so."""
    head = data[:_HEAD].replace(b"\0", b"") if b"\0" in data[:4] else data  # UTF-16; else nothing is copied
    if head.find(_SBDH_NAME, 0, _HEAD) < 0:
        return "xml"
    try:
        return "sbdh" if xml.parse(data).tag == SBDH_ROOT else "xml"
    except xml.Refused:
        return "xml"


def _unpack(into: Delivery, data: bytes, kind: str, path: str | None, budget: Budget, depth: int) -> None:
    """Adds what `data` holds to `into`; `path` is the way to it, None at the outside."""
    if depth > budget.limits.depth:
        raise TooMuch("depth", budget.limits.depth)
    if kind == "xml":
        into.documents.append(Document(path, data))
    elif kind == "pdf":
        from einvoice.formats.hybrid import choosing

        choosing.open_into(into, data, path, budget)
    else:
        before = len(into.documents)
        for entry in _opener(kind)(data, budget):
            _place(into, entry, path, budget, depth)
        if path is not None and len(into.documents) == before:
            into.attachments.append(attachment(path, "", data))


def _opener(kind: str) -> Callable[[bytes, Budget], Iterable["Entry"]]:
    """What opens a kind of container; only the one that is needed is loaded."""
    from importlib import import_module

    module = import_module(f"einvoice.formats.{_OPENERS[kind]}")
    return cast("Callable[[bytes, Budget], Iterable[Entry]]", module.entries)


_OPENERS = {"zip": "zipped", "eml": "mail", "sbdh": "sbdh"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a container: its name there, declared MIME type, bytes (None: could not be had)."""

    name: str
    mime: str
    data: bytes | None
    problem: Problem | None = None


def _place(into: Delivery, entry: Entry, path: str | None, budget: Budget, depth: int) -> None:
    inner = entry.name if path is None else f"{path}!/{entry.name}"
    if entry.problem is not None:
        if entry.name:
            into.documents.append(Document(inner, b"", problems=(entry.problem,)))
        else:
            into.problems.append(entry.problem)
        return
    data = entry.data or b""
    kind = sniff(data, entry.name)
    if kind == "xml" and not _is_invoice(data, entry):
        into.attachments.append(attachment(inner, entry.mime, data))
    else:
        _unpack(into, data, kind, inner, budget, depth + 1)


def _is_invoice(data: bytes, entry: Entry) -> bool:
    """An XML with an invoice's root, or one that was meant as XML and cannot be read: it must not vanish."""
    try:
        return xml.parse(data).tag in KNOWN_ROOTS
    except xml.Refused:
        return entry.name.lower().endswith(".xml") or entry.mime in ("application/xml", "text/xml")


def attachment(name: str, mime: str, data: bytes) -> Attachment:
    """The entry that lists an attachment; its bytes stay in the delivery."""
    return Attachment(name, mime or _mime(name), len(data), hashlib.sha256(data).hexdigest())


def _mime(name: str) -> str:
    import mimetypes

    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def names(documents: list[Document]) -> Iterator[str]:
    """The inner paths of documents, for messages."""
    return (document.path or "" for document in documents)
