"""How a command line is run: by typer, but help and usage errors speak the session's language."""

import os
import sys
from typing import Any, NoReturn

import typer
from typer.completion import completion_init  # type: ignore[attr-defined]  # what typer.Typer itself calls
from typer.exceptions import TyperException

from einvoice.interfaces.cli.coercion import Coercion
from einvoice.interfaces.cli.session import say
from einvoice.interfaces.cli.wording import Formatter, sentence


class Context(typer.Context):
    """A context whose help pages are ours, and whose options read what is plain without pydantic."""

    formatter_class = Formatter

    def __init__(self, command: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(command, *arguments, **more)
        for parameter in command.get_params(self):
            parameter.get_runtime_param = Coercion.of(parameter)


def speaking(command: Any) -> Any:
    """The same command, and those within it, with help in the session's language and `-h` for it."""
    command.context_class = Context
    command.context_settings = {**command.context_settings, "help_option_names": ["--help", "-h"]}
    for inner in getattr(command, "commands", {}).values():
        speaking(inner)
    return command


def told(de: str, en: str, example_de: str, example_en: str | None = None) -> str:
    """The help of a command: what it does, and an example."""
    return (
        f"{say(de, en)}\n\n\b\n{say('Beispiel', 'Example')}:\n  {say(example_de, example_en or example_de)}"
    )


def run(command: Any, arguments: list[str]) -> NoReturn:
    """Runs a command line; ends with its exit code, 2 for a usage error. Lets all other exceptions pass."""
    if "_EINVOICE_COMPLETE" in os.environ:
        completion_init()
        command.main(args=arguments, prog_name="einvoice")
    try:
        with command.make_context("einvoice", arguments) as context:
            command.invoke(context)
    except typer.Exit as done:
        sys.stdout.flush()
        raise SystemExit(done.exit_code) from None
    except TyperException as error:
        _complain(error)
        raise SystemExit(error.exit_code) from None
    sys.stdout.flush()
    raise SystemExit(0)


def _complain(error: TyperException) -> None:
    """What is wrong with the call, and where its help is; the whole help where nothing was asked for."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
        return
    print(f"einvoice: {sentence(error.format_message())}", file=sys.stderr)
    if context is not None:
        print(say("Hilfe", "Help") + f": {context.command_path} --help", file=sys.stderr)
