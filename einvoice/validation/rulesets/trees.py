"""Lays a rule set down in a folder: all or nothing, under its digest. A release becomes a whole tree of rules."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from einvoice import data
from einvoice.rulebook.official import OFFICIAL, WRITTEN
from einvoice.validation.rulesets.package import RuleSet

_ADDED = (OFFICIAL, WRITTEN)
"""Tables to which a release adds rows; its other files stand in place of the shipped ones."""


def lay_down(ruleset: RuleSet, home: Path) -> Path:
    """The folder of a rule set below `home`, made unless it is there. For a release: its tree of rules."""
    place = home / f"{ruleset.name}-{ruleset.digest[:16]}"
    if not place.is_dir():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=home))
        try:
            (_tree if ruleset.kind == "release" else _house)(ruleset, draft)
            _settle(draft, place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return place / "rules"


def _house(ruleset: RuleSet, draft: Path) -> None:
    _write(draft / "rules", ruleset, lambda path, text: path.write_text(text, "utf-8"))


def _tree(ruleset: RuleSet, draft: Path) -> None:
    """The shipped rules and tables with the release's files over them; `schemas/…` goes beside the rules."""
    for name in ("rules", "schemas"):
        shutil.copytree(data.folder(name), draft / name)

    def put(path: Path, text: str) -> None:
        if path.name in _ADDED and path.parent == draft / "rules":
            with path.open("a", encoding="utf-8") as table:
                table.writelines(line + "\n" for line in text.splitlines() if not _heading(line))
        else:
            path.write_text(text, "utf-8")

    _write(draft / "rules", ruleset, put)


def _heading(line: str) -> bool:
    return line.startswith(("#", "artefact\t")) or not line


def _write(rules: Path, ruleset: RuleSet, put: Callable[[Path, str], object]) -> None:
    for name, text in ruleset.files.items():
        path = rules.parent / name if name.startswith("schemas/") else rules / name
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, text)


def _settle(draft: Path, place: Path) -> None:
    """Gives a finished folder its name; another process may have been first."""
    try:
        os.rename(draft, place)
    except OSError:
        if not place.is_dir():
            raise
