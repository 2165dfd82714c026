"""Which finding concerns which field: by the term it is about, and by its location where groups repeat."""

import functools
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from einvoice.model.terms import homes, terms
from einvoice.validation.report import Finding

Trail = tuple[tuple[str, int], ...]
"""The way to a group occurrence: (group id, its number from 1), outermost first."""

_STEP = re.compile(r"/([^/\[\]]+)(?:\[([0-9]+)\])?")
_DISTINCTIONS = {"BT-3", "BT-5", "BT-6", "BT-24"}
"""Type, currencies and profile: many rules ask for them and are about something else."""

_RANKS = {"error": 0, "warning": 1, "information": 2}


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding with its number on the page."""

    number: int
    finding: Finding


class Remarks:
    """The findings about one invoice, errors first, handed out to the fields they concern, each once.

    `stated` are the ids of the terms that the invoice states somewhere.
    """

    def __init__(self, findings: Iterable[Finding], syntax: str | None, stated: Container[str] = ()) -> None:
        ranked = sorted(findings, key=lambda finding: _RANKS[finding.severity])
        self.all = [Remark(number, finding) for number, finding in enumerate(ranked, 1)]
        self.syntax = syntax
        self._left: dict[str, list[Remark]] = {}
        for remark in self.all:
            if remark.finding.terms:
                self._left.setdefault(_subject(remark.finding.terms, stated), []).append(remark)

    def take(self, term: str, trail: Trail) -> tuple[Remark, ...]:
        """The remarks about a term or group that concern the group at the end of `trail`."""
        waiting = self._left.get(term)
        if not waiting:
            return ()
        taken = tuple(remark for remark in waiting if self._fits(remark.finding, trail))
        self._left[term] = [remark for remark in waiting if remark not in taken]
        return taken

    def missing(self, group: str, stated: Iterable[str]) -> Iterator[str]:
        """Terms of a group that remarks wait for and that are not among the stated ones."""
        known = set(stated)
        for term, waiting in list(self._left.items()):
            row = terms().get(term)
            if waiting and term not in known and row and not (row.is_group or row.is_component):
                yield from [term] if group in homes(term) else []

    @property
    def placed(self) -> frozenset[int]:
        """The numbers of the remarks that stand beside a field."""
        left = {remark.number for waiting in self._left.values() for remark in waiting}
        return frozenset(r.number for r in self.all if r.finding.terms and r.number not in left)

    def _fits(self, finding: Finding, trail: Trail) -> bool:
        """Whether the location does not lead into another occurrence of a group of the trail."""
        steps = _STEP.findall(finding.location or "")
        names = [name for name, _ in steps]
        for group, number in trail:
            path = _plain(group, self.syntax)
            if path and names[: len(path)] == path and int(steps[len(path) - 1][1] or 1) != number:
                return False
        return True


def _subject(concerned: tuple[str, ...], stated: Container[str]) -> str:
    """The term a finding stands beside: a total before what it is the sum of, what is stated before what is not."""
    totals = [
        term for term in concerned if term in stated and term in terms() and terms()[term].parent == "BG-22"
    ]
    if totals:
        return max(totals)
    choice = [term for term in concerned if term not in _DISTINCTIONS] or list(concerned)
    return next((term for term in choice if term in stated), choice[0])


@functools.cache
def _plain(group: str, syntax: str | None) -> list[str]:
    """The element names down to a group; empty where its path has conditions, which numbers do not tell."""
    path = terms()[group].path(syntax) if syntax in ("ubl-invoice", "ubl-creditnote", "cii") else ""
    return [] if "[" in path else [step for step in path.split("/") if step]
