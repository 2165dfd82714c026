"""What typer says by itself (headings, usage errors), in the session's language.

Typer speaks English only. Each of its sentences stands here with its German counterpart; one that is not known
stays as it is. tests/interfaces proves that none is left over.
"""

import re
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

from einvoice.interfaces.cli.session import say, session

_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"No such command '(.*?)'\. Did you mean (.*)\?", r"Den Befehl „\1“ gibt es nicht. Gemeint: \2?"),
    (r"No such command '(.*?)'\.", r"Den Befehl „\1“ gibt es nicht."),
    (r"Missing command\.", r"Es fehlt ein Befehl."),
    (r"No such option: (\S+) \(Possible options: (.*)\)", r"Die Option \1 gibt es nicht. Gemeint: \2?"),
    (r"No such option: (\S+)", r"Die Option \1 gibt es nicht."),
    (r"Missing argument '([^']*?)(?:\.\.\.)?'\.(.*)", r"Es fehlt die Angabe \1.\2"),
    (r"Missing option '([^']*)'.*", r"Es fehlt die Option \1."),
    (r"Option '(.*?)' requires an argument\.", r"Die Option \1 braucht einen Wert."),
    (r"Option '(.*?)' requires (\d+) arguments\.", r"Die Option \1 braucht \2 Werte."),
    (r"Option '(.*?)' does not take a value\.", r"Die Option \1 nimmt keinen Wert."),
    (r"Got unexpected extra argument\(s\) \((.*)\)", r"Überzählige Angabe: \1"),
)
_WRONG = re.compile(r"Invalid value for ((?:'[^']*'(?: / )?)+): (.*)", re.DOTALL)
_PARTS: tuple[tuple[str, str], ...] = (
    (r"^'(.*?)' does not match the formats? (.*?)\.?$", r"„\1“ hat nicht die Form \2."),
    (r"^'(.*?)' is not one of (.*?)\.?$", r"„\1“ gibt es nicht; zur Wahl: \2."),
    (r"Input should be a valid integer.*", "Es muss eine ganze Zahl sein."),
    (r"Input should be a valid number.*", "Es muss eine Zahl sein."),
    (r"Input should be a finite number.*", "Es muss eine endliche Zahl sein."),
    (r"Input should be greater than or equal to (\S+)", r"Es muss mindestens \1 sein."),
    (r"Input should be less than or equal to (\S+)", r"Es darf höchstens \1 sein."),
    (r"Choose from:", "Zur Wahl:"),
)
_NOTES = (
    (r"^Show this message and exit\.$", "Zeigt diese Hilfe."),
    (r"\[(.*?)default: ", r"[\1Standard: "),
    (r"\[(.*?)required\]$", r"[\1nötig]"),
)
_HEADINGS = {"Options": "Optionen", "Arguments": "Angaben", "Commands": "Befehle"}
_VALUES = {
    "str": ("TEXT", "TEXT"),
    "path": ("PFAD", "PATH"),
    "int": ("ZAHL", "NUMBER"),
    "int range": ("ZAHL", "NUMBER"),
    "float range": ("ZAHL", "NUMBER"),
}


def sentence(text: str) -> str:
    """A usage error of typer as one sentence in the session's language."""
    text = text.replace("Value error, ", "")
    if session.lang != "de":
        return text
    if wrong := _WRONG.fullmatch(text):
        return f"Falscher Wert für {wrong[1].replace(chr(39), '')}: {_parts(wrong[2])}"
    return _parts(_first(_SENTENCES, text))


def _parts(text: str) -> str:
    for english, german in _PARTS:
        text = re.sub(english, german, text)
    return text


def _first(table: Sequence[tuple[str, str]], text: str) -> str:
    for english, german in table:
        found = re.fullmatch(english, text, re.DOTALL)
        if found:
            return found.expand(german)
    return text


_Formatter: Any = TyperCommand.context_class.formatter_class
"""The class typer itself lays out help with."""


class Formatter(_Formatter):  # type: ignore[misc]  # known at run time only
    """Typer's help page: values named in words, headings and remarks in the session's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """`Aufruf: einvoice validate [OPTIONEN] PFAD...`"""
        args = re.sub(r"\{(\S+?)(?:\.\.\.)?\}", r"\1", args)
        if session.lang == "de":
            args = args.replace("[OPTIONS]", "[OPTIONEN]").replace("COMMAND [ARGS]...", "BEFEHL ...")
        super().write_usage(prog, args, say("Aufruf: ", "Usage: "))

    def write_heading(self, heading: str) -> None:
        """A heading of the page."""
        super().write_heading(_HEADINGS.get(heading, heading) if session.lang == "de" else heading)

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options, arguments or commands with what they mean."""
        super().write_dl([(_named(name), _noted(text)) for name, text in rows], col_max, col_spacing)


def _named(name: str) -> str:
    """`--jobs <int range>` as `--jobs ZAHL`; choices keep their words."""
    if not name.startswith("-"):
        return re.sub(r" <.*>", "", name)
    return re.sub(r"<([^<>]*)>", lambda found: say(*_VALUES.get(found[1], (found[1], found[1]))), name)


def _noted(text: str) -> str:
    if session.lang == "de":
        for english, german in _NOTES:
            text = re.sub(english, german, text)
    return re.sub(r"; x>=[\d.]+\]", "]", re.sub(r"  \[x>=[\d.]+\]", "", text))
