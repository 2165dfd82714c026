"""The commands there are, and how one is found: only the module of the command asked for is imported."""

import importlib
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperGroup

from einvoice.interfaces.cli import application
from einvoice.interfaces.cli.session import say

MODULES = {
    "validate": "validate",
    "show": "show",
    "extract": "extract",
    "schema": "schema",
    "convert": "convert",
    "create": "create",
    "explain": "explain",
    "rules": "rules",
    "init": "init",
    "run": "run",
    "watch": "watch",
    "inbox": "inbox",
    "outbox": "outbox",
    "posting": "posting",
    "due": "due",
    "master": "master",
    "approve": "approve",
    "batch": "batch",
    "export": "export",
    "supplier": "supplier",
    "archive": "archive",
    "tenant": "tenant",
    "user": "user",
    "serve": "serve",
    "worker": "worker",
    "scheduler": "scheduler",
    "doctor": "doctor",
    "backup": "backup",
    "restore": "restore",
    "migrate": "migrate",
}
"""Command → module in this package, in the order of `--help`. A module has `app`, of one or more commands."""

ALIASES = {
    "eingang": "inbox",
    "ausgang": "outbox",
    "kontierung": "posting",
    "stammdaten": "master",
    "freigabe": "approve",
    "stapel": "batch",
    "lieferant": "supplier",
    "fällig": "due",
    "faellig": "due",
}
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
        module = importlib.import_module(f"einvoice.interfaces.cli.{MODULES[name]}")
        command = application.speaking(typer.main.get_command(module.app))
        command.name = name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of a call; a misspelled name is refused with the names that are like it."""
        names: Any = dict.fromkeys([*MODULES, *get_close_matches(args[0], ALIASES)])
        self.commands = names
        return super().resolve_command(ctx, args)


def top() -> Commands:
    """The command `einvoice`."""
    command = Commands(
        name="einvoice",
        help=say(
            "Nimmt E-Rechnungen an, prüft, liest, genehmigt und exportiert sie.",
            "Receives, checks, reads, approves and exports e-invoices.",
        ),
        epilog=_shared_options(),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    application.speaking(command)
    return command


def _shared_options() -> str:
    return say(
        "Überall: --config DATEI, --isolated, --lang de|en, --quiet, --verbose, --debug, --version, --help.\n\n"
        "Beispiel: einvoice validate eingang/\n\n"
        'Vervollständigung mit der Tabulatortaste: eval "$(_EINVOICE_COMPLETE=source_bash einvoice)"',
        "Everywhere: --config FILE, --isolated, --lang de|en, --quiet, --verbose, --debug, --version, --help.\n\n"
        "Example: einvoice --lang en validate inbox/\n\n"
        'Completion by the tab key: eval "$(_EINVOICE_COMPLETE=source_bash einvoice)"',
    )
