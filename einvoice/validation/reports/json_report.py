"""All reports as one JSON list."""

import json
from collections.abc import Iterable
from typing import TextIO

from einvoice.validation.report import Report


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """A JSON list, one report per element (CONTRACT, "Result of one document")."""
    join(map(piece, reports), stream)


def piece(report: Report) -> str:
    """Its element."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=2)


def join(elements: Iterable[str], stream: TextIO) -> None:
    """The list of them."""
    separator = "["
    for element in elements:
        stream.write(separator + "\n" + element)
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")
