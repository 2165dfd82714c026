"""Opens a delivery safely: small plain XML here, everything else in a limited process."""

from typing import Any

from einvoice.formats.delivery import Attachment, Delivery, Document, open_delivery
from einvoice.model.problem import Problem

BIG = 10_000_000
"""Bytes from which plain XML, too, is opened in a limited process; containers always are."""


def is_plain(data: bytes) -> bool:
    """Whether the bytes may be opened in this very process: XML of ordinary size."""
    return data[:1] == b"<" and len(data) < BIG


def open_safely(data: bytes, name: str, seconds: float, memory_mb: int = 500) -> Delivery:
    """The delivery in `data`. Raises Unchecked if opening it takes too long or too much memory."""
    if is_plain(data):
        return open_delivery(data, name)
    from einvoice import confined

    with confined.borrowed(memory_mb) as child:
        plain = child.call("einvoice.formats.opening:opened", {"data": data, "name": name}, seconds)
    return Delivery(
        plain["container"],
        [Document(path, body, in_pdf, _problems(odd)) for path, body, in_pdf, odd in plain["documents"]],
        [Attachment(*row) for row in plain["attachments"]],
        list(_problems(plain["problems"])),
    )


def opened(data: bytes, name: str) -> dict[str, Any]:
    """What a limited process runs: the delivery as plain values."""
    delivery = open_delivery(data, name)
    return {
        "container": delivery.container,
        "documents": [[d.path, d.data, d.in_pdf, _rows(d.problems)] for d in delivery.documents],
        "attachments": [[a.name, a.mime, a.size, a.sha256] for a in delivery.attachments],
        "problems": _rows(delivery.problems),
    }


def _rows(problems: tuple[Problem, ...] | list[Problem]) -> list[list[Any]]:
    return [[p.rule, p.values, p.location, p.line] for p in problems]


def _problems(rows: list[list[Any]]) -> tuple[Problem, ...]:
    return tuple(Problem(*row) for row in rows)


def received(data: bytes, name: str, path: str | None, seconds: float, memory_mb: int = 500) -> bytes | None:
    """The file that an invoice came as: the XML at an inner path, or the PDF it lies in; None if it is not there.

    Raises Unchecked if opening the delivery takes too long or too much memory.
    """
    if is_plain(data):
        return _received(data, name, path)
    from einvoice import confined

    with confined.borrowed(memory_mb) as child:
        arguments = {"data": data, "name": name, "path": path}
        found: bytes | None = child.call("einvoice.formats.opening:_received", arguments, seconds)
    return found


def _received(data: bytes, name: str, path: str | None) -> bytes | None:
    for one in open_delivery(data, name).documents:
        if one.path == path:
            return one.carrier.pdf if one.carrier is not None else one.data
    return None
