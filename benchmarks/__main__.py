"""`make bench`: the ratios that stand for speed, measured in one run, beside their bars and the recorded ones.

    python -m benchmarks [--quick] [--record] [PART...]

Everything is CPU time, the best of several rounds in which what is compared takes turns, so that a busy machine
disturbs both alike. --quick leaves out what takes minutes; --record keeps the figures (benchmarks/figures.tsv,
docs/performance.md). Parts: small, long, starts, batches, runs. Ends with 1 where something got slower.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from benchmarks import figures
from benchmarks.batches import batches
from benchmarks.runs import runs
from benchmarks.starts import starts
from benchmarks.verdicts import long, small

PARTS: dict[str, Callable[[bool], Iterator[tuple[str, float]]]] = {
    "small": small,
    "long": long,
    "starts": starts,
    "batches": batches,
    "runs": runs,
}


def main() -> int:
    """Measures, tells, compares, and records where that is asked for."""
    asked = _asked()
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    print(f"{figures.described()}; {load}", flush=True)
    found: dict[str, float] = {}
    for name in asked.parts or PARTS:
        print(f"{name}:", flush=True)
        for key, figure in PARTS[name](asked.quick):
            found[key] = figure
            print(f"  {_line(key, figure)}", flush=True)
    slower = figures.changed(found, figures.recorded())
    print("\n".join(["", *slower]) if slower else f"\nNothing differs by more than {figures.TOLERANCE:.0%}.")
    if asked.record:
        figures.record(found, f"{load}, {os.getloadavg()[0]:.1f} at the end")
    return 1 if any(line.startswith("slower") for line in slower) else 0


def _line(key: str, figure: float) -> str:
    bar = figures.BARS[key]
    word = "" if bar.limit is None else "reached" if bar.reached(figure) else "NOT reached"
    return f"{figure:8.2f} {bar.unit:<2} {bar.what} ({bar.words()}) {word}"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute or two, fewer figures")
    parser.add_argument("--record", action="store_true", help="keep the figures as those to compare with")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
