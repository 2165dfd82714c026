"""`python -m tests.conformance`: our rules against the official stylesheets; ends with 1 if any verdict differs."""

import argparse
import os
import sys
from collections import Counter

from einvoice.errors import Unchecked
from tests.conformance import fetch, pdfs, seeds
from tests.conformance.run import CHUNK, Tally, Task, now, run
from tests.conformance.verdicts import declared

KINDS = ("corpus", "examples", "mutants", "pdfs")


def main() -> int:
    """Runs what the options ask for and prints the report; exit code 0, 1 (differences) or 3 (could not run)."""
    options = _options()
    try:
        for release in options.release:
            fetch.configuration(release)
    except (fetch.Missing, Unchecked) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 3
    started = now()
    differs = "pdfs" in options.only and _pdfs()
    for release in options.release:
        tasks = _tasks(options, release)
        total = Tally()
        for number, (_, tally) in enumerate(run(tasks, options.jobs, options.fresh), 1):
            total.add(tally)
            if sys.stderr.isatty():
                print(f"\r{release}: {number}/{len(tasks)}", end="", file=sys.stderr)
        _report(release, total, options.verbose)
        differs |= bool(total.differed)
    print(f"{now() - started:.0f} s")
    return int(differs)


def _pdfs() -> bool:
    """Whether veraPDF or Mustang finds anything wrong with the hybrids we write."""
    found = pdfs.complaints()
    print(f"hybrids we write, by veraPDF and Mustang: {len(found)} complaints")
    print("".join(f"  {one}\n" for one in found), end="")
    return bool(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--mutants", type=int, default=2000, metavar="N", help="mutants per release")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--release", action="append", choices=fetch.RELEASES, help="default: all")
    parser.add_argument("--only", action="append", choices=KINDS, help="default: all")
    parser.add_argument("--fresh", action="store_true", help="compare again what was compared before")
    parser.add_argument("--verbose", action="store_true", help="agreement rule by rule")
    options = parser.parse_args()
    options.release = options.release or list(fetch.RELEASES)
    options.only = options.only or list(KINDS)
    return options


def _tasks(options: argparse.Namespace, release: str) -> list[Task]:
    sizes = {"mutants": options.mutants}
    if "corpus" in options.only:
        sizes["corpus"] = sum(1 for _ in seeds.corpus())
    if "examples" in options.only:
        sizes["examples"] = sum(1 for _ in seeds.examples(release))
    return [
        Task(kind, release, options.seed if kind == "mutants" else 0, first, min(CHUNK, sizes[kind] - first))
        for kind in options.only
        if kind != "pdfs"
        for first in range(0, sizes[kind], CHUNK)
    ]


def _report(release: str, total: Tally, verbose: bool) -> None:
    print(f"\n{release}: {total.documents} documents, {total.invalid} fail their schema, ", end="")
    print(f"{total.aborted} abort officially, {sum(total.differed.values())} differences")
    for profile, count in sorted(total.profiles.items()):
        print(f"  {count:6} {profile}")
    for name, ids in declared(release).items():
        family = name if name.startswith("facturx-") else name[-3:]
        never = sorted(rule for rule in ids if f"{family} {rule}" not in total.agreed)
        print(f"  {name}: {len(ids) - len(never)} of {len(ids)} ids fired in agreement")
        if never:
            print("    never: " + " ".join(never))
    if verbose:
        for rule, count in sorted(total.agreed.items()):
            print(f"  {count:6} {rule}")
    for difference, count in Counter(total.differed).most_common():
        print(f"  {count:6} x {difference}")
        for shown in [one for one in total.shown if one["difference"] == difference][:2]:
            print(f"           {shown['profile']}  {shown['file']}")


if __name__ == "__main__":
    sys.exit(main())
