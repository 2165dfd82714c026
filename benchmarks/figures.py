"""The figures of `make bench`: what each is, which bar it has to reach, what it was when last recorded."""

import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RECORDED = Path(__file__).with_name("figures.tsv")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

TOLERANCE = 0.15
"""What a figure may differ from the recorded one before it counts as slower: two runs differ by as much."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure is, and its bar (None: told for comparison); `more`: bigger is better."""

    what: str
    limit: float | None
    more: bool = False
    unit: str = "×"

    def reached(self, figure: float) -> bool:
        """Whether the bar is reached."""
        return self.limit is None or (figure >= self.limit if self.more else figure <= self.limit)

    def words(self) -> str:
        """`≤ 3 ×`."""
        return "–" if self.limit is None else f"{'≥' if self.more else '≤'} {self.limit:g} {self.unit}"


BARS: Mapping[str, Bar] = {
    "verdict": Bar("verdict / floor, KoSIT suite", 3),
    "extraction": Bar("typed invoice with the verdict, beyond the verdict / floor, KoSIT suite", 0.5),
    "extraction-terms": Bar("the same, on the documents of the suite without attachments", None),
    "extraction-alone": Bar("typed invoice without a verdict, beyond parsing / floor, KoSIT suite", None),
    "official": Bar("SaxonC's stylesheets alone / verdict, KoSIT suite", 6, more=True),
    "lines-growth": Bar("verdict on 50,000 lines / on 5,000", 12),
    "lines-floor": Bar("verdict / floor, 10,000 lines, in a command", 6),
    "lines-library": Bar("the same in a library, which leaves Python's collector as it is", None),
    "lines-official": Bar("SaxonC's stylesheets alone / verdict, 10,000 lines", 5, more=True),
    "lines-official-50000": Bar("SaxonC's stylesheets alone / verdict, 50,000 lines", 5, more=True),
    "lines-memory": Bar("memory of a verdict / of lxml's tree, 50,000 lines", 2.5),
    "start-version": Bar("`einvoice --version` / an empty typer program with as many commands", 1.4),
    "start-one": Bar("`einvoice validate ONE` / typer program of one argument, lxml, that schema", 1.6),
    "start-bare": Bar("the same / typer only imported (without its pydantic), lxml, that schema", None),
    "batch-scaling": Bar("10,000 files: CPU of one process / half the CPU of all with two", 1.8, more=True),
    "many-scaling": Bar("the same 10,000 files by `validate_many`", 1.8, more=True),
    "batch-wall": Bar("the same by wall time, as the machine was", None, more=True),
    "batch-overhead": Bar("two processes: CPU per file beyond one process", 0.3, unit="ms"),
    "batch-memory": Bar("memory with 10,000 files / with 1,000", 1.2),
    "run": Bar("`einvoice run` on SQLite: CPU per small invoice beyond the verdict", 2.5, unit="ms"),
    "run-postgres": Bar("the same on PostgreSQL, its server not counted", 2.5, unit="ms"),
}


def recorded() -> dict[str, float]:
    """The figures last recorded; empty if there are none."""
    if not RECORDED.exists():
        return {}
    rows = [line.split("\t") for line in RECORDED.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return {key: float(figure) for key, figure in rows[1:]}


def changed(figures: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    """What got slower (or faster) than the recorded figures by more than the tolerance, in sentences."""
    said = []
    for key in (key for key in figures if key in before):
        worse = _worse(BARS[key], figures[key], before[key])
        if abs(worse - 1) > TOLERANCE:
            word = "slower" if worse > 1 else "faster"
            said.append(
                f"{word} by {abs(worse - 1):.0%}: {BARS[key].what}: {before[key]:.2f} → {figures[key]:.2f}"
            )
    return sorted(said, reverse=True)


def _worse(bar: Bar, now: float, before: float) -> float:
    """How many times worse it is. A difference of two measurements may come out at nothing or less: then by how much
    of its bar."""
    if min(now, before) <= 0:
        return 1 + (before - now if bar.more else now - before) / (bar.limit or 1)
    return before / now if bar.more else now / before


def table(figures: Mapping[str, float]) -> Iterable[str]:
    """The rows of the table in docs/performance.md."""
    yield "| figure | measured | bar | reached |"
    yield "|---|---|---|---|"
    for key, bar in BARS.items():
        if key in figures:
            reached = "–" if bar.limit is None else "yes" if bar.reached(figures[key]) else "**no**"
            yield f"| {bar.what} | {figures[key]:.2f} {bar.unit} | {bar.words()} | {reached} |"


def record(figures: Mapping[str, float], load: str) -> None:
    """Writes the figures and the machine into figures.tsv and docs/performance.md; what was not measured stays."""
    every = recorded() | figures
    machine = f"{datetime.now(UTC):%Y-%m-%d}, {described()}, {load}"
    rows = [f"{key}\t{every[key]:.4g}" for key in BARS if key in every]
    head = f"# Figures of `make bench`, written by `python -m benchmarks --record`.\n# {machine}\n"
    RECORDED.write_text(head + "key\tfigure\n" + "\n".join(rows) + "\n", "utf-8")
    block = "\n".join(["<!-- figures -->", f"Recorded: {machine}.", "", *table(every), "<!-- /figures -->"])
    page = PAGE.read_text("utf-8")
    PAGE.write_text(
        re.sub(r"<!-- figures -->.*<!-- /figures -->", lambda _: block, page, flags=re.DOTALL), "utf-8"
    )


def described() -> str:
    """The machine in a line."""
    names = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    software = f"Python {platform.python_version()}, lxml {version('lxml')}"
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {platform.system()}, {software}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text("utf-8").splitlines() if path.exists() else []
