"""One line of JSON per document."""

import json
from collections.abc import Iterable
from typing import TextIO

from einvoice.validation.report import Report


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """JSON lines, each flushed, so that whoever reads along sees every result at once."""
    join(map(piece, reports), stream)


def piece(report: Report) -> str:
    """Its line."""
    return json.dumps(report.as_dict(), ensure_ascii=False) + "\n"


def join(lines: Iterable[str], stream: TextIO) -> None:
    """Lines, each flushed."""
    for line in lines:
        stream.write(line)
        stream.flush()
