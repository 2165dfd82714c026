"""The first tables of what came in: sources, deliveries, invoices, reports, objects."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Exact, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _archive_object()
    _source()
    _cursor()
    _delivery()
    _invoice()
    _attachment()
    _identity()
    _report()


def _archive_object() -> None:
    op.create_table(
        "archive_object",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("gone", sa.String(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_archive_object_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_object")),
        sa.UniqueConstraint("area", "sha256", name=op.f("uq_archive_object_area_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_archive_object_tenant_id"), "archive_object", ["tenant_id"], unique=False)


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_source_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_source_tenant_id"), "source", ["tenant_id"], unique=False)


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("value", Json(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_cursor_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_cursor")),
        sqlite_autoincrement=True,
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("same_as", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["same_as"], ["delivery.id"], name=op.f("fk_delivery_same_as")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_delivery_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "source_id", "handle", "sha256", name=op.f("uq_delivery_source_id_handle_sha256")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_sha256"), "delivery", ["sha256"], unique=False)
    op.create_index(op.f("ix_delivery_state"), "delivery", ["state"], unique=False)


def _invoice() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("received", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("reason", Json(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=False),
        sa.Column("syntax", sa.String(), nullable=True),
        sa.Column("specification", sa.String(), nullable=True),
        sa.Column("profile", sa.String(), nullable=True),
        sa.Column("release", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("type_code", sa.String(), nullable=True),
        sa.Column("issue_date", sa.String(), nullable=True),
        sa.Column("due_date", sa.String(), nullable=True),
        sa.Column("seller", sa.String(), nullable=True),
        sa.Column("seller_vat_id", sa.String(), nullable=True),
        sa.Column("buyer", sa.String(), nullable=True),
        sa.Column("buyer_reference", sa.String(), nullable=True),
        sa.Column("buyer_address", sa.String(), nullable=True),
        sa.Column("order_reference", sa.String(), nullable=True),
        sa.Column("contract", sa.String(), nullable=True),
        sa.Column("preceding", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("net", Exact(), nullable=True),
        sa.Column("vat", Exact(), nullable=True),
        sa.Column("gross", Exact(), nullable=True),
        sa.Column("payable", Exact(), nullable=True),
        sa.Column("payable_cents", sa.Integer(), nullable=True),
        sa.Column("iban", sa.String(), nullable=True),
        sa.Column("means", sa.String(), nullable=True),
        sa.Column("terms", sa.String(), nullable=True),
        sa.Column("skonto", Json(), nullable=True),
        sa.Column("skonto_until", sa.String(), nullable=True),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("routed_by", Json(), nullable=True),
        sa.Column("office_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("approved", Exact(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state_digest", sa.String(), nullable=True),
        sa.Column("factual_by", sa.Integer(), nullable=True),
        sa.Column("arithmetic_by", sa.Integer(), nullable=True),
        sa.Column("authorised_by", sa.Integer(), nullable=True),
        sa.Column("retention", sa.String(), nullable=False),
        sa.Column("retention_from", sa.String(), nullable=True),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "authorised_by IS NULL OR (factual_by IS NOT NULL AND arithmetic_by IS NOT NULL)",
            name=op.f("ck_invoice_confirmed_first"),
        ),
        sa.CheckConstraint(
            "authorised_by IS NULL OR authorised_by <> arithmetic_by", name=op.f("ck_invoice_not_arithmetic")
        ),
        sa.CheckConstraint(
            "authorised_by IS NULL OR authorised_by <> factual_by", name=op.f("ck_invoice_not_factual")
        ),
        sa.ForeignKeyConstraint(["arithmetic_by"], ["person.id"], name=op.f("fk_invoice_arithmetic_by")),
        sa.ForeignKeyConstraint(["authorised_by"], ["person.id"], name=op.f("fk_invoice_authorised_by")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_invoice_delivery_id")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["invoice.id"], name=op.f("fk_invoice_duplicate_of")),
        sa.ForeignKeyConstraint(["factual_by"], ["person.id"], name=op.f("fk_invoice_factual_by")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_invoice_office_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invoice_person_id")),
        sa.ForeignKeyConstraint(["replaces"], ["invoice.id"], name=op.f("fk_invoice_replaces")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invoice_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("delivery_id", "position", name=op.f("uq_invoice_delivery_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_invoice_due_date"), "invoice", ["due_date"], unique=False)
    op.create_index(op.f("ix_invoice_duplicate_of"), "invoice", ["duplicate_of"], unique=False)
    op.create_index(op.f("ix_invoice_sha256"), "invoice", ["sha256"], unique=False)
    op.create_index(op.f("ix_invoice_state"), "invoice", ["state"], unique=False)
    op.create_index(op.f("ix_invoice_tenant_id"), "invoice", ["tenant_id"], unique=False)


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_attachment_invoice_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_attachment_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attachment_invoice_id"), "attachment", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_attachment_tenant_id"), "attachment", ["tenant_id"], unique=False)


def _identity() -> None:
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_identity_invoice_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_identity_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("tenant_id", "kind", "value", name=op.f("uq_identity_tenant_id_kind_value")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_identity_invoice_id"), "identity", ["invoice_id"], unique=False)


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", Json(), nullable=True),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_report_invoice_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_report_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_report_invoice_id"), "report", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_report_tenant_id"), "report", ["tenant_id"], unique=False)
