"""A profile ready to be filled: its tables with their expressions compiled."""

import re
from dataclasses import dataclass

from einvoice.exports.profiles.form import CheckForm, CompanionForm, FieldForm, ProfileForm, RecordForm
from einvoice.rulebook.names import Names
from einvoice.rulebook.records import Said


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders: what stands as written, and expressions in between."""

    parts: tuple[str | Said, ...]

    @property
    def is_constant(self) -> bool:
        """Whether it says the same whatever is exported."""
        return all(isinstance(part, str) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its form, and its value as an expression or a template."""

    name: str
    form: FieldForm
    value: Said | Template
    condition: Said | None
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of record. `variable` names what its loop runs over, "" for a record that stands once."""

    form: RecordForm
    variable: str
    loop: Said | None
    condition: Said | None
    fields: tuple[Field, ...]
    records: "tuple[Record, ...]"


@dataclass(frozen=True, slots=True)
class Check:
    """What has to hold, and the sentences that say why not."""

    form: CheckForm
    variable: str
    loop: Said | None
    condition: Said
    de: Template
    en: Template


@dataclass(frozen=True, slots=True)
class Companion:
    """A companion file and its name."""

    form: CompanionForm
    name: Template


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile by its name, with the text it was read from and that text's SHA-256."""

    name: str
    form: ProfileForm
    names: Names
    records: tuple[Record, ...]
    checks: tuple[Check, ...]
    companions: tuple[Companion, ...]
    file_name: Template
    text: str
    sha256: str
