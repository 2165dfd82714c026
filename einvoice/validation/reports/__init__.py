"""Reports of a validation run as text or files: one module per format, each a `write(reports, stream, lang)`.

Reports are written as they come, so that a run of any length needs no more memory than one of ten files.
"""

import importlib
from collections.abc import Iterable
from typing import Protocol, TextIO, cast

from einvoice.errors import UsageError
from einvoice.validation.report import Report

FORMATS = ("text", "json", "jsonl", "csv", "junit", "sarif", "html", "kosit", "svrl")
SUFFIXES = {
    "text": ".txt",
    "json": ".json",
    "jsonl": ".jsonl",
    "csv": ".csv",
    "junit": ".xml",
    "sarif": ".sarif",
    "html": ".html",
    "kosit": ".kosit.xml",
    "svrl": ".svrl.xml",
}


class Writer(Protocol):
    """Writes the reports of a run to a text stream."""

    def __call__(self, reports: Iterable[Report], stream: TextIO, lang: str) -> None: ...


def writer(name: str) -> Writer:
    """The writer of a format. Raises UsageError for a name there is not."""
    if name not in FORMATS:
        raise UsageError(f"--format {name}: {', '.join(FORMATS)}")
    return cast(Writer, importlib.import_module(f"einvoice.validation.reports.{name}_report").write)
