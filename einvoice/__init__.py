"""Reads, judges, explains and moves e-invoices (XRechnung, ZUGFeRD, EN 16931).

    import einvoice

    report = einvoice.validate("invoice.xml")        # path, bytes or file object: exactly one document
    invoice = einvoice.read("factur-x.pdf")          # every term of EN 16931 and the XRechnung Extension
    report, invoice = einvoice.validate_and_read("invoice.xml")     # both in one pass
    for report in einvoice.validate_many(paths, jobs=8):
        print(report.file, report.verdict)

    made = einvoice.convert("invoice.xml", "cii")    # the same content in another form, losses named
    data = einvoice.write(invoice, "ubl")            # an invoice made in Python, as XML or PDF

Typed, thread-safe, without global state; needs neither a database nor a server nor Java.
"""

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from einvoice.errors import (
    ConfigurationError,
    EinvoiceError,
    NotAnInvoice,
    NotCarried,
    NotComputable,
    NotEmbedded,
    Refused,
    RulebookError,
    SeveralDocuments,
    StoreError,
    Unchecked,
    UsageError,
)

if TYPE_CHECKING:
    from einvoice.model.invoice import Invoice
    from einvoice.outgoing import Outgoing, Target
    from einvoice.validation.options import Engine, Options
    from einvoice.validation.report import Finding, Report

__all__ = [
    "ConfigurationError",
    "EinvoiceError",
    "Finding",
    "Invoice",
    "NotAnInvoice",
    "NotCarried",
    "NotComputable",
    "NotEmbedded",
    "Options",
    "Outgoing",
    "Refused",
    "Report",
    "RulebookError",
    "SeveralDocuments",
    "StoreError",
    "Unchecked",
    "UsageError",
    "convert",
    "read",
    "validate",
    "validate_and_read",
    "validate_many",
    "write",
]

Source = str | PathLike[str] | bytes | IO[bytes]
"""A path, the bytes themselves, or an open binary file."""

_LAZY = {
    "Finding": "einvoice.validation.report",
    "Invoice": "einvoice.model.invoice",
    "Options": "einvoice.validation.options",
    "Outgoing": "einvoice.outgoing",
    "Report": "einvoice.validation.report",
}


def validate(
    source: Source,
    options: "Options | None" = None,
    *,
    engine: "Engine | None" = None,
    scenarios: str | PathLike[str] | None = None,
) -> "Report":
    """The verdict on one document.

    engine: native (default), official or both; the latter two need `scenarios`, the zip or folder of a
    configuration of KoSIT's validator, and the extra `official`. Where they are missing the report is unchecked.

    Raises SeveralDocuments for a container of several, UsageError for an unknown release, OSError for a path
    that cannot be read. What is wrong with the document is in the report, never an exception.
    """
    from einvoice.validation.batch import validate_bytes

    data, name = _bytes_of(source)
    reports = validate_bytes(data, name, _options(options, engine, scenarios))
    if len(reports) > 1:
        raise SeveralDocuments(tuple(report.document or "" for report in reports))
    return reports[0]


def validate_and_read(
    source: Source,
    options: "Options | None" = None,
    *,
    engine: "Engine | None" = None,
    scenarios: str | PathLike[str] | None = None,
) -> "tuple[Report, Invoice | None]":
    """The verdict on one document, and the invoice in it, valid or not: as `validate` and `read`, in one pass.

    The invoice is None where `read` would raise NotAnInvoice or Unchecked: the report says why.

    Raises what `validate` does.
    """
    from einvoice.validation.typed import validate_and_read

    data, name = _bytes_of(source)
    found = validate_and_read(data, name, _options(options, engine, scenarios))
    if len(found) > 1:
        raise SeveralDocuments(tuple(report.document or "" for report, _ in found))
    return found[0]


def validate_many(
    paths: Iterable[str | PathLike[str]],
    *,
    jobs: int = 1,
    options: "Options | None" = None,
    engine: "Engine | None" = None,
    scenarios: str | PathLike[str] | None = None,
) -> Iterator["Report"]:
    """A report per document in the files, streamed in input order; `jobs` processes side by side.

    engine, scenarios: as for `validate`.

    A file that cannot be read gives an unchecked report; nothing stops the others.
    """
    from einvoice.validation.batch import validate_files
    from einvoice.validation.files import named

    return validate_files(map(named, map(str, paths)), _options(options, engine, scenarios), jobs)


def _options(
    options: "Options | None", engine: "Engine | None", scenarios: str | PathLike[str] | None
) -> "Options":
    from dataclasses import replace

    from einvoice.validation.options import Options

    stated = {"engine": engine, "scenarios": None if scenarios is None else str(scenarios)}
    return replace(options or Options(), **{name: one for name, one in stated.items() if one is not None})  # type: ignore[arg-type]


def read(source: Source) -> "Invoice":
    """The invoice in `source`: every term it states, typed; valid or not.

    Raises SeveralDocuments for a container of several, NotAnInvoice for what cannot be read as one, Unchecked
    if opening it takes more than `Options` allows, OSError for a path that cannot be read.
    """
    from einvoice.formats import xml
    from einvoice.formats.opening import open_safely
    from einvoice.formats.understanding import invoice_of
    from einvoice.validation import own
    from einvoice.validation.options import Options

    data, name = _bytes_of(source)
    delivery = open_safely(data, name, Options().seconds(len(data)))
    if len(delivery.documents) > 1:
        raise SeveralDocuments(tuple(document.path or "" for document in delivery.documents))
    problems = [*delivery.problems, *(p for d in delivery.documents for p in d.problems if not d.data)]
    if problems or not delivery.documents:
        raise NotAnInvoice(*(own.finding(problems[0], lang).message for lang in ("en", "de")))
    try:
        return invoice_of(xml.parse(delivery.documents[0].data))
    except xml.Refused as refused:
        raise NotAnInvoice(*(own.finding(refused.problem, lang).message for lang in ("en", "de"))) from None


def convert(
    source: Source,
    to: "Target",
    *,
    profile: str | None = None,
    pdf: bytes | None = None,
    allow_loss: bool = False,
    options: "Options | None" = None,
) -> "Outgoing":
    """The invoice in `source` (what `read` takes, or JSON) as "ubl", "cii", "zugferd" or "json": `.data`, with the
    verdict on it (`.report`) and all that is not as it was (`.losses`, `.further`, `.changes`, `.added`).

    `profile` ("xrechnung", "en16931", "basic", …) sets BT-24; `pdf` is the PDF that a ZUGFeRD invoice is put into,
    else the PDF it came out of, else our own picture of it (extra `pdf`).

    Raises NotCarried where something would be lost, unless `allow_loss`; UsageError for a profile that the target
    does not have; NotEmbedded for a PDF that cannot be used; and what `read` raises.
    """
    from einvoice.outgoing import given, outgoing
    from einvoice.validation.options import Options

    data, name = _bytes_of(source)
    judged = options or Options()
    made = outgoing(given(data, name, judged), to, judged, profile, pdf)
    if not (made.is_whole or allow_loss):
        raise NotCarried(made.told())
    return made


def write(
    invoice: "Invoice",
    to: "Target" = "ubl",
    *,
    profile: str | None = None,
    pdf: bytes | None = None,
    allow_loss: bool = False,
) -> bytes:
    """The invoice as "ubl" (Invoice or CreditNote, as BT-3 says), "cii", "zugferd" or "json"; see `convert`.

    It is not judged: `validate` does that. Raises NotCarried, UsageError and NotEmbedded as `convert`.
    """
    from einvoice.outgoing import Given, outgoing
    from einvoice.validation.options import Options

    given = Given(invoice, further=tuple(invoice.further))
    made = outgoing(given, to, Options(), profile, pdf, judge=False)
    if not (made.is_whole or allow_loss):
        raise NotCarried(made.told())
    return made.data


def _bytes_of(source: Source) -> tuple[bytes, str]:
    """The bytes, and the name that reports give them."""
    if isinstance(source, bytes):
        return source, ""
    if isinstance(source, (str, PathLike)):
        return Path(source).read_bytes(), str(source)
    return source.read(), str(getattr(source, "name", ""))


def __getattr__(name: str) -> Any:
    """Classes that only some callers need are loaded when they are first asked for."""
    import importlib

    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'einvoice' has no attribute {name!r}")
