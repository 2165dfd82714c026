"""Formats that write one report after the other: what each adds is made where the report is made, so that a process
that leads others only joins texts."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from einvoice.validation.report import Report, Severity, Verdict

FORMATS = ("jsonl", "json", "csv")


@dataclass(slots=True)
class Piece:
    """A report as a format writes it, and what is counted of it: its verdict, the severities of its findings."""

    file: str
    verdict: Verdict
    severities: list[Severity]
    text: str


def pieces(reports: Iterable[Report], form: str) -> Iterator[Piece]:
    """Reports as a format writes them."""
    text: Callable[[Report], str] = _module(form).piece
    for one in reports:
        yield Piece(one.file, one.verdict, sorted({finding.severity for finding in one.findings}), text(one))


def join(texts: Iterable[str], form: str, stream: TextIO) -> None:
    """Writes what the pieces of a run are in a format, whole."""
    _module(form).join(texts, stream)


def _module(form: str) -> Any:
    return importlib.import_module(f"einvoice.validation.reports.{form}_report")
