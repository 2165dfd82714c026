"""All tables of the store in one import, and which of them the events prove."""

from einvoice.store.columns import METADATA, Exact, Json, Row, canonical
from einvoice.store.tables_approval import Act, Batch, BatchRow, Deduction, Export, Outbox, Posting
from einvoice.store.tables_chain import INSTALLATION, Event, Head, Lease, Payload, Published, Waiting
from einvoice.store.tables_intake import (
    STATES,
    ArchiveObject,
    Attachment,
    Cursor,
    Delivery,
    Identity,
    Invoice,
    Report,
    Source,
)
from einvoice.store.tables_people import (
    Account,
    Address,
    Creditor,
    CreditorAccount,
    Deputy,
    ExportTarget,
    Installation,
    Interest,
    LeitwegPattern,
    Master,
    Office,
    Person,
    Policy,
    Proposal,
    Role,
    Tenant,
)
from einvoice.store.tables_web import ApiToken, Credential, Invitation, Submission, Throttle, WebSession

UNSEALED: frozenset[type[Row]] = frozenset(
    {Event, Payload, Head, Published, Lease, Cursor, Waiting, WebSession, Throttle}
)
"""Tables without digests in events: the proof itself, and what may be lost without harm."""

__all__ = [
    "INSTALLATION",
    "METADATA",
    "STATES",
    "UNSEALED",
    "Account",
    "Act",
    "Address",
    "ApiToken",
    "ArchiveObject",
    "Attachment",
    "Batch",
    "BatchRow",
    "Credential",
    "Creditor",
    "CreditorAccount",
    "Cursor",
    "Deduction",
    "Delivery",
    "Deputy",
    "Event",
    "Exact",
    "Export",
    "ExportTarget",
    "Head",
    "Identity",
    "Installation",
    "Interest",
    "Invitation",
    "Invoice",
    "Json",
    "Lease",
    "LeitwegPattern",
    "Master",
    "Office",
    "Outbox",
    "Payload",
    "Person",
    "Policy",
    "Posting",
    "Proposal",
    "Published",
    "Report",
    "Role",
    "Row",
    "Source",
    "Submission",
    "Tenant",
    "Throttle",
    "Waiting",
    "WebSession",
    "canonical",
]
