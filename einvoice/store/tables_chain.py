"""Tables of proof: events chained by digests, their erasable payloads, heads; and leases of work taken."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from einvoice.store.columns import OPTIONS, Row, data, key

INSTALLATION = "installation"
"""The chain of arrivals; every tenant has another, named `tenant/` and its number in six digits."""


class Event(Row, table=True):
    """One thing that happened; never changed, never removed.

    rows: digests of the rows it wrote (`{"invoice/7": "…"}`; null: the row left this chain or was erased).
    payload_digest: of the payload, which stands apart. digest: of all the rest and the previous event's
    digest.
    """

    __table_args__ = (UniqueConstraint("chain", "sequence"), OPTIONS)

    id: int | None = key()
    chain: str
    sequence: int
    time: str
    kind: str = Field(index=True)
    subject: str = Field(index=True)
    actor_id: int
    payload_digest: str | None = None
    rows: dict[str, Any] | None = data()
    previous: str
    digest: str


class Payload(Row, table=True):
    """What the event of the same chain and sequence says beyond its ids.

    salt: makes the digest say nothing about erased content. erased_by: `CHAIN/SEQUENCE` of the protocol event
    under which salt and content were erased.
    """

    chain: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    salt: str | None = None
    content: dict[str, Any] | None = data()
    erased_by: str | None = None


class Head(Row, table=True):
    """The end of a chain: locked last in each transaction that appends to it, chains in name order."""

    chain: str = Field(primary_key=True)
    sequence: int = 0
    digest: str = ""


class Published(Row, table=True):
    """A head that was written where the operator keeps it apart; see `verify --against`."""

    id: int | None = key()
    time: str
    content: dict[str, Any] | None = data()
    place: str


class Lease(Row, table=True):
    """Work someone has taken, until a time: nobody else does it before. fence grows with each taking."""

    name: str = Field(primary_key=True)
    holder: str
    until: str
    fence: int = 1


class Waiting(Row, table=True):
    """An object that a committed transaction has taken out of an archive area and that must still be
    unlinked.
    """

    __table_args__ = (UniqueConstraint("area", "sha256"), OPTIONS)

    id: int | None = key()
    area: str
    sha256: str
