"""The only door for mails (RFC 5322/MIME): every part that is a file, nested mails too, within a budget."""

import email
import email.policy
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
