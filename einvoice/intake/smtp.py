"""Sending one mail (SMTP), and knowing whether it went: a mail whose fate is unknown is never sent again blindly."""

import contextlib
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator

from einvoice.errors import ConfigurationError
from einvoice.formats.mail import address
from einvoice.intake.secret import Secret
from einvoice.intake.settings import said_of
from einvoice.intake.source import plainly

_Path = Annotated[Path, Strict(False)]


class MailSettings(BaseModel):
    """The table `[mail]`: how answers are sent.

    sender: our address, with a name if you like. authserv_id: the name under which the own server writes
    Authentication-Results; without it no sender is proved. per_hour: mails at most; templates: a folder of one's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    host: str
    port: Annotated[int, Field(gt=0)] | None = None
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    ca_file: _Path | None = None
    user: str | None = None
    password: Secret | None = None
    sender: str
    authserv_id: str | None = None
    lang: Literal["de", "en"] = "de"
    per_hour: Annotated[int, Field(gt=0)] = 60
    templates: _Path | None = None
    timeout_seconds: Annotated[int, Field(gt=0)] = 60
    base: Annotated[_Path, Field(exclude=True)] = Path()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if address(self.sender) is None:
            raise ValueError("sender: one mail address")
        if self.tls == "none" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError('tls = "none" only to this machine itself')
        return self

    @property
    def address(self) -> str:
        """Our address alone, in lower case."""
        return address(self.sender) or ""

    @property
    def letters(self) -> Path | None:
        """The folder of templates, absolute."""
        return self.base / self.templates if self.templates else None


def read_mail(file: Path, table: Mapping[str, Any]) -> MailSettings:
    """The table `[mail]` of a configuration. Raises ConfigurationError naming file and key."""
    try:
        return MailSettings.model_validate({**table, "base": file.resolve().parent})
    except ValidationError as error:
        key, en, de = said_of(error)
        where = f"{file}: [mail]" + (f", {key}" if key else "")
        raise ConfigurationError(f"{where}: {en}", f"{where}: {de}") from None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail: sent; later (certainly not sent, try again); failed (refused for good); unknown."""

    state: Literal["sent", "later", "failed", "unknown"]
    said: str = ""


def send(settings: MailSettings, recipient: str, mail: bytes) -> Outcome:
    """Sends a mail with an empty envelope sender, so that no bounce can start a loop (RFC 3834, 3.3).

    Raises SourceProblem where a secret is not to be had.
    """
    secret = settings.password.reveal(settings.base) if settings.password else None
    try:
        client = _connected(settings, secret)
    except smtplib.SMTPAuthenticationError:
        return Outcome("later", "the login was refused")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", plainly(error, secret))
    try:
        return _handed_over(client, recipient, mail)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.quit()
        client.close()


def probe(settings: MailSettings) -> str | None:
    """Why nothing could be sent now; None if the server lets us in. No mail is sent. Raises SourceProblem."""
    secret = settings.password.reveal(settings.base) if settings.password else None
    try:
        client = _connected(settings, secret)
    except (OSError, smtplib.SMTPException) as error:
        return plainly(error, secret)
    client.close()
    return None


def _connected(settings: MailSettings, secret: str | None) -> smtplib.SMTP:
    trust = ssl.create_default_context(
        cafile=str(settings.base / settings.ca_file) if settings.ca_file else None
    )
    patience = settings.timeout_seconds
    client: smtplib.SMTP
    if settings.tls == "implicit":
        client = smtplib.SMTP_SSL(settings.host, settings.port or 465, timeout=patience, context=trust)
    else:
        client = smtplib.SMTP(
            settings.host, settings.port or (587 if settings.user else 25), timeout=patience
        )
    try:
        if settings.tls == "starttls":
            client.starttls(context=trust)
        client.ehlo_or_helo_if_needed()
        if settings.user is not None:
            client.login(settings.user, secret or "")
    except BaseException:
        client.close()
        raise
    return client


def _handed_over(client: smtplib.SMTP, recipient: str, mail: bytes) -> Outcome:
    try:
        code, text = client.mail("")
        if code == 250:
            code, text = client.rcpt(recipient)
        if code in (250, 251):
            code, text = client.docmd("data")
        if code != 354:
            return _refused(code, text)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", plainly(error))
    try:
        lines = mail.replace(b"\r\n", b"\n").split(b"\n")
        body = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        client.send(body.rstrip() + b"\r\n.\r\n")
        code, text = client.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("unknown", plainly(error))
    return Outcome("sent") if code == 250 else _refused(code, text)


def _refused(code: int, text: bytes) -> Outcome:
    said = f"{code} {plainly(Exception(text.decode('utf-8', 'replace')))}"
    return Outcome("failed" if code >= 500 else "later", said)
