"""What is plain is read as typer reads it, without pydantic; everything else goes typer's own way."""

import importlib
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from einvoice.interfaces.cli import application
from einvoice.interfaces.cli.coercion import Coercion
from einvoice.interfaces.cli.commands import MODULES

STATED: tuple[Any, ...] = (
    None, "", "a", "-", "text", "json", "TEXT", "both", "0", "7", "007", "-1", "+3", " 4", "²", "1e3", "12345678901",
    "2026-03-02", 5, -5, 0.5, True, (), ("a", "b"), ["x"], ("a", 1),
)  # fmt: skip


def _parameters() -> list[Any]:
    found = []
    for module in dict.fromkeys(MODULES.values()):
        command = typer.main.get_command(importlib.import_module(f"einvoice.interfaces.cli.{module}").app)
        for one in (command, *getattr(command, "commands", {}).values()):
            context = application.Context(one, info_name="x")
            found += one.get_params(context)
    return found


@pytest.mark.parametrize("stated", STATED, ids=repr)
def test_every_option_reads_as_typer_reads_it(stated: Any) -> None:
    kinds = set()
    for parameter in PARAMETERS:
        ours = parameter.get_runtime_param()
        kind = parameter.type_descriptor
        key = str(kind.annotation), parameter.multiple, kind.parameter_info.min, kind.parameter_info.max
        if key in kinds or (ours._plain is None and stated is not None):
            continue
        kinds.add(key)
        assert isinstance(ours, Coercion)
        assert _said(ours, stated, parameter) == _said(ours._typers(), stated, parameter), (parameter, stated)


def _said(coercion: Any, stated: Any, parameter: Any) -> Any:
    try:
        value = coercion.coerce(stated, param=parameter, ctx=CONTEXT)
    except TyperException as error:
        return error.format_message()
    return type(value), value


PARAMETERS = _parameters()
CONTEXT: Any = application.Context(typer.main.get_command(typer.Typer(callback=lambda: None)), info_name="x")
