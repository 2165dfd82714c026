"""The table `[web]` of einvoice.toml: how the desk in the browser is reached, and whom it lets in."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from einvoice.intake.secret import Secret
from einvoice.pipeline.section import read_section


def _listed(given: object) -> object:
    return [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given


_Texts = Annotated[list[str], BeforeValidator(_listed)]


class Provider(BaseModel):
    """The table `[web.oidc]`: another identity provider (OpenID Connect) that proves who somebody is.

    issuer: its address, as its tokens name it. name: what the button says. second_factor: it asks for two proofs
    itself, so that we do not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    client_id: str
    client_secret: Secret | None = None
    name: str = "OpenID Connect"
    scope: str = "openid"
    second_factor: bool = False
    ca_file: Path | None = None


class Desk(BaseModel):
    """The table `[web]`; every key also as EINVOICE_WEB_KEY.

    url: the address people type, for links and for which requests are answered. proxies: addresses of our own
    reverse proxies, whose word on client and scheme is taken. idle_minutes, absolute_hours: how long a session lasts.
    upload_mb: the most one upload may have. checks_per_hour: how many files one address may check without an account.
    key: the file of the key that seals one-time codes. log: file of JSON lines (`-`: stderr).
    theme: `plain` leaves KERN UX aside.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = None
    proxies: _Texts = Field(default_factory=list)
    idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    absolute_hours: Annotated[int, Field(ge=1, le=24)] = 12
    upload_mb: Annotated[int, Field(ge=1, le=500)] = 20
    checks_per_hour: Annotated[int, Field(ge=1, le=100_000)] = 60
    key: Path = Path("data/web.key")
    log: str | None = None
    theme: Literal["kern", "plain"] = "kern"
    oidc: Provider | None = None
    base: Annotated[Path, Field(exclude=True)] = Path()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        parts = urlsplit(self.url or "https://x")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("url is https://HOST or http://HOST:PORT, without a path")
        if self.oidc is not None and self.url is None:
            raise ValueError("[web.oidc] needs url")
        return self

    @property
    def host(self) -> str | None:
        """The name in `url`; None where none is stated."""
        return urlsplit(self.url).hostname if self.url else None

    @property
    def secure(self) -> bool:
        """Whether people come by TLS."""
        return bool(self.url and self.url.startswith("https:"))

    @property
    def key_file(self) -> Path:
        """The file of the key, absolute."""
        return self.base / self.key

    @property
    def upload_bytes(self) -> int:
        """The most one upload may have."""
        return self.upload_mb * 1_000_000


def read_desk(file: Path, table: object) -> Desk:
    """The desk that a configuration states. Raises ConfigurationError naming file and key."""
    return read_section(Desk, "web", file, table)
