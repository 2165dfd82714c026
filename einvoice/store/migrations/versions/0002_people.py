"""The first tables of who is there: installation, tenants, persons and what they may."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Exact, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _installation()
    _person()
    _tenant()
    _account()
    _address()
    _creditor()
    _deputy()
    _export_target()
    _leitweg_pattern()
    _master()
    _office()
    _policy()
    _proposal()
    _creditor_account()
    _role()


def _installation() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("archive", sa.String(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        sqlite_autoincrement=True,
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("mail", sa.String(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("left", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sqlite_autoincrement=True,
    )


def _tenant() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("name", name=op.f("uq_tenant_name")),
        sqlite_autoincrement=True,
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_account_kind_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_account_person_id"), "account", ["person_id"], unique=False)


def _address() -> None:
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_address_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_address_kind_value")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_address_tenant_id"), "address", ["tenant_id"], unique=False)


def _creditor() -> None:
    op.create_table(
        "creditor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("vat_id", sa.String(), nullable=True),
        sa.Column("mail", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_creditor_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creditor")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_creditor_tenant_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_creditor_vat_id"), "creditor", ["vat_id"], unique=False)


def _deputy() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.CheckConstraint("person_id <> deputy_id", name=op.f("ck_deputy_another")),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name=op.f("fk_deputy_deputy_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deputy_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_deputy_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deputy_deputy_id"), "deputy", ["deputy_id"], unique=False)
    op.create_index(op.f("ix_deputy_person_id"), "deputy", ["person_id"], unique=False)


def _export_target() -> None:
    op.create_table(
        "export_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("settings", Json(), nullable=True),
        sa.Column("until", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_export_target_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_target")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_export_target_tenant_id_name")),
        sqlite_autoincrement=True,
    )


def _leitweg_pattern() -> None:
    op.create_table(
        "leitweg_pattern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_leitweg_pattern_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leitweg_pattern")),
        sa.UniqueConstraint("pattern", name=op.f("uq_leitweg_pattern_pattern")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_leitweg_pattern_tenant_id"), "leitweg_pattern", ["tenant_id"], unique=False)


def _master() -> None:
    op.create_table(
        "master",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("open_amount", Exact(), nullable=True),
        sa.Column("content", Json(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_master_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master")),
        sa.UniqueConstraint("tenant_id", "kind", "code", name=op.f("uq_master_tenant_id_kind_code")),
        sqlite_autoincrement=True,
    )


def _office() -> None:
    op.create_table(
        "office",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_office_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_office_tenant_id_code")),
        sqlite_autoincrement=True,
    )


def _policy() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", Json(), nullable=True),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_policy_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_policy_tenant_id"), "policy", ["tenant_id"], unique=False)


def _proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("old", Json(), nullable=True),
        sa.Column("new", Json(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_proposal_two")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_proposal_decided_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_proposal_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_proposal_tenant_id"), "proposal", ["tenant_id"], unique=False)


def _creditor_account() -> None:
    op.create_table(
        "creditor_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("creditor_id", sa.Integer(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("until", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["person.id"], name=op.f("fk_creditor_account_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditor.id"], name=op.f("fk_creditor_account_creditor_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_creditor_account_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creditor_account")),
        sa.UniqueConstraint("creditor_id", "iban", name=op.f("uq_creditor_account_creditor_id_iban")),
        sqlite_autoincrement=True,
    )


def _role() -> None:
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("office_id", sa.Integer(), nullable=True),
        sa.Column("limit", Exact(), nullable=True),
        sa.Column("since", sa.String(), nullable=True),
        sa.Column("until", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_role_office_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_role_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_role_person_id"), "role", ["person_id"], unique=False)
    op.create_index(op.f("ix_role_tenant_id"), "role", ["tenant_id"], unique=False)
