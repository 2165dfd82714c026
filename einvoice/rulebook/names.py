"""The table of names: what a rule may speak of, how its text is compared, and where each syntax keeps it.

`schemas/names.txt` holds one name a line: name, kind, term, UBL path, CII path, separated by two or more
blanks; a column that begins with # is a comment. A name is owner.name. Its kind is another owner (the name
then stands for groups) or one of KINDS (it stands for values). Two kinds, as in code/text: UBL's and CII's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from einvoice.errors import RulebookError

KINDS = {
    "text": "as written",
    "code": "blanks around it do not count",
    "upper": "as code, in capital letters",
    "capitals": "as written, in capital letters",
    "number": "a decimal",
    "flag": "an xs:boolean: 1 is true, 0 is false",
}
"""How the text of a value is compared."""

SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii")

SCOPES = {"ubl-invoice": ("ubl", "ubl-invoice"), "ubl-creditnote": ("ubl", "ubl-creditnote"), "cii": ("cii",)}
"""The variants of an entry that hold for a syntax, the general one first."""

TRADE = "rsm:SupplyChainTradeTransaction"
"""Where CII keeps its lines."""

_SHORT = {
    "$settlement": f"{TRADE}/ram:ApplicableHeaderTradeSettlement",
    "$agreement": f"{TRADE}/ram:ApplicableHeaderTradeAgreement",
    "$delivery": f"{TRADE}/ram:ApplicableHeaderTradeDelivery",
    "$trade": TRADE,
}
_WORD = "[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
_NAME = rf"{_WORD}\.{_WORD}"


@dataclass(frozen=True, slots=True)
class Name:
    """One line of the table, for one syntax. `term` is a BT or BG number, or "-"."""

    owner: str
    name: str
    kind: str
    term: str
    path: str

    @property
    def is_group(self) -> bool:
        """Whether the name stands for groups (its kind is then their owner)."""
        return self.kind not in KINDS


Names = dict[tuple[str, str], Name]


def read_names(table: Path, syntax: str) -> Names:
    """The names of one syntax (one of SYNTAXES), by (owner, name).

    Raises RulebookError for a line that is no name, a name that stands twice, or a kind that is neither a
    way of comparing nor an owner.
    """
    names: Names = {}
    column = 1 if syntax == "cii" else 0
    for line, name in _lines(table, column):
        key = (name.owner, name.name)
        if key in names:
            place = f"{table}:{line}: {name.owner}.{name.name}"
            raise RulebookError.at(place, "stands twice", "steht zweimal da")
        names[key] = name
    owners = {owner for owner, _ in names}
    for name in names.values():
        if name.is_group and name.kind not in owners:
            place = f"{table}:1: {name.owner}.{name.name}"
            raise RulebookError.at(place, f"unknown kind {name.kind!r}", f"unbekannte Art {name.kind!r}")
    return names


def _lines(table: Path, column: int) -> Iterator[tuple[int, Name]]:
    for line, text in enumerate(table.read_text("utf-8").splitlines(), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        parts = [part for part in re.split(r"\s{2,}", text.strip()) if not part.startswith("#")]
        if len(parts) != 5 or not re.fullmatch(_NAME, parts[0]):
            raise RulebookError.at(
                f"{table}:{line}",
                "a name has name, kind, term, UBL path and CII path",
                "ein Name hat Name, Art, Begriff, UBL-Pfad und CII-Pfad",
            )
        owner, _, name = parts[0].partition(".")
        kinds = parts[1].split("/")
        yield line, Name(owner, name, kinds[min(column, len(kinds) - 1)], parts[2], _long(parts[3 + column]))


def _long(path: str) -> str:
    for short, way in _SHORT.items():
        path = path.replace(short, way)
    return path
