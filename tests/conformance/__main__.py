"""`python -m tests.conformance`: our rules against the official stylesheets; ends with 1 if any verdict differs."""

import argparse
import os
import sys
from collections.abc import Callable

from einvoice.errors import Unchecked
from tests.conformance import fetch, pdfs, report, seeds
from tests.conformance.run import CHUNK, Tally, Task, every_aim, now, run
from tests.conformance.singles import singles

COMPARED = ("corpus", "examples", "singles", "aimed", "mutants")
KINDS = (*COMPARED, "pdfs")


def main() -> int:
    """Runs what the options ask for, writes the report and prints its summary.

    Exit code 0; 1 if anything differs, or a rule fired that is listed as unreachable; 3 if it could not run.
    """
    options = _options()
    try:
        for release in options.release:
            fetch.configuration(release)
    except (fetch.Missing, Unchecked) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 3
    started = now()
    tasks = _tasks(options)
    total = Tally()
    _run(tasks, options, total)
    for turn in range(1, 1 + options.insist):
        more = _chunks("aimed", _left(total, options), options, turn)
        _run(more, options, total)
        tasks += more
    complained = "pdfs" in options.only and _pdfs()
    what = {
        kind: sum(task.count for task in tasks if task.kind == kind)
        for kind in COMPARED
        if kind in options.only
    }
    told = report.Report(total, tuple(options.release), what, options.seed, now() - started)
    told.write()
    if options.record:
        told.record()
    print(told.summary())
    print(f"{report.PLACE}")
    return int(told.failed or complained)


def _run(tasks: list[Task], options: argparse.Namespace, total: Tally) -> None:
    for number, (_, tally) in enumerate(run(tasks, options.jobs, options.fresh), 1):
        total.add(tally)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(tasks)}", end="", file=sys.stderr)


def _left(total: Tally, options: argparse.Namespace) -> frozenset[str]:
    """The rules that neither fired nor are listed as unreachable, each with the schema of its documents."""
    found = set()
    for one in report.Report(total, tuple(options.release), {}, options.seed, 0).coverage():
        schemas = {"ubl": ("ubl-invoice", "ubl-creditnote"), "cii": ("cii",)}.get(
            one.sheet[-3:], (one.sheet,)
        )
        found |= {f"{schema} {rule}" for schema in schemas for rule in one.open}
    return frozenset(found)


def _pdfs() -> bool:
    """Whether veraPDF or Mustang finds anything wrong with the hybrids we write."""
    found = pdfs.complaints()
    print(f"hybrids we write, by veraPDF and Mustang: {len(found)} complaints")
    print("".join(f"  {one}\n" for one in found), end="")
    return bool(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument(
        "--mutants", type=int, default=2000, metavar="N", help="random mutants (default: 2000)"
    )
    parser.add_argument(
        "--aimed", type=int, default=1, metavar="N", help="mutants at what each rule looks at"
    )
    parser.add_argument(
        "--step", type=int, default=20, metavar="N", help="one of N single changes (default: 20)"
    )
    parser.add_argument(
        "--insist", type=int, default=0, metavar="N", help="aim N times again at rules that did not fire"
    )
    parser.add_argument(
        "--rule", action="append", metavar="ID", help="aim at this rule only (several: again)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--release", action="append", choices=fetch.RELEASES, help="default: all")
    parser.add_argument("--only", action="append", choices=KINDS, help="default: all")
    parser.add_argument("--fresh", action="store_true", help="compare again what was compared before")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/conformance.md")
    options = parser.parse_args()
    options.release = options.release or list(fetch.RELEASES)
    options.only = options.only or list(KINDS)
    return options


def _tasks(options: argparse.Namespace) -> list[Task]:
    return [
        task
        for kind in COMPARED
        if kind in options.only
        for task in _chunks(kind, frozenset(options.rule or ()), options)
    ]


def _chunks(kind: str, rules: frozenset[str], options: argparse.Namespace, turn: int = 0) -> list[Task]:
    """The tasks of one kind. turn: how often these rules were aimed at before; then other mutants, ten of each."""
    if turn and not rules:
        return []
    step = options.step if kind == "singles" else 1
    counts: dict[str, Callable[[], int]] = {
        "corpus": lambda: sum(1 for _ in seeds.corpus()),
        "examples": lambda: sum(1 for _ in seeds.examples()),
        "aimed": lambda: (10 if turn else options.aimed) * len(every_aim(rules)),
        "singles": lambda: len(singles()[options.seed % step :: step]),
        "mutants": lambda: options.mutants,
    }
    count = counts[kind]()
    seed = 0 if kind in ("corpus", "examples") else options.seed + turn
    aims = rules if kind == "aimed" else frozenset[str]()
    return [
        Task(kind, tuple(options.release), seed, first, min(CHUNK, count - first), aims, step)
        for first in range(0, count, CHUNK)
    ]


if __name__ == "__main__":
    sys.exit(main())
