"""The official engine: a configuration of KoSIT's validator, run as KoSIT runs it, under SaxonC.

As KoSIT: the one scenario whose `match` is true judges; its schema first, and after a schema error no rule; then
each stylesheet; a level is the published one unless the scenario has its own; reject if any is an error.
Unlike KoSIT: a stylesheet that aborts makes the recommendation "undefined", never "accept".
"""

import importlib.util
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from einvoice.confined import Child, Pool
from einvoice.errors import Unchecked
from einvoice.model.problem import Problem
from einvoice.validation.official import svrl
from einvoice.validation.official.configuration import Configuration, OfficialScenario, Part, read

__all__ = [
    "Configuration",
    "OfficialReport",
    "OfficialScenario",
    "Part",
    "Saxon",
    "borrowed",
    "judge",
    "read",
]

Recommendation = Literal["accept", "reject", "undefined"]

_ENGINE_MB = 700
"""What SaxonC with compiled stylesheets may take by itself: it needs a third of it, and collects late."""

_PREPARATION_SECONDS = 120.0
"""Starting the engine and compiling stylesheets is not on a document's time."""

_RECYCLED_AFTER = 2_000
"""SaxonC keeps some memory for each document it has seen."""

_ROOM = "einvoice.validation.official."


@dataclass(slots=True)
class OfficialReport:
    """What the official engine says. `aborted`: the stylesheets (by name) that gave up, with Saxon's words."""

    scenario: OfficialScenario | None
    recommendation: Recommendation
    schema: list[Problem] = field(default_factory=list)
    findings: list[svrl.OfficialFinding] = field(default_factory=list)
    aborted: list[tuple[str, str]] = field(default_factory=list)


class Saxon:
    """SaxonC in a process of its own, replaced when it dies, takes too long or has seen many documents.

    memory_mb: what one document may take. Raises Unchecked where saxonche is not installed.
    """

    def __init__(self, memory_mb: int = 500) -> None:
        if importlib.util.find_spec("saxonche") is None:
            install = "pip install 'einvoice-pipeline[official]'"
            raise Unchecked(
                f"The official engine needs saxonche: install it with {install}.",
                f"Das amtliche Prüfwerkzeug braucht saxonche: bitte installieren mit {install}.",
            )
        self._child = Child(memory_mb + _ENGINE_MB, reserves=True)
        self._seen = 0
        self._ready: set[str] = set()
        self._lock = threading.Lock()

    def prepare(self, stylesheets: list[Path]) -> None:
        """Starts the engine and compiles stylesheets. Raises Unchecked for one that cannot be used."""
        sheets = [str(path) for path in stylesheets]
        if not self._ready or not self._ready.issuperset(sheets):
            self._call("worker:prepare", {"stylesheets": sheets}, _PREPARATION_SECONDS)
            self._ready.update(sheets or [""])

    def transform(self, document: bytes, stylesheets: list[Path], seconds: float) -> list[dict[str, str]]:
        """SVRL (`svrl`) or abort (`error`) of each stylesheet; `document` is of our own writing, in UTF-8."""
        sheets = [str(path) for path in stylesheets]
        arguments = {"xml": document, "stylesheets": sheets}
        return cast("list[dict[str, str]]", self._call("worker:transform", arguments, seconds))

    def matching(
        self, document: bytes, matches: list[tuple[str, dict[str, str]]], seconds: float
    ) -> list[bool]:
        """Which XPaths (with their namespaces) are true of this document."""
        plain = [{"match": match, "namespaces": spaces} for match, spaces in matches]
        arguments = {"xml": document, "matches": plain}
        return cast("list[bool]", self._call("worker:matching", arguments, seconds))

    def examine(self, document: bytes, scenario: OfficialScenario, seconds: float) -> dict[str, list[Any]]:
        """What schema and stylesheets of a scenario say about a document, as `judging.from_plain` reads it."""
        arguments = {
            "document": document,
            "schemas": [str(part.path) for part in scenario.schemas],
            "stylesheets": [str(part.path) for part in scenario.stylesheets],
            "levels": scenario.levels,
        }
        return cast("dict[str, list[Any]]", self._call("judging:examine", arguments, seconds))

    @property
    def owing(self) -> int:
        """Answers under way that nobody has read."""
        return self._child.owing

    def close(self) -> None:
        """Ends the process."""
        self._ready.clear()
        self._child.close()

    def _call(self, function: str, arguments: Mapping[str, Any], seconds: float) -> object:
        with self._lock:
            if self._seen >= _RECYCLED_AFTER:
                self.close()
                self._seen = 0
            self._seen += 1
            try:
                return self._child.call(_ROOM + function, dict(arguments), seconds)
            except Unchecked:
                self._ready.clear()
                raise


_pool = Pool(Saxon)
borrowed = _pool.borrowed
"""An engine for a while, from those that wait for work: `with borrowed(memory_mb) as saxon`."""


def judge(
    document: bytes, configuration: Configuration, saxon: Saxon, seconds: float = 30.0
) -> OfficialReport:
    """What the configuration recommends for a document (as `xml.rewritten` writes it).

    Raises Unchecked where the engine could not do its work in `seconds` or a part of the configuration is broken.
    """
    saxon.prepare([])
    until = time.monotonic() + seconds
    matches = [(one.match, one.namespaces) for one in configuration.scenarios]
    fits = saxon.matching(document, matches, seconds)
    fitting = [one for one, fit in zip(configuration.scenarios, fits, strict=True) if fit]
    if len(fitting) != 1:
        return OfficialReport(None, "reject")
    left = max(0.001, until - time.monotonic())
    saxon.prepare([part.path for part in fitting[0].stylesheets])
    return _report(fitting[0], saxon.examine(document, fitting[0], left))


def _report(scenario: OfficialScenario, plain: dict[str, list[Any]]) -> OfficialReport:
    from einvoice.validation.official.judging import from_plain

    report = OfficialReport(scenario, "reject", *from_plain(plain))
    report.aborted = [(scenario.stylesheets[number].path.name, why) for number, why in plain["aborted"]]
    if report.aborted:
        report.recommendation = "undefined"
    elif not report.schema and all(finding.severity != "error" for finding in report.findings):
        report.recommendation = "accept"
    return report
