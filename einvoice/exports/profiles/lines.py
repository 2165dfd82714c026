"""On which line of a TOML file a key stands, so that whoever wrote it is told."""

import re

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+(?:\s*\.\s*[\w-]+)*)\s*=""")
_LONG = ('"""', "'''")

Path = tuple[str | int, ...]
"""The way to a value: keys, and places in arrays of tables counted from 0."""


class Lines:
    """The lines of the keys and tables of one TOML text, which must be valid."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {(): 1}
        self._arrays: dict[Path, int] = {}
        here: Path = ()
        inside = ""
        for number, line in enumerate(text.splitlines(), 1):
            if inside:
                inside = "" if line.count(inside) % 2 else inside
                continue
            if header := _HEADER.match(line):
                here = self._header(header[1] == "[[", header[2])
                self._found.setdefault(here, number)
            elif key := _KEY.match(line):
                self._found.setdefault((*here, *_parts(key[1])), number)
            inside = next((mark for mark in _LONG if line.count(mark) % 2), "")

    def of(self, path: Path) -> int:
        """The line of a value, or of what it stands in."""
        while path not in self._found:
            path = path[:-1]
        return self._found[path]

    def _header(self, several: bool, name: str) -> Path:
        here: Path = ()
        parts = _parts(name)
        for place, part in enumerate(parts):
            here = (*here, part)
            if several and place == len(parts) - 1:
                self._arrays[here] = self._arrays.get(here, -1) + 1
            if here in self._arrays:
                here = (*here, self._arrays[here])
        return here


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[^.]+""", name)]
