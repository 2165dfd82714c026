"""What a call states for its options, without pydantic where it is already what the option asks for.

Typer hands every value to pydantic, which costs more to load than a small invoice to check. A word that stands in
the list of words, a text where a text is wanted, a number in plain digits need no more than a look; everything
else, and whatever is wrong, goes typer's own way and gets its sentence.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin


class Coercion:
    """Stands for the coercion of one option or argument, in front of the one typer has for it."""

    def __init__(self, parameter: Any) -> None:
        descriptor = parameter.type_descriptor
        self._plain = _plain(descriptor.annotation, descriptor.parameter_info)
        self._typers = parameter.get_runtime_param

    @classmethod
    def of(cls, parameter: Any) -> "Coercion":
        """The one a parameter has, or a new one."""
        there = parameter.get_runtime_param
        return there if isinstance(there, cls) else cls(parameter)

    def __call__(self) -> "Coercion":
        """What typer asks a parameter for."""
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the command gets it. Raises typer's BadParameter for a wrong one."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._plain is not None and (found := self._plain(value)) is not None:
            return found
        return self._typers().coerce(value, param=param, ctx=ctx)


def _plain(annotation: Any, stated: Any) -> Callable[[Any], Any] | None:
    """value -> what it plainly is, None where that takes more than a look; None for kinds that always do."""
    if stated.parser is not None or stated.clamp:
        return None
    if get_origin(annotation) is list:
        (kind,) = get_args(annotation)
        return _texts if kind is str else None
    if get_origin(annotation) is Literal:
        words = get_args(annotation)
        return lambda value: value if value in words else None
    if annotation is str:
        return lambda value: value if type(value) is str else None
    if annotation is int:
        return lambda value: _within(value, stated.min, stated.max)
    return None


def _texts(values: Any) -> list[str] | None:
    plain = isinstance(values, (list, tuple)) and all(type(value) is str for value in values)
    return list(values) if plain else None


def _within(value: Any, least: float | None, most: float | None) -> int | None:
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if type(value) is not int or (least is not None and value < least) or (most is not None and value > most):
        return None
    return value
