"""What a profile can say: strict models, one per table of its TOML file. docs/exports.md explains every key."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Encoding = Literal["cp1252", "iso-8859-15", "utf-8", "utf-8-sig", "cp850"]
Kind = Literal["csv", "fixed", "xml", "json"]
_Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_Width = Annotated[int, Field(ge=1, le=10_000)]
_Character = Annotated[str, Field(min_length=1, max_length=1)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _short(stated: object) -> object:
    """A field that is only a text is the expression of its value."""
    return {"value": stated} if isinstance(stated, str) else stated


class FieldForm(_Form):
    """One field of a record: where its value comes from, and how it is written. Widths count characters."""

    value: str | None = None
    text: str | None = None
    if_: Annotated[str | None, Field(alias="if")] = None
    default: str | None = None
    required: bool = False
    known: str | None = None
    map: str | None = None
    decimals: Annotated[int | None, Field(ge=0, le=18)] = None
    round: bool = False
    point: Literal[",", ".", ""] = "."
    sign: Literal[
        "leading", "trailing", "plus", "none", "refuse", "letter", "letter-before", "letter-after"
    ] = "leading"
    letters: Annotated[str, Field(min_length=2, max_length=2)] = "HS"
    date: str | None = None
    spelling: Literal["as-written", "ascii"] = "as-written"
    upper: bool = False
    pattern: str | None = None
    min: Annotated[int, Field(ge=0)] = 0
    max: _Width | None = None
    width: _Width | None = None
    at: _Width | None = None
    over: Literal["fail", "cut", "cut-left"] = "fail"
    pad: Literal["left", "right"] | None = None
    fill: _Character = " "
    quote: Literal["needed", "always", "never"] | None = None
    attribute: bool = False
    empty: Literal["leave-out", "write"] | None = None
    as_: Annotated[Literal["text", "number", "flag"], Field(alias="as")] = "text"

    @model_validator(mode="after")
    def _makes_sense(self) -> "FieldForm":
        if (self.value is None) == (self.text is None):
            raise ValueError("exactly one of value and text")
        if self.decimals is not None and self.date is not None:
            raise ValueError("decimals or date, not both")
        usual = self.point == "." and self.sign == "leading" and self.width is None
        if self.as_ == "number" and (self.decimals is None or not usual):
            raise ValueError('as = "number" needs decimals, a decimal point, the sign in front and no width')
        return self


class RecordForm(_Form):
    """One kind of record: what it runs over (once without `for`), its fields, and the records below it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
    for_: Annotated[str | None, Field(alias="for")] = None
    if_: Annotated[str | None, Field(alias="if")] = None
    width: _Width | None = None
    fields: dict[str, Annotated[FieldForm, BeforeValidator(_short)]] = Field(default_factory=dict)
    record: "list[RecordForm]" = Field(default_factory=list)

    def all(self) -> Iterator["RecordForm"]:
        """This one and all below it."""
        yield self
        for one in self.record:
            yield from one.all()


class FileForm(_Form):
    """The file: what kind it is, how its text becomes bytes, and what it is called."""

    kind: Kind
    name: str
    encoding: Encoding = "utf-8"
    unencodable: Literal["fail", "replace"] = "fail"
    newline: Literal["crlf", "lf"] = "crlf"
    separator: _Character = ";"
    quote: Literal["needed", "always", "never"] = "needed"
    heads: str | None = None
    root: str | None = None
    namespace: str | None = None
    per: Literal["batch", "invoice"] = "batch"
    trigger: Annotated[str | None, Field(pattern=r"^\.[A-Za-z0-9]{1,10}$")] = None
    checksum: bool = False


class CounterForm(_Form):
    """A number that goes on from export to export without gaps, kept by the store."""

    per: Literal["batch", "row", "posting"] = "row"
    resets: Literal["year", "never"] = "year"
    first: Annotated[int, Field(ge=1)] = 1


class CheckForm(_Form):
    """Something that has to hold before anything is written."""

    for_: Annotated[str | None, Field(alias="for")] = None
    assert_: Annotated[str, Field(alias="assert")]
    de: str
    en: str


class CompanionForm(_Form):
    """A file that goes along with each invoice, and what it is called."""

    kind: Literal["original", "view", "order"]
    name: str


class AnswerForm(_Form):
    """How the receiver acknowledges: a file of rows that name an invoice and say what became of it."""

    kind: Kind
    encoding: Encoding = "utf-8"
    separator: _Character = ";"
    heads: bool = True
    rows: str | None = None
    key: Literal["number", "position", "sha256"] = "number"
    fields: dict[Literal["key", "state", "reason", "voucher"], str | int | list[int]]
    accepted: list[str]
    rejected: list[str]


class ProfileForm(_Form):
    """A whole profile."""

    title_de: str
    title_en: str
    file: FileForm
    counters: dict[_Word, CounterForm] = Field(default_factory=dict)
    maps: dict[str, dict[str, str]] = Field(default_factory=dict)
    check: list[CheckForm] = Field(default_factory=list)
    companions: list[CompanionForm] = Field(default_factory=list)
    record: Annotated[list[RecordForm], Field(min_length=1)]
    answer: AnswerForm | None = None

    def records(self) -> Iterator[RecordForm]:
        """Every kind of record, outer ones first."""
        for one in self.record:
            yield from one.all()


Loose = dict[str, Any]
"""A table as TOML gives it."""
