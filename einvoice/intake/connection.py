"""How a place by URL is reached: the same keys for where invoices come from and where exports go."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from einvoice.intake.secret import Secret

LocalPath = Annotated[Path, Strict(False)]
"""A path of a setting; it counts from the folder of the configuration (`base`)."""

Seconds = Annotated[int, Field(gt=0, le=3600)]
SCHEMES = ("s3", "sftp", "smb", "webdav", "webdavs", "file")
HERE = ("127.0.0.1", "::1", "localhost")
"""The names of this machine itself, to which a connection need not be encrypted."""


class Connection(BaseModel):
    """A place by URL: s3://BUCKET/PREFIX, sftp://HOST/PATH, smb://HOST/SHARE/PATH, webdavs://HOST/PATH, file:///PATH.

    user, password: of the account (S3: access key and secret). endpoint: of an S3 service other than Amazon's.
    key_file, known_hosts: of SFTP. ca_file: PEM of one's own authority.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str
    user: str | None = None
    password: Secret | None = None
    endpoint: str | None = None
    key_file: LocalPath | None = None
    known_hosts: LocalPath | None = None
    ca_file: LocalPath | None = None
    timeout_seconds: Seconds = 60
    base: Annotated[LocalPath, Field(exclude=True)] = Path()

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in SCHEMES:
            raise ValueError(f"url: one of {', '.join(SCHEMES)}")
        if parts.username or parts.password:
            raise ValueError("url: user and password are settings of their own")
        if parts.scheme == "webdav" and self.password and parts.hostname not in HERE:
            raise ValueError("url: webdavs:// where a password is sent")
        return self
