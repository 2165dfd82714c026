"""All kinds of changes that take two persons. A room that has another adds a line here."""

from einvoice.approval.access.changes import ONETIME
from einvoice.approval.bank import BANK, MERGE
from einvoice.approval.changes_agreed import AGREEMENT
from einvoice.approval.changes_people import ACCOUNT, DEPUTY, OWN, PERSON, ROLE
from einvoice.approval.changes_policy import POLICY, TARGET
from einvoice.approval.kind import Kind
from einvoice.approval.reopening import REOPEN
from einvoice.approval.towns import TOWNS

KINDS: dict[str, Kind] = {
    "policy": POLICY,
    "person": PERSON,
    "account": ACCOUNT,
    "onetime": ONETIME,
    "role": ROLE,
    "deputy": DEPUTY,
    "own": OWN,
    "towns": TOWNS,
    "creditor-account": BANK,
    "creditor-merge": MERGE,
    "export-target": TARGET,
    "batch-reopen": REOPEN,
    "agreement": AGREEMENT,
}
"""Name → kind; the name is what the store keeps."""
