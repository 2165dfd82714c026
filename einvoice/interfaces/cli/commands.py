"""The commands there are, and how one is found: only the module of the command asked for is imported."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

from einvoice.interfaces.cli.session import say

MODULES = {
    "validate": "validate",
    "show": "show",
    "init": "init",
    "run": "run",
    "inbox": "inbox",
    "approve": "approve",
    "batch": "batch",
}
"""Command → module in this package, in the order of `--help`. A module has `app`, a Typer of one or more commands."""

ALIASES = {"eingang": "inbox", "freigabe": "approve", "stapel": "batch"}
"""German names of commands."""


class Commands(TyperGroup):
    """The top of the command line: commands by name, each loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names `--help` shows."""
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name or alias; None if there is none."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in MODULES:
            return None
        self.commands = dict.fromkeys(MODULES)  # type: ignore[assignment]  # names, for suggestions
        module = importlib.import_module(f"einvoice.interfaces.cli.{MODULES[name]}")
        command = typer.main.get_command(module.app)
        command.name = name
        return command


def run(arguments: list[str]) -> None:
    """Runs one command line (the shared options already taken out)."""
    if arguments == ["--version"]:
        from importlib.metadata import version

        print(f"einvoice {version('einvoice-pipeline')}")
        return
    Commands(
        name="einvoice",
        help=say(
            "Nimmt E-Rechnungen an, prüft, liest, genehmigt und exportiert sie.",
            "Receives, checks, reads, approves and exports e-invoices.",
        ),
        epilog=_shared_options(),
        no_args_is_help=True,
        rich_markup_mode=None,
    ).main(args=arguments, prog_name="einvoice")


def _shared_options() -> str:
    return say(
        "Überall: --config DATEI, --isolated, --lang de|en, --quiet, --verbose, --debug, --version, --help.",
        "Everywhere: --config FILE, --isolated, --lang de|en, --quiet, --verbose, --debug, --version, --help.",
    )
