"""Tables of who is there: the installation, its tenants and how invoices reach them, persons and what they
may.

A person is a number everywhere; the name stands in `person` alone and can be erased there. What decides who
may let what pass (policy, role, deputy, creditor account, export target) changes by a `proposal` that a
second person confirms.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from einvoice.store.columns import OPTIONS, Row, data, key, link, money


class Installation(Row, table=True):
    """The one row that says which store this is. `archive`: an id that the archive's own mark must repeat."""

    id: int | None = key()
    uuid: str
    archive: str
    created: str
    demo: bool = False


class Tenant(Row, table=True):
    """A town (Kommune, Mandant). `name` is its key in commands and folders: a-z, 0-9 and hyphen."""

    __table_args__ = (UniqueConstraint("name"), OPTIONS)

    id: int | None = key()
    name: str
    title: str
    created: str
    demo: bool = False
    removed: str | None = None


class LeitwegPattern(Row, table=True):
    """A claim of a tenant on Leitweg-IDs: upper case; a final `*` stands for any rest. No two claims are
    equal.
    """

    __table_args__ = (UniqueConstraint("pattern"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    pattern: str


class Address(Row, table=True):
    """Another way a tenant is addressed: kind `mail`, or an EAS scheme such as `0204`, `9930`, `0088`."""

    __table_args__ = (UniqueConstraint("kind", "value"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    kind: str
    value: str


class Office(Row, table=True):
    """A department (Amt) of a tenant, to which invoices are assigned."""

    __table_args__ = (UniqueConstraint("tenant_id", "code"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    code: str
    name: str


class Person(Row, table=True):
    """Who acts. kind: `person`, or `service` (may fetch, check and deliver, never confirm, authorise or
    close).

    `salt` makes the digest of the row say nothing about an erased name; it is erased with it.
    """

    id: int | None = key()
    kind: str = "person"
    name: str | None = None
    mail: str | None = None
    salt: str | None = None
    demo: bool = False
    created: str
    left: str | None = None


class Account(Row, table=True):
    """An account of the operating system (kind `os`, name as `id -un` says) or of the web; two may be one
    person.
    """

    __table_args__ = (UniqueConstraint("kind", "name"), OPTIONS)

    id: int | None = key()
    kind: str = "os"
    name: str
    person_id: int = Field(foreign_key="person.id", index=True)


class Role(Row, table=True):
    """What a person may in a tenant: clerk, confirmer, authoriser, cash, audit, administrator.

    `limit`: the greatest payable amount, None = any. `office_id`: that office's invoices only. Tenant None:
    the operator of the installation. Days `since` and `until` are inclusive.
    """

    id: int | None = key()
    person_id: int = Field(foreign_key="person.id", index=True)
    tenant_id: int | None = link("tenant")
    role: str
    office_id: int | None = link("office", index=False)
    limit: Decimal | None = money()
    since: str | None = None
    until: str | None = None


class Deputy(Row, table=True):
    """`deputy_id` stands in for `person_id` in a tenant, from `since` to `until` inclusive; never for
    himself.
    """

    __table_args__ = (CheckConstraint("person_id <> deputy_id", name="another"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    deputy_id: int = Field(foreign_key="person.id", index=True)
    since: str
    until: str


class Interest(Row, table=True):
    """Something of a person's own (kind `name`, `vat`, `iban`): he does not act on invoices that state it."""

    id: int | None = key()
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: str
    value: str
    since: str
    until: str | None = None


class Policy(Row, table=True):
    """A setting that decides what may pass, of a tenant or (tenant None) of the installation; `since` a
    time.
    """

    id: int | None = key()
    tenant_id: int | None = link("tenant")
    name: str
    value: dict[str, Any] | None = data()
    since: str
    until: str | None = None


class Proposal(Row, table=True):
    """A change of what decides, with old and new value; it takes effect when a second person confirms it."""

    __table_args__ = (CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two"), OPTIONS)

    id: int | None = key()
    tenant_id: int | None = link("tenant")
    kind: str
    subject: str
    old: dict[str, Any] | None = data()
    new: dict[str, Any] | None = data()
    proposed_by: int = Field(foreign_key="person.id")
    proposed_at: str
    decided_by: int | None = link("person", index=False)
    decided_at: str | None = None
    state: str = "open"


class Creditor(Row, table=True):
    """A supplier as a tenant knows him: creditor number in its bookkeeping, VAT id, name; until: the last day;
    merged_into: whom he turned out to be.
    """

    __table_args__ = (UniqueConstraint("tenant_id", "number"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    number: str | None = None
    name: str
    vat_id: str | None = Field(default=None, index=True)
    mail: str | None = None
    until: str | None = None
    merged_into: int | None = None


class CreditorAccount(Row, table=True):
    """An IBAN of a creditor; it blocks payment until it was confirmed against a source outside the invoice.

    holder: who is paid there, if not the creditor (BT-59); confirmed_by: the second of the two persons; until: when
    it was withdrawn.
    """

    __table_args__ = (UniqueConstraint("creditor_id", "iban"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    creditor_id: int = Field(foreign_key="creditor.id")
    iban: str
    seen: str
    confirmed_by: int | None = link("person", index=False)
    confirmed_at: str | None = None
    source: str | None = None
    until: str | None = None
    holder: str | None = None


class Master(Row, table=True):
    """Imported master data a posting may name: kind (account, cost_centre, product, order, …), code, text.

    until: the last day it can be used; open_amount: what an order (Mittelbindung) still had, as imported.
    """

    __table_args__ = (UniqueConstraint("tenant_id", "kind", "code"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    kind: str
    code: str
    text: str = ""
    open_amount: Decimal | None = money()
    content: dict[str, Any] | None = data()
    until: str | None = None


class ExportTarget(Row, table=True):
    """Where exports of a tenant go: kind (folder, …), format (datev-extf, csv, …), settings without
    secrets.
    """

    __table_args__ = (UniqueConstraint("tenant_id", "name"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    name: str
    kind: str
    format: str
    settings: dict[str, Any] | None = data()
    until: str | None = None
