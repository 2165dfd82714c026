"""Writes a mail: text and HTML side by side, the same bytes for the same words."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses


def letter(heads: dict[str, str], date: datetime, text: str, html: str) -> bytes:
    """The bytes of a mail. heads: its fields by name, texts without line breaks; From and To as people write them."""
    message = EmailMessage(policy=SMTP)
    for name, value in heads.items():
        plain = " ".join(value.split())
        message[name] = _addresses(plain) if name in ("From", "To") else plain
    message["Date"] = format_datetime(date)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary("=_" + "".join(c for c in heads["Message-ID"] if c.isalnum())[-40:])
    return message.as_bytes()


def _addresses(text: str) -> list[Address]:
    return [Address(name, addr_spec=address) for name, address in getaddresses([text])]
