"""Our own findings (EI-…) in words: rules/own.toml."""

import functools
import tomllib
from typing import Any

from einvoice import data
from einvoice.model.problem import Problem
from einvoice.validation.report import Finding


@functools.cache
def texts() -> dict[str, dict[str, Any]]:
    """The table: id → severity, class, decides and the sentences."""
    return tomllib.loads((data.folder("rules") / "own.toml").read_text("utf-8"))


def finding(problem: Problem, lang: str) -> Finding:
    """The problem as a finding, its sentence chosen by `why` and filled with its values."""
    entry = texts()[problem.rule]
    sentences = entry.get(problem.values.get("why", "text")) or entry["text"]
    stated = {key: _short(value) for key, value in problem.values.items()}
    values = _Values({"line": str(problem.line or "?"), "path": _short(problem.location or "?")} | stated)
    return Finding(
        rule=problem.rule,
        severity=entry["severity"],
        cls=entry["class"],
        vat_relevant=entry["class"] == "content",
        message=sentences[lang].format_map(values),
        terms=tuple(sentences.get("terms", entry.get("terms", ()))),
        location=problem.location,
        line=problem.line,
        values=stated,
    )


def _short(text: str) -> str:
    """What a document says, short enough for a report: a name of ten megabytes is no help."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_LONGEST = 2000


def decides(rule: str) -> bool:
    """Whether a finding of this id decides about the verdict."""
    return bool(texts().get(rule, {}).get("decides"))


class _Values(dict[str, str]):
    """What a sentence is filled with; what is missing shows as …"""

    def __missing__(self, name: str) -> str:
        return "…"
