"""The first tables of proof: events, payloads, heads, leases."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _event()
    _head()
    _lease()
    _payload()
    _published()
    _waiting()


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("time", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("payload_digest", sa.String(), nullable=True),
        sa.Column("rows", Json(), nullable=True),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("chain", "sequence", name=op.f("uq_event_chain_sequence")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_kind"), "event", ["kind"], unique=False)
    op.create_index(op.f("ix_event_subject"), "event", ["subject"], unique=False)


def _head() -> None:
    op.create_table(
        "head",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_head")),
        sqlite_autoincrement=True,
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
        sqlite_autoincrement=True,
    )


def _payload() -> None:
    op.create_table(
        "payload",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("content", Json(), nullable=True),
        sa.Column("erased_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("chain", "sequence", name=op.f("pk_payload")),
        sqlite_autoincrement=True,
    )


def _published() -> None:
    op.create_table(
        "published",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("time", sa.String(), nullable=False),
        sa.Column("content", Json(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published")),
        sqlite_autoincrement=True,
    )


def _waiting() -> None:
    op.create_table(
        "waiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint("area", "sha256", name=op.f("uq_waiting_area_sha256")),
        sqlite_autoincrement=True,
    )
