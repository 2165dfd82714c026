"""The official engine: a configuration of KoSIT's validator, run as KoSIT runs it, under SaxonC.

As KoSIT: the first scenario whose `match` is true judges; its schema first, and after a schema error no rule;
then each stylesheet; a level is the published one unless the scenario has its own; reject if any is an error.
Unlike KoSIT: a stylesheet that aborts makes the recommendation "undefined", never "accept".
"""

import functools
import importlib.util
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from lxml import etree

from einvoice.confined import Child
from einvoice.errors import ConfigurationError, Unchecked
from einvoice.model.problem import Problem
from einvoice.validation import schema
from einvoice.validation.official import svrl
from einvoice.validation.official.configuration import Configuration, OfficialScenario, read

__all__ = ["Configuration", "OfficialReport", "OfficialScenario", "Saxon", "judge", "read"]

Recommendation = Literal["accept", "reject", "undefined"]

_MEMORY_MB = 40_000
"""Address space for SaxonC: its runtime reserves 32 GB and uses about a quarter of one."""

_RECYCLED_AFTER = 2_000
"""SaxonC keeps some memory for each document it has seen."""

_WORKER = "einvoice.validation.official.worker:"


@dataclass(slots=True)
class OfficialReport:
    """What the official engine says. `aborted`: the stylesheets (by name) that gave up, with Saxon's words."""

    scenario: str | None
    recommendation: Recommendation
    schema: list[Problem] = field(default_factory=list)
    findings: list[svrl.OfficialFinding] = field(default_factory=list)
    aborted: list[tuple[str, str]] = field(default_factory=list)


class Saxon:
    """SaxonC in a process of its own, replaced when it dies, takes too long or has seen many documents."""

    def __init__(self, memory_mb: int = _MEMORY_MB) -> None:
        if importlib.util.find_spec("saxonche") is None:
            raise Unchecked(
                "The official engine needs saxonche: install it with pip install 'einvoice-pipeline[official]'."
            )
        self._child = Child(memory_mb)
        self._seen = 0
        self._lock = threading.Lock()

    def transform(self, document: bytes, stylesheets: list[Path], seconds: float) -> list[dict[str, str]]:
        """SVRL (`svrl`) or abort (`error`) of each stylesheet; `document` is of our own writing, in UTF-8."""
        sheets = [str(path) for path in stylesheets]
        return cast(
            "list[dict[str, str]]",
            self._call("transform", {"xml": document, "stylesheets": sheets}, seconds),
        )

    def matching(
        self, document: bytes, scenarios: tuple[OfficialScenario, ...], seconds: float
    ) -> list[bool]:
        """Which scenarios say that they judge this document."""
        matches = [{"match": one.match, "namespaces": one.namespaces} for one in scenarios]
        found = self._call("matching", {"xml": document, "matches": matches}, seconds)
        return cast("list[bool]", found)

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._child.close()

    def _call(self, function: str, arguments: dict[str, object], seconds: float) -> object:
        with self._lock:
            if self._seen >= _RECYCLED_AFTER:
                self._child.close()
                self._seen = 0
            self._seen += 1
            return self._child.call(_WORKER + function, arguments, seconds)


def judge(
    root: etree._Element, configuration: Configuration, saxon: Saxon, seconds: float = 30.0
) -> OfficialReport:
    """What the configuration recommends for a document (as `einvoice.formats.xml` reads it).

    Raises Unchecked where the engine could not do its work in `seconds`.
    """
    document = etree.tostring(root, encoding="UTF-8")
    fits = saxon.matching(document, configuration.scenarios, seconds)
    scenario = next((one for one, fit in zip(configuration.scenarios, fits, strict=True) if fit), None)
    if scenario is None:
        return OfficialReport(None, "reject")
    report = OfficialReport(scenario.name, "reject")
    for path in scenario.schemas:
        report.schema += _compiled(path).check(root)
    if not report.schema:
        _run(report, document, scenario, saxon, seconds)
    return report


def _run(
    report: OfficialReport, document: bytes, scenario: OfficialScenario, saxon: Saxon, seconds: float
) -> None:
    results = saxon.transform(document, list(scenario.stylesheets), seconds)
    for path, result in zip(scenario.stylesheets, results, strict=True):
        if "error" in result:
            report.aborted.append((path.name, result["error"]))
        else:
            report.findings += svrl.findings(result["svrl"], scenario.levels)
    if report.aborted:
        report.recommendation = "undefined"
    elif all(finding.severity != "error" for finding in report.findings):
        report.recommendation = "accept"


@functools.lru_cache(maxsize=32)
def _compiled(path: Path) -> schema.Schema:
    try:
        return schema.Schema(etree.XMLSchema(file=str(path)))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        raise ConfigurationError(f"The schema {path} of the configuration cannot be used: {error}") from None
