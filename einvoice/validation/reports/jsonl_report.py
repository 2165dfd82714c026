"""One line of JSON per document."""

import json
from collections.abc import Iterable
from typing import TextIO

from einvoice.validation.report import Report


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """JSON lines, each flushed, so that whoever reads along sees every result at once."""
    for report in reports:
        stream.write(json.dumps(report.as_dict(), ensure_ascii=False) + "\n")
        stream.flush()
