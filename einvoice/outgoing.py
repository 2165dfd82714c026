"""Invoices on their way out: taken from a file or from data, written in another form, and checked as their
receiver will check them. What the commands `convert` and `create` and the library's `write` and `convert` share.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from einvoice.errors import NotAnInvoice, SeveralDocuments, UsageError
from einvoice.formats.converting import Carried, carry, syntax_for
from einvoice.formats.profiles import PROFILES, Profile, profile_of
from einvoice.model.content import Content
from einvoice.model.differences import Difference
from einvoice.model.documents import ProcessControl
from einvoice.model.invoice import FurtherDetail, Invoice

if TYPE_CHECKING:
    from einvoice.formats.delivery import Attachment, Delivery, Document
    from einvoice.validation.options import Options
    from einvoice.validation.report import Report

Sentences = tuple[tuple[str, str], ...]
"""German and English."""

Target = Literal["ubl", "cii", "zugferd", "json"]
_BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
"""The business process (BT-23) of an ordinary invoice, which XRechnung asks for."""

TARGETS: tuple[Target, ...] = ("ubl", "cii", "zugferd", "json")


@dataclass(frozen=True, slots=True)
class Given:
    """An invoice that is to be written, and what came with it.

    `source` is what `extract` says of its origin; `further` are texts that no term of the norm holds; `attachments`
    are files embedded in its PDF, `others` those beside it in a mail or zip, which are no part of it; `data` is the
    container (empty for JSON), `document` the path in it.
    """

    invoice: Invoice
    syntax: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    further: tuple[FurtherDetail, ...] = ()
    attachments: "tuple[Attachment, ...]" = ()
    others: "tuple[Attachment, ...]" = ()
    data: bytes = b""
    document: str | None = None

    @property
    def pdf(self) -> bytes | None:
        """The PDF that the invoice came out of."""
        return self.data if self.source.get("container") == "pdf" else None

    def was_rejected(self, options: "Options") -> bool:
        """Whether the invoice is rejected as it was given, too; data that nobody judges are not."""
        from einvoice.validation.batch import validate_bytes

        reports = validate_bytes(self.data, "", options) if self.data else []
        return any(one.verdict == "rejected" and one.document == self.document for one in reports)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A written invoice. `losses`, `further` and `attachments` are what the target does not hold.

    `changes`: texts changed on purpose (BT-24 by a profile); `added`: fillers that the syntax demands; `report`:
    the verdict on what was written (None for JSON, which nobody judges); `notes`: German and English sentences.
    """

    data: bytes
    to: Target
    carried: Carried | None = None
    further: tuple[FurtherDetail, ...] = ()
    attachments: "tuple[Attachment, ...]" = ()
    report: "Report | None" = None
    notes: Sentences = ()

    @property
    def losses(self) -> tuple[Difference, ...]:
        """The texts of terms that the target cannot hold."""
        return self.carried.losses if self.carried else ()

    @property
    def is_whole(self) -> bool:
        """Whether the target holds all that was given."""
        return not (self.losses or self.further or self.attachments)

    @property
    def changes(self) -> tuple[Difference, ...]:
        """Texts that were changed on purpose: BT-24 by a profile."""
        return self.carried.changes if self.carried else ()

    @property
    def added(self) -> tuple[Difference, ...]:
        """Fillers that the syntax demands."""
        return self.carried.added if self.carried else ()

    def told(self) -> tuple[str, ...]:
        """Each loss as a text: term, place and what is lost."""
        terms = (f"{one.term} {one.place}: {one.before}" for one in self.losses)
        further = (f"{one.path}: {one.text}" for one in self.further)
        return (*terms, *further, *(one.name for one in self.attachments))

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver will accept it; what nobody judges is."""
        return self.report is None or self.report.verdict == "accepted"


def given(data: bytes, name: str, options: "Options", document: str | None = None) -> Given:
    """The invoice in `data`: JSON, or any container that `validate` takes; `document` names one of several.

    Raises SeveralDocuments, NotAnInvoice (with JSON paths or the finding), Unchecked.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return given_json(data, name or "JSON")
    try:
        return _given_container(data, name, options, document)
    except NotAnInvoice as error:
        prefix = f"{name}: " if name else ""
        raise NotAnInvoice(f"{prefix}{error}", f"{prefix}{error.said('de')}") from None


def _given_container(data: bytes, name: str, options: "Options", document: str | None) -> Given:
    from einvoice.formats.opening import open_safely
    from einvoice.validation import own

    delivery = open_safely(data, name, options.seconds(len(data)))
    found = [one for one in delivery.documents if document in (None, one.path)]
    if len(found) > 1:
        raise SeveralDocuments(tuple(one.path or "" for one in found))
    problems = [*delivery.problems, *(p for one in found for p in one.problems if not one.data)]
    if problems and not (found and found[0].data):
        raise NotAnInvoice(*(own.finding(problems[0], lang).message for lang in ("en", "de")))
    if not found:
        raise NotAnInvoice(f"{document}: no such invoice", f"{document}: keine solche Rechnung")
    return _given_document(found[0], delivery, data)


def given_json(data: bytes, name: str) -> Given:
    """The invoice that JSON states; of a line of `extract` also where it is from."""
    from einvoice.model.given import invoice_from_data, parsed

    stated = parsed(data, name)
    invoice = invoice_from_data(stated, name)
    source = stated.get("source", {}) if isinstance(stated.get("source"), Mapping) else {}
    rows = source.get("further", [])
    further = [
        FurtherDetail(path=str(row.get("path", "")), text=str(row.get("text", "")))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping)
    ]
    return Given(invoice, source.get("syntax"), source, tuple(further))


def _given_document(document: "Document", delivery: "Delivery", data: bytes) -> Given:
    from einvoice.formats import xml
    from einvoice.formats.understanding import invoice_of
    from einvoice.validation import own
    from einvoice.validation.origin import origin

    try:
        root = xml.parse(document.data)
    except xml.Refused as refused:
        raise NotAnInvoice(*(own.finding(refused.problem, lang).message for lang in ("en", "de"))) from None
    invoice = invoice_of(root)
    source = origin(root, delivery.container, document.in_pdf)
    further = tuple(invoice.further)
    attachments, others = _files(document, delivery)
    return Given(invoice, source["syntax"], source, further, attachments, others, data, document.path)


def _files(
    document: "Document", delivery: "Delivery"
) -> "tuple[tuple[Attachment, ...], tuple[Attachment, ...]]":
    """The files embedded in the PDF that the invoice came out of, and all others of its container."""
    own = (document.path or "").rpartition("!/")[0] if document.in_pdf else None
    inside = [one for one in delivery.attachments if one.name.rpartition("!/")[0] == own]
    return tuple(inside), tuple(one for one in delivery.attachments if one not in inside)


def outgoing(
    given: Given,
    to: Target,
    options: "Options",
    profile: str | None = None,
    pdf: bytes | None = None,
    *,
    judge: bool = True,
) -> Outgoing:
    """Writes an invoice for a target and, with `judge`, has it judged; `pdf` is the picture that a ZUGFeRD invoice is
    put into.

    Raises UsageError for a profile that the target does not have, NotEmbedded for a PDF that cannot be used.
    """
    notes = _left_out(given)
    if to == "json":
        return Outgoing(as_json(given), to, attachments=given.attachments, notes=notes)
    content = given.invoice.to_content()
    chosen = _profile(content, to, profile)
    syntax = syntax_for(content, "ubl" if to == "ubl" else "cii", given.syntax)
    carried = carry(content, syntax, chosen)
    data, attachments = carried.data, given.attachments
    if to == "zugferd":
        data, more = _hybrid(carried, pdf or given.pdf, options.lang, again=not pdf)
        attachments = _not_in(data, attachments, options)
        notes += more
    report = _judged(data, options) if judge else None
    return Outgoing(data, to, carried, given.further, attachments, report, notes)


def _left_out(given: Given) -> Sentences:
    """What stays behind in the container and is no part of the invoice."""
    names = ", ".join(one.name for one in given.others)
    return ((f"Nicht übernommen: {names}", f"Left behind: {names}"),) if names else ()


def completed(given: Given, to: Target, profile: str | None) -> tuple[Given, tuple[tuple[str, str], ...]]:
    """The same with totals and VAT breakdown, and with BT-24 and BT-23 if they are left out; what was filled in is
    named by its JSON path.

    Raises NotComputable where something is missing to compute the totals.
    """
    invoice = given.invoice.model_copy(deep=True)
    control = invoice.process_control or ProcessControl()
    filled = []
    if control.specification_identifier is None:
        usual = PROFILES[profile or ("en16931" if to == "zugferd" else "xrechnung")]
        control.specification_identifier = usual.specification
        filled.append(("process_control.specification_identifier", usual.specification))
    if control.business_process_type is None and "xrechnung" in control.specification_identifier:
        control.business_process_type = _BILLING
        filled.append(("process_control.business_process_type", _BILLING))
    invoice.process_control = control
    return replace(given, invoice=invoice.compute_totals()), tuple(filled)


def as_json(given: Given) -> bytes:
    """The invoice as `extract` states it, embedded documents with their content: nothing is lost."""
    from einvoice.formats.extracting import invoice_table

    further = [{"path": one.path, "text": one.text} for one in given.further]
    source = {**given.source, "further": further}
    table = {"source": source, "invoice": invoice_table(given.invoice, attachments=True)}
    return json.dumps(table, ensure_ascii=False, indent=2).encode() + b"\n"


def _profile(content: Content, to: Target, name: str | None) -> Profile | None:
    """The profile asked for; None: as BT-24 states it, which for a hybrid must be one that PDFs have."""
    if name is not None:
        if name not in PROFILES:
            raise UsageError(
                f"profile {name}: {', '.join(PROFILES)}", f"Profil {name}: {', '.join(PROFILES)}"
            )
        return PROFILES[name]
    group = content.group("BG-2")
    stated = group.text("BT-24") if group else None
    if to == "zugferd" and profile_of(stated) is None:
        names = ", ".join(PROFILES)
        raise UsageError(
            f"BT-24 {stated or '–'} is no ZUGFeRD profile: name one with --profile ({names})",
            f"BT-24 {stated or '–'} ist kein ZUGFeRD-Profil: bitte eines mit --profile nennen ({names})",
        )
    return None


def _judged(data: bytes, options: "Options") -> "Report":
    from einvoice.validation.batch import validate_bytes

    return validate_bytes(data, "", options)[0]


def _not_in(
    pdf: bytes, attachments: "tuple[Attachment, ...]", options: "Options"
) -> "tuple[Attachment, ...]":
    """The files that a PDF does not hold: a second invoice goes with the one that was replaced."""
    from einvoice.formats.opening import open_safely

    if not attachments:
        return ()
    held = {one.sha256 for one in open_safely(pdf, "", options.seconds(len(pdf))).attachments}
    return tuple(one for one in attachments if one.sha256 not in held)


def _hybrid(carried: Carried, pdf: bytes | None, lang: str, *, again: bool) -> tuple[bytes, Sentences]:
    """The invoice in a PDF: the one given, or our own picture of it."""
    from einvoice.formats.hybrid.embedding import embed
    from einvoice.render.pdf import page

    picture = page(carried.content, lang, syntax=carried.syntax) if pdf is None else pdf
    made = embed(picture, carried.data, replace=again)
    return made.pdf, made.notes
