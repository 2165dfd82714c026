"""What a comparison came to: `.conformance/report.json` for machines, `report.md` for people, a summary to print."""

import json
import os
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance import fetch
from tests.conformance.run import Tally
from tests.conformance.verdicts import FACTURX, declared
from tests.parts import ROOT

PLACE = fetch.HOME / "report.md"
RECORD = ROOT / "docs" / "conformance.md"

_WORDS = {
    "corpus": "files of the corpora",
    "examples": "examples of rules",
    "singles": "bases with one change at one element",
    "aimed": "mutants, each aimed at what one rule looks at",
    "mutants": "random mutants",
}
_RECORD = """# Our verdicts against the official ones

Written by `python -m tests.conformance --record`; nothing here is typed in. What the comparison does:
[tests/conformance](../tests/conformance/README.md). What is decided differently: [deviations](deviations.md).

**{when}**, code of commit {commit}: {what}. Seed {seed}, {minutes} minutes.
{documents} documents were read; {invalid} failed their schema. Officially no rule runs on those: files of the corpora
and examples among them were compared all the same, mutants were not.

| rules | compared | abort officially | differences | ids fired in agreement | unreachable | neither |
| --- | --- | --- | --- | --- | --- | --- |
{rows}

*Differences*: a (rule, severity) that only one side found, or an abort that only one side has, or another scenario.
*Unreachable*: listed with the reason in [unreachable.tsv](../tests/conformance/unreachable.tsv). *Ids* count once per
official stylesheet.

| scenario | documents |
| --- | --- |
{profiles}
"""


@dataclass
class Report:
    """A finished comparison: its tally, what was compared (documents by kind), under which seed, in how long."""

    total: Tally
    releases: tuple[str, ...]
    what: dict[str, int]
    seed: int
    seconds: float

    @property
    def editions(self) -> tuple[str, ...]:
        """The releases, and Factur-X."""
        return (*self.releases, FACTURX)

    @property
    def failed(self) -> bool:
        """Whether anything differs, or something fired that should not be able to."""
        return bool(self.total.differed) or any(c.contradicted for c in self.coverage())

    def coverage(self) -> "list[Coverage]":
        """For each edition and official stylesheet: its rules that fired in agreement, and those that did not."""
        found = []
        for edition in self.editions:
            for sheet, ids in declared(edition).items():
                family = sheet if edition == FACTURX else sheet[-3:]
                fired = frozenset(rule for rule in ids if f"{edition}|{family} {rule}" in self.total.agreed)
                valid = frozenset(rule for rule in ids if f"{edition}|{family} {rule}" in self.total.valid)
                listed = ids & unreachable(edition, sheet).keys()
                left = ids - fired - listed
                found.append(Coverage(edition, sheet, len(ids), fired, valid, listed, left))
        return found

    def write(self) -> None:
        """Both files."""
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        PLACE.with_suffix(".json").write_text(json.dumps(self._data(), indent=1, sort_keys=True), "utf-8")
        PLACE.write_text(self._page(), "utf-8")

    def record(self) -> None:
        """The figures of this run, for everyone to see: docs/conformance.md."""
        RECORD.write_text(self._figures(), "utf-8")

    def _figures(self) -> str:
        what = "; ".join(f"{count:,} {_WORDS[kind]}" for kind, count in self.what.items())
        rows = []
        for edition in self.editions:
            fired = sum(len(c.fired) for c in self.coverage() if c.edition == edition)
            listed = sum(len(c.listed - c.fired) for c in self.coverage() if c.edition == edition)
            left = sum(len(c.open) for c in self.coverage() if c.edition == edition)
            differ = sum(n for key, n in self.total.differed.items() if key.startswith(f"{edition}|"))
            compared, aborted = self.total.compared[edition], self.total.aborted[edition]
            cells = (
                edition,
                f"{compared:,}",
                f"{aborted:,}",
                str(differ),
                str(fired),
                str(listed),
                str(left),
            )
            rows.append(f"| {' | '.join(cells)} |")
        profiles = [f"| {name} | {count:,} |" for name, count in sorted(self.total.profiles.items())]
        return _RECORD.format(
            when=f"{datetime.now(UTC):%Y-%m-%d}",
            commit=_commit(),
            what=what,
            seed=self.seed,
            minutes=round(self.seconds / 60),
            documents=f"{self.total.documents:,}",
            invalid=f"{self.total.invalid:,}",
            rows="\n".join(rows),
            profiles="\n".join(profiles),
        )

    def _data(self) -> dict[str, object]:
        agreed: dict[str, dict[str, int]] = defaultdict(dict)
        for key, count in self.total.agreed.items():
            edition, _, rule = key.partition("|")
            agreed[edition][rule] = count
        return {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(self.seconds),
            "seed": self.seed,
            "what": self.what,
            "documents": self.total.documents,
            "invalid": self.total.invalid,
            "refused": self.total.refused,
            "compared": self.total.compared,
            "aborted": self.total.aborted,
            "profiles": self.total.profiles,
            "differences": self.total.differed,
            "shown": self.total.shown,
            "agreed": agreed,
            "unreachable but fired": {
                c.name: sorted(c.contradicted) for c in self.coverage() if c.contradicted
            },
            "neither fired nor listed": {c.name: sorted(c.open) for c in self.coverage() if c.open},
        }

    def summary(self) -> str:
        """A few lines: figures, coverage, differences."""
        what = ", ".join(f"{count} {kind}" for kind, count in self.what.items())
        lines = [
            f"{what}; seed {self.seed}; {self.seconds:.0f} s",
            f"{self.total.documents} documents, {self.total.invalid} of them fail their schema",
        ]
        for edition in self.editions:
            differ = sum(n for key, n in self.total.differed.items() if key.startswith(f"{edition}|"))
            compared, aborted = self.total.compared[edition], self.total.aborted[edition]
            lines.append(f"{edition}: {compared} compared, {aborted} abort officially, {differ} differences")
        for one in self.coverage():
            lines.append(f"  {one}")
            if one.contradicted:
                lines.append(
                    f"    fired although listed as unreachable: {' '.join(sorted(one.contradicted))}"
                )
            if one.open:
                shown = sorted(one.open)[:12]
                more = f" and {len(one.open) - 12} more" if len(one.open) > 12 else ""
                lines.append(f"    neither fired nor listed: {' '.join(shown)}{more}")
        return "\n".join([*lines, *self._differences()])

    def _differences(self) -> list[str]:
        lines = []
        for key, count in self.total.differed.most_common():
            lines.append(f"{count:6} x {key.replace('|', ' ')}")
            edition, _, difference = key.partition("|")
            shown = [s for s in self.total.shown if (s["release"], s["difference"]) == (edition, difference)]
            lines += [f"         {one['profile']}  {one['file']}" for one in shown[:2]]
        return lines

    def _page(self) -> str:
        parts = ["# Our verdicts against the official ones", "", "```", self.summary(), "```", ""]
        parts += ["## Documents by scenario", "", "| scenario | documents |", "| --- | --- |"]
        parts += [f"| {name} | {count} |" for name, count in sorted(self.total.profiles.items())]
        parts += ["", "## Rules that neither fired nor are listed as unreachable", ""]
        parts += [f"* {one.name}: {' '.join(sorted(one.open))}" for one in self.coverage() if one.open] or [
            "None."
        ]
        parts += ["", "## Agreement by rule", "", "| release | rules of | rule | fired in agreement |"]
        parts += ["| --- | --- | --- | --- |"]
        for key, count in sorted(self.total.agreed.items()):
            edition, _, rest = key.partition("|")
            family, _, rule = rest.partition(" ")
            parts.append(f"| {edition} | {family} | {rule} | {count} |")
        return "\n".join(parts) + "\n"


@dataclass(frozen=True)
class Coverage:
    """One official stylesheet: how many rules it declares, which fired, which are listed, which are left."""

    edition: str
    sheet: str
    declared: int
    fired: frozenset[str]
    valid: frozenset[str]
    listed: frozenset[str]
    open: frozenset[str]

    @property
    def name(self) -> str:
        """Release and stylesheet."""
        return f"{self.edition} {self.sheet}"

    @property
    def contradicted(self) -> frozenset[str]:
        """What fired on a document that passes its schema, although it is listed as unreachable."""
        return self.valid & self.listed

    def __str__(self) -> str:
        return (
            f"{self.name}: {len(self.fired)} of {self.declared} ids fired in agreement, "
            f"{len(self.listed - self.fired)} are unreachable, {len(self.open)} are left"
        )


def _commit() -> str:
    """The commit that was compared; EINVOICE_COMMIT where the tree is a copy without its history."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    return os.environ.get("EINVOICE_COMMIT") or ran.stdout.strip() or "unknown"


def unreachable(edition: str, sheet: str) -> dict[str, str]:
    """The rules of a stylesheet that no document breaks, and why: unreachable.tsv."""
    found = {}
    for line in Path(__file__).with_name("unreachable.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            where, rule, editions, why = line.split("\t")
            if where == sheet and (not editions or edition in editions.split()):
                found[rule] = why
    return found
