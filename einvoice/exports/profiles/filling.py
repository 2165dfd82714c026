"""Fills a profile from a case: every record with the texts of its fields. What does not fit is collected, not cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from einvoice.errors import Refused, Unchecked
from einvoice.exports.profiles.case import Case, Records, Row
from einvoice.exports.profiles.profile import Check, Field, Profile, Template
from einvoice.exports.profiles.profile import Record as Kind
from einvoice.exports.profiles.spelling import Speller, Unfit, Value, plain
from einvoice.rulebook.records import Record, Said

_MOST_PROBLEMS = 30
View = Mapping[str, Record]
Problems = list[tuple[str, str]]


@dataclass(slots=True)
class Cell:
    """One filled field; text None where nothing is stated."""

    field: Field
    text: str | None


@dataclass(slots=True)
class Filled:
    """One record, and those below it."""

    kind: Kind
    cells: list[Cell]
    records: "list[Filled]" = field(default_factory=list)

    def all(self) -> "Iterator[Filled]":
        """This one and all below it, in the order of the file."""
        yield self
        for one in self.records:
            yield from one.all()


class Filling:
    """One file while it is filled."""

    def __init__(self, profile: Profile, case: Case, rows: Sequence[Row]) -> None:
        self.profile, self.records = profile, Records(case, profile.names, rows)
        form = profile.form.file
        self.speller = Speller(form.encoding, form.unencodable == "replace", profile.form.maps, case.known)
        self.problems: Problems = []
        self.roots = self.records.roots()

    def fill(self) -> list[Filled]:
        """All records. Raises Refused naming every record and field that cannot be written."""
        try:
            for check in self.profile.checks:
                self._check(check)
            plan = [one for kind in self.profile.records for one in self._planned(kind, self.roots)]
            self.records.total = sum(1 for one in plan for two in one.all() if two.kind.fields)
            made = [self._made(one) for one in plan]
        except Unchecked:
            raise Refused(
                f"Profile {self.profile.name}: its loops take too many steps.",
                f"Profil {self.profile.name}: Seine Schleifen brauchen zu viele Schritte.",
            ) from None
        if self.problems:
            raise refused(self.problems)
        return made

    def said(self, template: Template, view: View) -> str:
        """A template with its placeholders put in."""
        return "".join(part if isinstance(part, str) else plain(part.of(view)) for part in template.parts)

    def _planned(self, kind: Kind, view: View) -> "Iterator[_Planned]":
        for inner in self._looped(kind.variable, kind.loop, view):
            if kind.condition is None or kind.condition.of(inner):
                yield _Planned(
                    kind, inner, [one for sub in kind.records for one in self._planned(sub, inner)]
                )

    def _looped(self, variable: str, loop: Said | None, view: View) -> Iterator[View]:
        if loop is None:
            yield view
        else:
            yield from ({**view, variable: record} for record in loop.of(view))

    def _made(self, planned: "_Planned") -> Filled:
        self.records.lines += bool(planned.kind.fields)
        name = planned.kind.form.name
        self.records.counts[name] = self.records.counts.get(name, 0) + 1
        view = {**planned.view, **self.records.tellers(planned.view)}
        cells = [Cell(one, self._cell(one, view, name)) for one in planned.kind.fields]
        return Filled(planned.kind, cells, [self._made(one) for one in planned.records])

    def _cell(self, of: Field, view: View, record: str) -> str | None:
        if of.condition is not None and not of.condition.of(view):
            return None
        value: Value = (
            self.said(of.value, view).strip() if isinstance(of.value, Template) else of.value.of(view)
        )
        try:
            return self.speller.spell(of, value)
        except Unfit as error:
            self.problems.append(
                (_where("en", view, record, of.name, error.en), _where("de", view, record, of.name, error.de))
            )
            return None

    def _check(self, check: Check) -> None:
        for view in self._looped(check.variable, check.loop, self.roots):
            if not check.condition.of(view):
                self.problems.append((self.said(check.en, view), self.said(check.de, view)))


@dataclass(slots=True)
class _Planned:
    """A record that will be written, with what it sees."""

    kind: Kind
    view: View
    records: "list[_Planned]"

    def all(self) -> "Iterator[_Planned]":
        yield self
        for one in self.records:
            yield from one.all()


def _where(lang: str, view: View, record: str, name: str, what: str) -> str:
    """Where a problem is: the invoice, the record and the field."""
    row = next((one for one in view.values() if one._owner == "row"), None)
    number = getattr(row, "number__first", "") if row is not None else ""
    head = ("Rechnung " if lang == "de" else "Invoice ") + number + ", " if number else ""
    return f"{head}{record}.{name}: {what}"


def refused(problems: Problems) -> Refused:
    """The refusal that names them, thirty at most."""
    shown = problems[:_MOST_PROBLEMS]
    more = len(problems) - len(shown)
    en = [one for one, _ in shown] + ([f"and {more} more"] if more else [])
    de = [one for _, one in shown] + ([f"und {more} weitere"] if more else [])
    return Refused("\n".join(en), "\n".join(de))
