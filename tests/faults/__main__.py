"""`python -m tests.faults`: faults on purpose and .faults/report.md; ends with 1 if anything did not hold."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import cluster
from tests.faults import report
from tests.faults.approving import approving
from tests.faults.batches import batches_killed
from tests.faults.calls import calls
from tests.faults.chunks import Chunk, Part, done
from tests.faults.clustered import PARTS as CLUSTER
from tests.faults.database import PARTS as DATABASE
from tests.faults.disturbed import PARTS as DISTURBANCES
from tests.faults.hosts import PARTS as HOSTS
from tests.faults.kills import kills
from tests.faults.order import order
from tests.faults.surroundings import PARTS as SURROUNDINGS

PARTS: dict[str, Part] = {
    "kills": kills,
    "batches": batches_killed,
    "calls": calls,
    "order": order,
    "approving": approving,
    **DISTURBANCES,
    **DATABASE,
    **SURROUNDINGS,
    **CLUSTER,
    **HOSTS,
}
USUAL = {
    "kills": 2000,
    "batches": 500,
    "calls": 400,
    "order": 20,
    "tampering": 600,
    "moving": 400,
    "cluster": 9,
}
"""Rounds where none are given; 20 for all others."""

PER_CHUNK = 50
_WHOLE = ("calls", "moving")
"""Parts of one chunk: `rounds` is where counting up ends at the latest."""


def main() -> int:
    """Does what the options ask for, chunk by chunk, and writes the report after each."""
    options = _options()
    cluster.announce()
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="einvoice-faults-") as folder:
            for chunk, found in done(_chunks(options), PARTS, Path(folder), options.fresh):
                results.append((chunk, found))
                report.write(results)
                print(report.line(chunk, found), file=sys.stderr)
    finally:
        if "postgres" in options.store:
            cluster.stop()
    print(report.summary(results))
    print(report.PLACE)
    return int(any(found.violations for _, found in results))


def _chunks(options: argparse.Namespace) -> Iterator[Chunk]:
    for part in options.only:
        for store in options.store:
            left, seed = options.rounds or USUAL.get(part, 20), options.seed
            while left > 0:
                rounds = left if part in _WHOLE else min(left, PER_CHUNK)
                yield Chunk(part, store, seed, rounds)
                left, seed = left - rounds, seed + 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__,
        epilog="example: python -m tests.faults --only kills --store postgres --rounds 200 --seed 7",
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS)
    )
    parser.add_argument("--store", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"])
    parser.add_argument("--rounds", type=int, help="how often each; without, what the aims ask for")
    parser.add_argument("--seed", type=int, default=1, help="of the first chunk; the following count on")
    parser.add_argument("--fresh", action="store_true", help="do again what was done before")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
