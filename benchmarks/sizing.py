"""`python -m benchmarks.sizing`: how many machines for how many invoices; `--write` puts it into docs/sizing.md.

Everything follows from benchmarks/sizing.tsv: what was measured (with the command that measures it) and what is
assumed. Change a row there, and the page follows.
"""

import csv
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIGURES = Path(__file__).with_name("sizing.tsv")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "sizing.md"
BEGIN, END = "<!-- made by python -m benchmarks.sizing --write -->\n", "<!-- end -->\n"

PLACES = (
    (1, 10_000, "a small town"),
    (1, 100_000, "a city"),
    (70, 1_500_000, "seventy municipalities"),
    (400, 20_000_000, "a state with all its municipalities"),
    (11_000, 150_000_000, "all municipalities of Germany"),
    (None, 1_000_000_000, "a country, all its invoices"),
)
"""(towns, invoices a year, what that may be): an assumption, to look up your own row by."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: a number, its unit, whether it was measured, and how or why."""

    name: str
    value: float
    unit: str
    kind: str
    source: str


def figures() -> dict[str, Figure]:
    """The rows of benchmarks/sizing.tsv by name."""
    with FIGURES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            row["name"]: Figure(row["name"], float(row["value"]), row["unit"], row["kind"], row["source"])
            for row in rows
        }


@dataclass(frozen=True, slots=True)
class Need:
    """What so many invoices a year need. peak: invoices on the busiest day; cores: of workers, of the database;
    machines: for both, without one to spare."""

    peak: float
    night_core_seconds: float
    worker_cores: int
    database_cores: float
    machines: int
    installations: int
    terabytes: float
    rehearsal_core_hours: float
    euros: float


def need(invoices: float, known: dict[str, Figure]) -> Need:
    """What `invoices` a year need, by what is known."""
    of = {name: figure.value for name, figure in known.items()}
    peak = invoices * of["peak share"]
    seconds = peak * of["run"] / 1000
    usable = of["window"] * 3600 * of["use"]
    workers = max(1, math.ceil(seconds / usable))
    database = peak * of["database"] / 1000 / usable
    installations = max(1, math.ceil(database / of["database cores"]))
    terabytes = invoices * of["years"] * (of["stored"] + of["carried"]) * of["copies"] / 1e12
    cores = workers + max(installations, math.ceil(database))
    euros = 12 * (cores * of["core price"] + terabytes * of["terabyte price"])
    rehearsal = invoices * (2 * of["verdict on a worker"] + of["verdict for the call"]) / 3.6e6
    machines = _machines(workers, database, installations, of["machine cores"])
    return Need(peak, seconds, workers, database, machines, installations, terabytes, rehearsal, euros)


def _machines(workers: int, database: float, installations: int, cores: float) -> int:
    """One that does everything, as long as its cores do; else those of workers, and a server for each database."""
    if workers + database <= cores:
        return 1
    return math.ceil(workers / cores) + installations


def page(known: dict[str, Figure]) -> Iterator[str]:
    """The tables of docs/sizing.md."""
    yield "| | towns | invoices a year | on the busiest day | CPU for them | cores that work | cores of PostgreSQL | "
    yield "machines | installations | stored | one year rehearsed, two releases | € a year | € for 1,000 |\n"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    for towns, invoices, what in PLACES:
        one = need(invoices, known)
        yield (
            f"| {what} | {towns or '–'} | {invoices:,} | {one.peak:,.0f} | {_time(one.night_core_seconds)} | "
            f"{one.worker_cores:,} | {one.database_cores:.1f} | {one.machines} | "
            f"{one.installations} | {_size(one.terabytes)} | "
            f"{_time(3600 * one.rehearsal_core_hours)} | {one.euros:,.0f} | {1000 * one.euros / invoices:.2f} |\n"
        )
    yield "\n| figure | value | | how measured, or why assumed |\n|---|--:|---|---|\n"
    for figure in known.values():
        yield f"| {figure.name} | {figure.value:g} {figure.unit} | {figure.kind} | {figure.source} |\n"


def _time(seconds: float) -> str:
    """Core time in the unit that reads well."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def _size(terabytes: float) -> str:
    return f"{terabytes:,.1f} TB" if terabytes >= 1 else f"{1000 * terabytes:,.1f} GB"


def written(text: str) -> str:
    """The page with its tables as they should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "".join(page(figures())) + END + after


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    else:
        print("".join(page(figures())), end="")
