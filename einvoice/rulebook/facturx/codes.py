"""Code lists that the rows speak of: those of Factur-X (fx_…), else those of EN 16931 in rules/codelists."""

import functools
from pathlib import Path

from einvoice.data import folder
from einvoice.errors import RulebookError


@functools.cache
def codes(name: str) -> frozenset[str]:
    """The codes of a list; RulebookError if there is no such list."""
    lines = file(name).read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def file(name: str) -> Path:
    """Where a list lies; RulebookError if there is none of that name."""
    for place in ("factur-x/codelists", "codelists"):
        path = folder("rules") / place / f"{name}.tsv"
        if path.is_file():
            return path
    raise RulebookError.at(
        f"rules/codelists/{name}.tsv:1", "there is no such code list", "diese Codeliste gibt es nicht"
    )
