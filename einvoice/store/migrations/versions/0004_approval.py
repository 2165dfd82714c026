"""The first tables of what is done with an invoice: acts, postings, batches, exports."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Exact, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _batch()
    _export()
    _act()
    _batch_row()
    _deduction()
    _outbox()
    _posting()


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("closed", sa.String(), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("total", Exact(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("sums", Json(), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("acknowledgement", Json(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_batch_closed_by")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_batch_created_by")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_batch_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("tenant_id", "year", "number", name=op.f("uq_batch_tenant_id_year_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batch_tenant_id"), "batch", ["tenant_id"], unique=False)


def _export() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_export_batch_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_export_made_by")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_export_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.UniqueConstraint(
            "batch_id", "format", "target", "name", name=op.f("uq_export_batch_id_format_target_name")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_export_tenant_id"), "export", ["tenant_id"], unique=False)


def _act() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("for_person_id", sa.Integer(), nullable=True),
        sa.Column("time", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("content", Json(), nullable=True),
        sa.Column("state_digest", sa.String(), nullable=False),
        sa.Column("undone", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["for_person_id"], ["person.id"], name=op.f("fk_act_for_person_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_act_invoice_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_act_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_act_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_act_invoice_id"), "act", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_act_tenant_id"), "act", ["tenant_id"], unique=False)


def _batch_row() -> None:
    op.create_table(
        "batch_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("amount", Exact(), nullable=True),
        sa.Column("content", Json(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("result", Json(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_row_batch_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_batch_row_invoice_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_batch_row_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_row")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_batch_row_batch_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batch_row_tenant_id"), "batch_row", ["tenant_id"], unique=False)
    op.create_index(
        "uq_batch_row_live",
        "batch_row",
        ["invoice_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )


def _deduction() -> None:
    op.create_table(
        "deduction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=True),
        sa.Column("amount", Exact(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_deduction_invoice_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deduction_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_deduction_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deduction_invoice_id"), "deduction", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_deduction_tenant_id"), "deduction", ["tenant_id"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("content", Json(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.Column("sent", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_outbox_delivery_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_outbox_invoice_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outbox_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("once", name=op.f("uq_outbox_once")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_tenant_id"), "outbox", ["tenant_id"], unique=False)


def _posting() -> None:
    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("amount", Exact(), nullable=True),
        sa.Column("net", Exact(), nullable=True),
        sa.Column("vat", Exact(), nullable=True),
        sa.Column("vat_rate", Exact(), nullable=True),
        sa.Column("vat_category", sa.String(), nullable=True),
        sa.Column("tax_key", sa.String(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("contra_account", sa.String(), nullable=True),
        sa.Column("product", sa.String(), nullable=True),
        sa.Column("cost_centre", sa.String(), nullable=True),
        sa.Column("cost_object", sa.String(), nullable=True),
        sa.Column("investment", sa.String(), nullable=True),
        sa.Column("budget_year", sa.Integer(), nullable=True),
        sa.Column("commitment", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("proposed_from", Json(), nullable=True),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_posting_invoice_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_posting_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_posting_invoice_id_position")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_posting_tenant_id"), "posting", ["tenant_id"], unique=False)
