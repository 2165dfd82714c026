"""The only door for mails (RFC 5322/MIME): every part that is a file, nested mails too, within a budget."""

import email
import email.policy
import email.utils
import re
from collections.abc import Iterator
from email.message import EmailMessage

from einvoice.formats.delivery import Budget, Entry
from einvoice.model.problem import Problem


def entries(data: bytes, budget: Budget) -> Iterator[Entry]:
    """The attachments of a mail in their order; a nested mail is one entry. Raises TooMuch."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        parts = list(_leaves(message, budget))
    except (ValueError, LookupError, AttributeError, TypeError, IndexError, RecursionError) as error:
        yield Entry(
            "",
            "",
            None,
            Problem("EI-NOINVOICE", {"why": "damaged", "container": "eml", "detail": str(error)}),
        )
        return
    yield from parts


def _leaves(message: EmailMessage, budget: Budget) -> Iterator[Entry]:
    number = 0
    pending = [message]
    while pending:
        part = pending.pop()
        if part.get_content_type() == "message/rfc822":
            number += 1
            yield _nested(part, number, budget)
        elif part.is_multipart():
            pending += reversed([p for p in part.iter_parts() if isinstance(p, EmailMessage)])
        elif _is_file(part):
            number += 1
            content = part.get_payload(decode=True)
            body = content if isinstance(content, bytes) else b""
            budget.take(len(body))
            yield Entry(_name(part, number), part.get_content_type(), body)


def _nested(part: EmailMessage, number: int, budget: Budget) -> Entry:
    inner = part.get_payload()
    message = inner[0] if isinstance(inner, list) and inner else None
    body = message.as_bytes() if isinstance(message, EmailMessage) else b""
    budget.take(len(body))
    return Entry(_name(part, number, ".eml"), "message/rfc822", body)


def _is_file(part: EmailMessage) -> bool:
    """Not the text a person reads: a name, an attachment, or a type that is no plain body."""
    return (
        bool(part.get_filename())
        or part.is_attachment()
        or part.get_content_type() not in ("text/plain", "text/html")
    )


def _name(part: EmailMessage, number: int, suffix: str = "") -> str:
    """The file's name as the mail states it, without any path; `part-N` where there is none."""
    name = part.get_filename() or ""
    plain = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    return plain or f"part-{number}{suffix or ('.xml' if part.get_content_type().endswith('xml') else '')}"


_HEADS = 262_144
"""Bytes of a mail that are looked through for its fields."""


def heads(data: bytes) -> list[tuple[str, str]]:
    """The fields of a mail in their order: names in lower case, values on one line. Never raises."""
    end = min((at for at in (data.find(b"\r\n\r\n"), data.find(b"\n\n")) if at >= 0), default=len(data))
    head = data[: min(end, _HEADS)] + b"\n\n"
    try:
        found = email.message_from_bytes(head, policy=email.policy.compat32).items()
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        return []
    return [(name.lower(), " ".join(str(value).split())) for name, value in found]


def address(text: str) -> str | None:
    """The one address a field holds, in lower case; None for none, several, or something that is none."""
    found = _specs(text)
    if len(found) != 1 or not _ADDRESS.fullmatch(found[0]):
        return None
    return found[0].lower()


def addresses(text: str) -> list[str]:
    """All addresses a field holds, in lower case; what is none is left out."""
    return [one.lower() for one in _specs(text) if _ADDRESS.fullmatch(one)]


def _specs(text: str) -> list[str]:
    try:
        return [spec for _, spec in email.utils.getaddresses([text]) if spec]
    except (ValueError, IndexError, TypeError):
        return []


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
