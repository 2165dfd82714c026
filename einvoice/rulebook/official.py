"""Fingerprints of the official rules: what a publisher's artefact says (rules/official.tsv), and which of it our
entries were written for (rules/written.tsv). A release with an official rule nobody has looked at does not load."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from einvoice.errors import RulebookError

OFFICIAL, WRITTEN = "official.tsv", "written.tsv"
_HEAD = 2
"""Lines above the rows of either table."""


@dataclass(frozen=True, slots=True)
class Official:
    """One assert of an artefact (`en16931 ubl`, `xrechnung cii`, `factur-x basic`) in some of its versions.

    context, test and place are digests; `line` is where it stands in rules/official.tsv.
    """

    artefact: str
    rule: str
    flag: str
    context: str
    test: str
    place: str
    versions: tuple[str, ...]
    line: int

    @property
    def fingerprint(self) -> str:
        """One digest (hex) of flag, context, test and place."""
        said = "\0".join((self.flag, self.context, self.test, self.place))
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def fingerprints(rules: Path, artefacts: Iterable[str] | None = None) -> Iterator[Official]:
    """The rows of rules/official.tsv, or those of some artefacts. Raises RulebookError with file:line."""
    for number, cells in _rows(rules / OFFICIAL, 7, artefacts):
        artefact, rule, flag, context, test, place, versions = cells
        yield Official(artefact, rule, flag, context, test, place, tuple(versions.split()), number)


def written(rules: Path, artefacts: Iterable[str] | None = None) -> set[tuple[str, str, str]]:
    """What our entries were written for: (artefact, rule, fingerprint)."""
    return {(cells[0], cells[1], cells[2]) for _, cells in _rows(rules / WRITTEN, 3, artefacts)}


def check(rules: Path, artefacts: Iterable[str], versions: Mapping[str, str], release: Path) -> None:
    """Refuses a release one of whose official rules no entry was written for.

    artefacts: those that judge, such as `en16931 ubl`. Raises RulebookError with file:line and what to do.
    """
    wanted = {artefact: versions.get(artefact.partition(" ")[0], "") for artefact in artefacts}
    known, seen = written(rules, wanted), set[str]()
    for row in fingerprints(rules, wanted):
        if wanted.get(row.artefact) not in row.versions:
            continue
        seen.add(row.artefact)
        if (row.artefact, row.rule, row.fingerprint) not in known:
            accept = f"python -m tests.conformance.fingerprints --accept {row.rule}"
            raise RulebookError.at(
                f"{rules / OFFICIAL}:{row.line}: {row.rule} ({row.artefact} {wanted[row.artefact]})",
                "no entry was written for what the official rule says there. Adapt the entry, prove it (make "
                f"conformance), then: {accept}",
                "für das, was die amtliche Regel dort sagt, wurde kein Eintrag geschrieben. Den Eintrag anpassen, "
                f"beweisen (make conformance), dann: {accept}",
            )
    if unknown := sorted(wanted.keys() - seen):
        write = "python -m tests.conformance.fingerprints --write"
        raise RulebookError.at(
            f"{release}:1: {unknown[0]} {wanted[unknown[0]]}",
            f"has no fingerprints in {OFFICIAL}. Make them of the official artefact: {write}",
            f"hat keine Fingerabdrücke in {OFFICIAL}. Sie entstehen aus dem amtlichen Artefakt: {write}",
        )


def _rows(path: Path, columns: int, artefacts: Iterable[str] | None) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells below the head of a table whose first column is the artefact."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise RulebookError.at(
            f"{path}:1", f"cannot be read: {error.strerror}", f"nicht lesbar: {error.strerror}"
        ) from None
    wanted = None if artefacts is None else tuple(f"{artefact}\t" for artefact in artefacts)
    for number, line in enumerate(lines[_HEAD:], _HEAD + 1):
        if wanted is not None and not line.startswith(wanted):
            continue
        cells = line.split("\t")
        if len(cells) != columns:
            raise RulebookError.at(
                f"{path}:{number}",
                f"{len(cells)} columns instead of {columns}",
                f"{len(cells)} Spalten statt {columns}",
            )
        yield number, cells
