"""Compiles the expressions of a profile and checks what its models cannot: all mistakes at once."""

import ast
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from einvoice.exports.profiles import profile
from einvoice.exports.profiles.form import CheckForm, FieldForm, ProfileForm, RecordForm
from einvoice.exports.profiles.layout import layout_problems
from einvoice.exports.profiles.lines import Path
from einvoice.exports.profiles.names import ROOT, names
from einvoice.rulebook import patterns, records
from einvoice.rulebook.records import Said
from einvoice.rulebook.types import Wrong

T = TypeVar("T")
Known = Mapping[str, str]
"""The owner of each variable."""

_DATE = re.compile(r"(?:[^%]|%[dmYyHMSj])+")
_NOTHING = Said("text", lambda: "", ())


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and the way to the key."""

    path: Path
    en: str
    de: str


class Compiling:
    """One profile while it is compiled; `problems` collects what is wrong."""

    def __init__(self, form: ProfileForm) -> None:
        self.form = form
        self.names = names(form.counters, {one.name for one in form.records()})
        self.problems: list[Problem] = [Problem(*one) for one in layout_problems(form)]

    def all(
        self,
    ) -> tuple[
        tuple[profile.Record, ...], tuple[profile.Check, ...], tuple[profile.Companion, ...], profile.Template
    ]:
        """Records, checks, companions and the file's name."""
        each = {**ROOT, "row": "row"}
        return (
            tuple(self.record(one, ("record", n), ROOT) for n, one in enumerate(self.form.record)),
            tuple(self.check(one, ("check", n)) for n, one in enumerate(self.form.check)),
            tuple(
                profile.Companion(one, self.template(one.name, ("companions", n, "name"), each))
                for n, one in enumerate(self.form.companions)
            ),
            self.template(
                self.form.file.name, ("file", "name"), each if self.form.file.per == "invoice" else ROOT
            ),
        )

    def record(self, form: RecordForm, path: Path, known: Known) -> profile.Record:
        """A record with all below it."""
        variable, loop, known = self.loop(form.for_, (*path, "for"), known)
        fields = tuple(
            self.field(name, one, (*path, "fields", name), known) for name, one in form.fields.items()
        )
        inner = tuple(self.record(one, (*path, "record", n), known) for n, one in enumerate(form.record))
        return profile.Record(
            form, variable, loop, self.condition(form.if_, (*path, "if"), known), fields, inner
        )

    def field(self, name: str, form: FieldForm, path: Path, known: Known) -> profile.Field:
        """A field."""
        value: Said | profile.Template
        if form.value is not None:
            value = self.tried(lambda: records.value(form.value or "", self.names, known), (*path, "value"))
        else:
            value = self.template(form.text or "", (*path, "text"), known)
        if form.map is not None and form.map not in self.form.maps:
            listed = ", ".join(self.form.maps) or "-"
            self.wrong(
                (*path, "map"), f"map: {form.map}: one of {listed}", f"map: {form.map}: eine von {listed}"
            )
        if form.date is not None and not _DATE.fullmatch(form.date):
            self.wrong(
                (*path, "date"),
                "date: %d %m %Y %y %H %M %S %j and what stands between them",
                "date: %d %m %Y %y %H %M %S %j und was dazwischen steht",
            )
        return profile.Field(
            name, form, value, self.condition(form.if_, (*path, "if"), known), self.pattern(form, path)
        )

    def pattern(self, form: FieldForm, path: Path) -> re.Pattern[str] | None:
        """The pattern of a field; only one that is matched in linear time."""
        if form.pattern is None:
            return None
        try:
            return re.compile(patterns.checked(ast.Constant(form.pattern)))
        except Wrong as error:
            self.wrong((*path, "pattern"), f"pattern: {error}", f"pattern: {error.said('de')}")
            return None

    def check(self, form: CheckForm, path: Path) -> profile.Check:
        """A check before the export."""
        variable, loop, known = self.loop(form.for_, (*path, "for"), ROOT)
        condition = self.condition(form.assert_, (*path, "assert"), known) or _NOTHING
        said = (self.template(text, (*path, key), known) for key, text in (("de", form.de), ("en", form.en)))
        return profile.Check(form, variable, loop, condition, *said)

    def loop(self, text: str | None, path: Path, known: Known) -> tuple[str, Said | None, Known]:
        """A loop, and what is known inside."""
        if text is None:
            return "", None, known
        nothing = ("", "batch", _NOTHING)
        found = self.tried(lambda: records.loop(text, self.names, known), path, nothing)
        variable, owner, said = found
        if variable in known:
            self.wrong(
                path,
                f"for: {variable} is known already; call it otherwise",
                f"for: {variable} gibt es schon; bitte anders nennen",
            )
        return variable, said, {**known, variable: owner} if variable else known

    def condition(self, text: str | None, path: Path, known: Known) -> Said | None:
        """A condition; None where there is none."""
        if text is None:
            return None
        return self.tried(lambda: records.condition(text, self.names, known), path)

    def template(self, text: str, path: Path, known: Known) -> profile.Template:
        """A text with {expressions}."""
        parts: list[str | Said] = []
        try:
            for written, inside, spec, conversion in string.Formatter().parse(text):
                parts += [written] if written else []
                if inside is not None:
                    if spec or conversion:
                        raise Wrong(
                            f"{{{inside}}}: only an expression stands in braces",
                            f"{{{inside}}}: in Klammern steht nur ein Ausdruck",
                        )
                    parts.append(records.value(inside, self.names, known))
        except (Wrong, SyntaxError, ValueError) as error:
            self.wrong(path, f"{path[-1]}: {_text(error, 'en')}", f"{path[-1]}: {_text(error, 'de')}")
        return profile.Template(tuple(parts))

    def tried(self, make: Callable[[], T], path: Path, otherwise: T | None = None) -> T:
        """What is made, or the mistake noted."""
        try:
            return make()
        except (Wrong, SyntaxError) as error:
            self.wrong(path, f"{path[-1]}: {_text(error, 'en')}", f"{path[-1]}: {_text(error, 'de')}")
            return otherwise if otherwise is not None else _NOTHING  # type: ignore[return-value]

    def wrong(self, path: Path, en: str, de: str) -> None:
        """Notes a mistake."""
        self.problems.append(Problem(path, en, de))


def _text(error: Exception, lang: str) -> str:
    return error.said(lang) if isinstance(error, Wrong) else getattr(error, "msg", None) or str(error)
