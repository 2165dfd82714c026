"""What goes with an invoice: notes, process, other invoices and documents."""

from typing import ClassVar

from einvoice.model.fields import AttachedDocument, Day, Group


class Note(Group):
    """A free text, and what it is about (BG-1)."""

    group: ClassVar[str] = "BG-1"

    subject_code: str | None = None
    note: str | None = None


class ProcessControl(Group):
    """Which process and which rules the invoice follows (BG-2)."""

    group: ClassVar[str] = "BG-2"

    business_process_type: str | None = None
    specification_identifier: str | None = None


class PrecedingInvoiceReference(Group):
    """An earlier invoice that this one speaks of (BG-3)."""

    group: ClassVar[str] = "BG-3"

    reference: str | None = None
    issue_date: Day | None = None


class InvoicingPeriod(Group):
    """The period the invoice is for (BG-14)."""

    group: ClassVar[str] = "BG-14"

    start_date: Day | None = None
    end_date: Day | None = None


class SupportingDocument(Group):
    """A document that supports the invoice: named, linked or embedded (BG-24)."""

    group: ClassVar[str] = "BG-24"

    reference: str | None = None
    description: str | None = None
    external_document_location: str | None = None
    attached_document: AttachedDocument | None = None
