"""The `[[source]]` tables of einvoice.toml: strict models, one per kind; a mistake names file, table and key."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from einvoice.errors import ConfigurationError
from einvoice.intake.connection import HERE, Connection, LocalPath, Seconds
from einvoice.intake.secret import Secret
from einvoice.store.times import BERLIN

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(text: object) -> object:
    found = re.fullmatch(r"(\d+)\s*([smhd])", text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('a number and s, m, h or d, for example "15m"')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def clock(text: object) -> object:
    """A time of day as written in a setting. Raises ValueError for what is none."""
    if not isinstance(text, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('a time of day, for example "06:30"')
    return text


_Positive = Annotated[int, Field(gt=0)]


class _Common(BaseModel):
    """What all kinds of sources have.

    name: its name in lists and tables. tenant: whose invoices these are where the invoice itself does not say.
    every, at: not before that time has passed, or that time of day (Europe/Berlin) has come; without either,
    whenever `run` runs. limit_mb: greater things are left and named; limit_count, limit_seconds: per run.
    answer: `off`, `draft` (a clerk sends it), `send`.
    release_after: days after which what was handed over is removed there, if no verified backup allows it sooner;
    0: never.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/\\\x00-\x1f]+$")]
    tenant: str | None = None
    every: Annotated[timedelta, BeforeValidator(_duration)] | None = None
    at: list[Annotated[str, BeforeValidator(clock)]] = Field(default_factory=list)
    answer: Literal["off", "draft", "send"] = "off"
    limit_mb: _Positive = 100
    limit_count: _Positive | None = None
    limit_seconds: _Positive | None = None
    release_after: Annotated[int, Field(ge=0)] = 30
    base: Annotated[LocalPath, Field(exclude=True)] = Path()

    @property
    def limit_bytes(self) -> int:
        """The greatest thing that is taken."""
        return self.limit_mb * 1_000_000

    def due(self, last: datetime | None, now: datetime) -> bool:
        """Whether it is time to fetch again, after the `last` time; one still to come was a wrong clock's."""
        if last is None or last > now or (self.every is None and not self.at):
            return True
        if self.every is not None and now - last >= self.every:
            return True
        return any(last < moment <= now for moment in self._moments(now))

    def _moments(self, now: datetime) -> list[datetime]:
        """The times of `at` today and yesterday."""
        here = now.astimezone(BERLIN)
        days = (here.date() - timedelta(days=1), here.date())
        clocks = [datetime.strptime(text, "%H:%M").time() for text in self.at]  # noqa: DTZ007  # a time of day
        return [datetime.combine(day, clock, BERLIN) for day in days for clock in clocks]


class FolderSettings(_Common):
    """A folder. after: `move` puts what is safe into `processed`; `keep` leaves all where it is."""

    kind: Literal["folder"] = "folder"
    path: LocalPath
    quiet_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    after: Literal["move", "keep"] = "move"
    processed: LocalPath = Path("processed")

    @property
    def folder(self) -> Path:
        """The folder, absolute."""
        return self.base / self.path


class ImapSettings(_Common):
    """A mailbox. after: `move` to the folder `processed`, `flag` with the keyword `einvoice`, or `keep` as it is.

    tls: `implicit` (port 993), `starttls` (143), or `none`, only to this machine itself. ca_file: PEM of one's own
    authority. token_command: prints an OAuth2 access token (XOAUTH2) instead of a password.
    """

    kind: Literal["imap"]
    host: str
    port: _Positive | None = None
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: LocalPath | None = None
    user: str
    password: Secret | None = None
    token_command: Annotated[list[str], Field(min_length=1)] | None = None
    folder: str = "INBOX"
    after: Literal["move", "flag", "keep"] = "move"
    processed: str = "processed"
    timeout_seconds: Seconds = 60

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.password is None) == (self.token_command is None):
            raise ValueError("exactly one of password and token_command")
        if self.tls == "none" and self.host not in HERE:
            raise ValueError('tls = "none" only to this machine itself')
        if self.after == "move" and self.processed == self.folder:
            raise ValueError("processed must be another folder")
        return self


class LocationSettings(_Common, Connection):
    """A place by URL (see Connection). after, processed: as for a folder."""

    kind: Literal["location"]
    quiet_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    after: Literal["move", "keep"] = "move"
    processed: str = "processed"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.after == "move" and not re.fullmatch(r"[^/]+(/[^/]+)*", self.processed):
            raise ValueError("processed: a relative path")
        return self


SourceSettings = FolderSettings | ImapSettings | LocationSettings
_ANY: TypeAdapter[SourceSettings] = TypeAdapter(Annotated[SourceSettings, Field(discriminator="kind")])


def read_sources(file: Path, rows: list[Mapping[str, Any]]) -> tuple[SourceSettings, ...]:
    """The sources of a configuration; paths count from its folder. Raises ConfigurationError."""
    found = tuple(_source(file, number, row) for number, row in enumerate(rows, 1))
    names = [one.name.lower() for one in found]
    for name in names:
        if names.count(name) > 1:
            raise _wrong(
                file, f"source {name!r}", "name", "two sources have this name", "so heißen zwei Quellen"
            )
    return found


def _source(file: Path, number: int, row: Mapping[str, Any]) -> SourceSettings:
    table = f"source {row['name']!r}" if isinstance(row.get("name"), str) else f"source #{number}"
    if "base" in row:
        raise _wrong(file, table, "base", *_UNKNOWN)
    try:
        return _ANY.validate_python({"kind": "folder", **row, "base": file.resolve().parent})
    except ValidationError as error:
        raise _wrong(file, table, *said_of(error, 1)) from None


_UNKNOWN = ("unknown setting", "unbekannte Einstellung")


def said_of(error: ValidationError, depth: int = 0) -> tuple[str, str, str]:
    """The first mistake of a table: its key (below `depth` levels), and what is wrong in English and German."""
    first = error.errors(include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"][depth:]) or ("kind" if "tag" in first["type"] else "")
    return key, *_said(first["type"], first["msg"])


def said_of_each(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Every mistake of a table: the way to its key, and what is wrong in English and German."""
    for one in error.errors(include_input=False):
        yield one["loc"], *_said(one["type"], one["msg"])


def _said(kind: str, text: str) -> tuple[str, str]:
    text = text.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return _UNKNOWN
    if kind == "missing":
        return "is missing", "fehlt"
    return text, _GERMAN.get(text, f"falscher Wert ({text})")


_GERMAN = {
    'a number and s, m, h or d, for example "15m"': 'eine Zahl und s, m, h oder d, zum Beispiel "15m"',
    'a time of day, for example "06:30"': 'eine Uhrzeit, zum Beispiel "06:30"',
    "exactly one of password and token_command": "genau eines von password und token_command",
    "exactly one of env, file and credential": "genau eines von env, file und credential",
    'a secret does not stand in the configuration: write { file = "…" } or { env = "…" }': (
        'ein Geheimnis steht nicht in den Einstellungen: { file = "…" } oder { env = "…" } schreiben'
    ),
    'tls = "none" only to this machine itself': 'tls = "none" nur zu diesem Rechner selbst',
    "processed must be another folder": "processed muss ein anderer Ordner sein",
    "processed: a relative path": "processed: ein relativer Pfad",
    "url: user and password are settings of their own": "url: user und password sind eigene Einstellungen",
    "url: webdavs:// where a password is sent": "url: webdavs://, wo ein Passwort gesendet wird",
    "a list of mail addresses": "eine Liste von Mailadressen",
    "sender: one mail address": "sender: genau eine Mailadresse",
    "url: https://, or http:// to this machine itself": "url: https://, oder http:// zu diesem Rechner selbst",
    "exactly one of value and text": "genau eines von value und text",
    "decimals or date, not both": "decimals oder date, nicht beides",
    'as = "number" needs decimals, a decimal point, the sign in front and no width': (
        'as = "number" braucht decimals, einen Dezimalpunkt, das Vorzeichen vorn und keine Breite'
    ),
}
"""Our own sentences about mistakes, in German."""


def _wrong(file: Path, table: str, key: str, en: str, de: str) -> ConfigurationError:
    where = f"{file}: [[source]] {table.removeprefix('source ')}" + (f", {key}" if key else "")
    return ConfigurationError(f"{where}: {en}", f"{where}: {de}")
