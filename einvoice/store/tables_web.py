"""Tables of who may come in through the browser or the API: passwords, invitations, sessions, tokens, receipts.

No secret stands here as it is: passwords as argon2id, links, sessions and tokens as SHA-256, the secret of one-time
codes sealed with a key that lies outside the store.
"""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from einvoice.store.columns import OPTIONS, Row, data, key, link


class Credential(Row, table=True):
    """What proves an account of kind `web`. onetime: the sealed secret of one-time codes (RFC 6238), None where
    there is none; last_step: the last 30 seconds whose code was used, so that none is used twice.
    """

    __table_args__ = (UniqueConstraint("account_id"), OPTIONS)

    id: int | None = key()
    account_id: int = Field(foreign_key="account.id")
    password: str | None = None
    onetime: str | None = None
    last_step: int | None = None
    changed: str


class Invitation(Row, table=True):
    """A link by which a person sets the password of an account, once and until a time. digest: of its secret."""

    __table_args__ = (UniqueConstraint("digest"), OPTIONS)

    id: int | None = key()
    account_id: int = Field(foreign_key="account.id", index=True)
    digest: str
    made: str
    until: str
    used: str | None = None


class WebSession(Row, table=True):
    """Somebody who has signed in. digest: of what his browser holds. stage: `code` (the one-time code is awaited),
    `enrol` (one has to be set up) or `in`. until: its end whatever happens; seen: the last request, for the idle end.
    """

    __table_args__ = (UniqueConstraint("digest"), OPTIONS)

    id: int | None = key()
    digest: str
    account_id: int | None = link("account")
    person_id: int = Field(foreign_key="person.id", index=True)
    stage: str
    begun: str
    seen: str
    until: str
    ended: str | None = None


class ApiToken(Row, table=True):
    """A key to the API for one tenant. digest: of the token; scopes: what it may (upload, read, export, …)."""

    __table_args__ = (UniqueConstraint("digest"), OPTIONS)

    id: int | None = key()
    digest: str
    name: str
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    scopes: list[str] | None = data()
    made: str
    until: str
    revoked: str | None = None


class Submission(Row, table=True):
    """What was handed in through the browser or the API. digest: of the secret in the receipt's link, which tells
    the state of the delivery and nothing of what is in it.
    """

    __table_args__ = (UniqueConstraint("digest"), OPTIONS)

    id: int | None = key()
    digest: str
    delivery_id: int = Field(foreign_key="delivery.id", index=True)
    made: str


class Throttle(Row, table=True):
    """Failed attempts under a name (digest of a login, say): nothing is tried before `next_at`. May be lost."""

    name: str = Field(primary_key=True)
    count: int = 0
    seen: str
    next_at: str
