"""All reports as one JSON list."""

import json
from collections.abc import Iterable
from typing import TextIO

from einvoice.validation.report import Report


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """A JSON list, one report per element (CONTRACT, "Result of one document")."""
    separator = "["
    for report in reports:
        stream.write(separator + "\n" + json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")
