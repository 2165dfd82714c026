"""The `[[place]]` tables of einvoice.toml: where the operator lets exports go. A town's target names one of them.

So no town names a host, a path or a secret: what a target can reach is what stands here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from einvoice.errors import ConfigurationError
from einvoice.exports.about import NAMES, unknown
from einvoice.intake.connection import HERE, Connection, LocalPath, Seconds
from einvoice.intake.secret import Secret
from einvoice.intake.settings import said_of


class _Common(BaseModel):
    """What all kinds of places have. towns: those whose targets may name it; empty: all."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
    towns: list[str] = Field(default_factory=list)
    base: Annotated[LocalPath, Field(exclude=True)] = Path()


class FilesPlace(_Common):
    """A place of files. checksum: NAME.sha256 beside each. trigger: the ending of an empty file that comes last."""

    checksum: bool = False
    trigger: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9_]{1,20}$")] | None = None


class FolderPlace(FilesPlace):
    """A folder that is there; a missing one is a mount that is missing, and nothing is made in its place."""

    kind: Literal["folder"] = "folder"
    path: LocalPath

    @property
    def address(self) -> str:
        """Where it leads."""
        return str(self.base / self.path)


class LocationPlace(FilesPlace, Connection):
    """A place by URL; the keys are those of a source of kind `location` (docs/sources.md)."""

    kind: Literal["location"]

    @property
    def address(self) -> str:
        """Where it leads."""
        return f"{self.url} {self.endpoint}" if self.endpoint else self.url


class ServicePlace(_Common):
    """A service on the network: https, or http to this machine. token: sent as `Authorization: Bearer`."""

    url: str
    token: Secret | None = None
    ca_file: LocalPath | None = None
    timeout_seconds: Seconds = 60

    @model_validator(mode="after")
    def _safe(self) -> Self:
        parts = urlsplit(self.url)
        if parts.username or parts.password:
            raise ValueError("url: user and password are settings of their own")
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
        ):
            raise ValueError("url: https://, or http:// to this machine itself")
        return self

    @property
    def address(self) -> str:
        """Where it leads."""
        return self.url


class HttpPlace(ServicePlace):
    """A service that takes a file by POST."""

    kind: Literal["http"]


class CmisPlace(ServicePlace):
    """A document management system by CMIS 1.1, browser binding (on trial).

    url: of the service document. repository: its id, where there are several. folder: an absolute path, which has to
    be there. user, password: where it takes no token. type, folder_type: what documents and folders are made as.
    properties: what a document says further: id → a text with `{names}` (see about.py).
    """

    kind: Literal["cmis"]
    user: str | None = None
    password: Secret | None = None
    repository: str | None = None
    folder: Annotated[str, Field(pattern=r"^/([^/]+(/[^/]+)*)?$")] = "/"
    type: str = "cmis:document"
    folder_type: str = "cmis:folder"
    properties: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.user is None) != (self.password is None) or (self.user and self.token):
            raise ValueError("token, or user and password")
        for key, text in self.properties.items():
            if key in ("cmis:name", "cmis:objectTypeId"):
                raise ValueError(f"properties: {key} is not set here")
            if wrong := unknown(text):
                raise ValueError(f"properties: {key}: {{{wrong}}}: one of {', '.join(NAMES)}")
        return self

    @property
    def address(self) -> str:
        """Where it leads."""
        return f"{self.url} {self.repository or ''}{self.folder}"


Place = FolderPlace | LocationPlace | HttpPlace | CmisPlace
_ANY: TypeAdapter[Place] = TypeAdapter(Annotated[Place, Field(discriminator="kind")])


def read_places(file: Path, rows: object) -> dict[str, Place]:
    """The places of a configuration by name; paths count from its folder. Raises ConfigurationError."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(
            f"{file}: places are tables: [[place]]", f"{file}: Orte sind Tabellen: [[place]]"
        )
    found: dict[str, Place] = {}
    for number, row in enumerate(rows, 1):
        one = _place(file, number, row)
        if one.name in found:
            raise _wrong(file, number, row, "name", "two places have this name", "so heißen zwei Orte")
        found[one.name] = one
    return found


def _place(file: Path, number: int, row: Mapping[str, Any]) -> Place:
    if "base" in row:
        raise _wrong(file, number, row, "base", "unknown setting", "unbekannte Einstellung")
    try:
        return _ANY.validate_python({"kind": "folder", **row, "base": file.resolve().parent})
    except ValidationError as error:
        raise _wrong(file, number, row, *said_of(error, 1)) from None


def _wrong(file: Path, number: int, row: Mapping[str, Any], key: str, en: str, de: str) -> ConfigurationError:
    where = f"{file}: [[place]] {row.get('name') or f'#{number}'}" + (f", {key}" if key else "")
    return ConfigurationError(f"{where}: {en}", f"{where}: {de}")
