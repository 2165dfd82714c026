"""What every table of the store shares: its base class, and columns whose values come back exactly as
stored.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Dialect, MetaData, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the store; names of constraints are the same on every database, so that migrations can drop
them.
"""


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys sorted, no blanks, ASCII only. Decimals and dates are strings
    before.
    """
    return _encode(value)


def _encoder() -> Callable[[Any], str]:
    """What encodes, made once: `JSONEncoder.encode` makes it anew for each value, which takes as long as encoding a
    small one.
    """
    plain = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    text = json.encoder.encode_basestring_ascii
    pieces = make(None, plain.default, text, None, ":", ",", True, False, False)  # as above
    return lambda value: "".join(pieces(value, 0))


_encode = _encoder()


class Written(str):
    """The canonical text of a value, where it is there already."""


class Exact(TypeDecorator[Decimal]):
    """A decimal kept as text with its digits as written: no database rounds it or drops a zero."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """The digits to store."""
        return self.text(value)

    @staticmethod
    def text(value: Decimal | None) -> str | None:
        """The digits to store."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """The number, scale as stored."""
        return None if value is None else Decimal(value)


class Json(TypeDecorator[Any]):
    """A JSON value kept as its canonical text, so that its digest is the same on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The text to store."""
        return self.text(value)

    @staticmethod
    def text(value: Any) -> str | None:
        """The text to store."""
        return value if value is None or isinstance(value, Written) else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value."""
        return None if value is None else json.loads(value)


def key() -> Any:
    """The field of a primary key: a number the database gives, never given twice."""
    return Field(default=None, primary_key=True)


def link(table: str, *, index: bool = True) -> Any:
    """The field of a reference to a row of another table that may be absent."""
    return Field(default=None, foreign_key=f"{table}.id", index=index)


def money() -> Any:
    """The field of an amount: exact, absent where the invoice says nothing readable."""
    return Field(default=None, sa_type=Exact)


def data() -> Any:
    """The field of a JSON value; None where nothing is to be said."""
    return Field(default=None, sa_type=Json)


OPTIONS: dict[str, Any] = {"sqlite_autoincrement": True}
"""Table options: a number once given to a row is never given to another, even after the row is erased."""


class Row(SQLModel):
    """Base of all tables. Tables are named as their class, in snake_case.

    Times are text, UTC, ISO 8601 with microseconds and `Z` (they sort as they follow); days are ISO dates.
    """

    metadata: ClassVar[MetaData] = METADATA
    __table_args__: ClassVar[Any] = OPTIONS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Names the table before SQLModel makes it."""
        if "__tablename__" not in cls.__dict__:
            cls.__tablename__ = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        super().__init_subclass__(**kwargs)
