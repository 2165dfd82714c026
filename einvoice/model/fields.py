"""The kinds of values and the base of the groups of the public invoice."""

import base64
import contextlib
import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias

import pybase64
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, core_schema

from einvoice.model import lexical
from einvoice.model.terms import Term, children, terms

_PATTERN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
_FURTHEST = 60
"""How far a number's first digit may be from its point, further than in any amount: 1E+999999999 would be written
out in full."""


def _fits(number: Decimal) -> bool:
    return -_FURTHEST <= number.adjusted() <= _FURTHEST


def _of_text(text: str) -> Decimal | None:
    found = lexical.number(text)
    return found if found is None or _fits(found) else None


number: Callable[[str], Decimal | None] = lexical.Remembered(_of_text).__getitem__
"""The number that a text of an invoice states, with its digits; None if the model has no such number."""


def _fitting(number: Decimal) -> Decimal:
    if not _fits(number):
        raise PydanticCustomError("decimal_parsing", "a decimal number is expected")
    return number


def _number(stated: Any) -> Any:
    """Texts as an invoice may write them (no `1_000`, no exponent)."""
    found = number(stated) if isinstance(stated, str) else stated
    if found is None or isinstance(found, bool):
        raise PydanticCustomError("decimal_parsing", "a decimal number is expected")
    return _fitting(found) if isinstance(found, Decimal) else found


_STATED = SchemaValidator(
    core_schema.custom_error_schema(
        core_schema.no_info_before_validator_function(
            _number, core_schema.decimal_schema(allow_inf_nan=False)
        ),
        custom_error_type="decimal_parsing",
    )
)


def _exact(stated: Any) -> Any:
    """A Decimal is hardly looked at, because a reader has made it; for all else our own sentence is asked."""
    if isinstance(stated, Decimal) and stated.is_finite() and -_FURTHEST <= stated.adjusted() <= _FURTHEST:
        return stated
    return _STATED.validate_python(stated)


def _digits(number: Decimal) -> str:
    return format(number, "f") if _fits(number) else str(number)


class _AsStated:
    """In strict mode, only a Decimal is a number, and taken as it is: `number` has made it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        exact = core_schema.no_info_plain_validator_function(_exact)
        strict = core_schema.decimal_schema(allow_inf_nan=False)
        return core_schema.json_or_python_schema(exact, core_schema.lax_or_strict_schema(exact, strict))


Number = Annotated[
    Decimal,
    _AsStated,
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _PATTERN}, {"type": "number"}]}),
    PlainSerializer(_digits, return_type=str, when_used="json"),
]
"""An amount, unit price, quantity or percentage: exact, with its digits as written; a string in JSON."""

Day: TypeAlias = date
"""A calendar day; ISO (2026-03-02) in JSON."""

Octets: TypeAlias = bytes


class Model(BaseModel):
    """What all parts of the public invoice have in common: no unknown names, nothing absent in JSON."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, populate_by_name=True)

    @model_serializer(mode="wrap")
    def _only_what_is_there(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """Leaves out absent terms and empty lists."""
        return {name: value for name, value in handler(self).items() if value is not None and value != []}


class Identifier(Model):
    """An identifier with the scheme it comes from, if one is stated. A plain text stands for one without."""

    value: str
    scheme: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, stated: Any) -> Any:
        return {"value": stated} if isinstance(stated, str) else stated


class Classification(Identifier):
    """An item's code in a classification (BT-158), with the classification and its version."""

    scheme_version: str | None = None


class AttachedDocument(Model):
    """An embedded document (BT-125). JSON states its size and SHA-256; `content` only if asked for."""

    filename: str | None = None
    mime: str | None = None
    content: Octets | None = Field(default=None, repr=False)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """As it is extracted: size and digest always, the content in base64 where it is asked for."""
        schema = handler(core_schema)
        text: dict[str, Any] = {"type": "string"}
        handler.resolve_ref_schema(schema)["properties"] = {
            "filename": text,
            "mime": text,
            "bytes": {"type": "integer", "minimum": 0, "description": "size of the content"},
            "sha256": text | {"pattern": "^[0-9a-f]{64}$", "description": "digest of the content"},
            "content": text
            | {"contentEncoding": "base64", "description": "extract: only with --attachments"},
        }
        return schema

    @model_validator(mode="before")
    @classmethod
    def _stated(cls, stated: Any) -> Any:
        """Size and digest follow from the content."""
        if isinstance(stated, Mapping):
            return {name: value for name, value in stated.items() if name not in ("bytes", "sha256")}
        return stated

    @field_validator("content", mode="before")
    @classmethod
    def _decoded(cls, content: Any) -> Any:
        """A text is base64."""
        if not isinstance(content, str):
            return content
        octets = unbase64(content)
        if octets is None:
            raise ValueError("the content is not base64")
        return octets

    @property
    def sha256(self) -> str | None:
        """The digest of the content, in hexadecimal digits."""
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    @model_serializer(mode="wrap")
    def _only_what_is_there(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """As the contract has it: filename, mime, bytes, sha256; the content where `attachments` is asked for."""
        stated: dict[str, Any] = {"filename": self.filename, "mime": self.mime}
        if self.content is not None:
            stated |= {"bytes": len(self.content), "sha256": self.sha256}
            if info.mode == "python":
                stated["content"] = self.content
            elif isinstance(info.context, Mapping) and info.context.get("attachments"):
                stated["content"] = pybase64.b64encode_as_string(self.content)
        return {name: value for name, value in stated.items() if value is not None}


def unbase64(text: str) -> bytes | None:
    """The bytes a base64 text stands for, whatever its line breaks; None if it is none."""
    with contextlib.suppress(ValueError):
        return pybase64.b64decode(text, validate=True)  # most have no line breaks, and may be long
    text = "".join(text.split())
    with contextlib.suppress(ValueError):
        return pybase64.b64decode(text, validate=True)
    try:
        return base64.b64decode(text, validate=True)  # takes a little more: padding too much
    except ValueError:
        return None


class Group(Model):
    """A group of the norm. `group` is its id; its fields are the terms and groups that schemas/terms.tsv puts in it.

    Every field may be absent: an invoice that lacks what the norm demands can still be read and shown.
    """

    group: ClassVar[str]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds to each property its term: id, names and cardinality."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, row in fields(cls.group).items():
            if name in properties:
                properties[name] |= {
                    "title": row.en,
                    "description": f"{row.id} {row.de}",
                    "x-term": row.id,
                    "x-cardinality": row.widest_card,
                }
        return schema


@cache
def fields(group: str) -> Mapping[str, Term]:
    """The terms and groups that stand directly in a group ("" is the invoice), by the name of their field."""
    return {terms()[child].field: terms()[child] for child in children(group)}
