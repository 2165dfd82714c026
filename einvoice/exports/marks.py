"""Marks beside the files of a delivery, for receivers that wait for them: checksums, an empty file last of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from einvoice.exports.files import File
from einvoice.store.seals import sha256


@dataclass(frozen=True, slots=True)
class Marks:
    """Which marks a place wants: NAME.sha256 beside each file; the last one's stem with an ending, empty (its
    whole name with the ending, where the files have that name already)."""

    checksum: bool = False
    trigger: str | None = None

    def of(self, files: Sequence[File]) -> Iterator[File]:
        """The marks of a delivery, in the order they are left in: whoever waits for the trigger finds all there."""
        if self.checksum:
            for one in files:
                base = one.name.rpartition("/")[2]
                yield File(f"{one.name}.sha256", f"{sha256(one.data)}  {base}\n".encode())
        if self.trigger and files:
            yield File(self._last(files, self.trigger), b"")

    def _last(self, files: Sequence[File], ending: str) -> str:
        """The name of the trigger: the whole last name with the ending, where the stem's would be a file's own."""
        last = files[-1].name
        stem = last.rpartition(".")[0] if "." in last.rpartition("/")[2] else last
        taken = {one.name.lower() for one in files if one.data}
        if self.checksum:
            taken |= {f"{one.name}.sha256".lower() for one in files}
        return next(one for one in _names(stem, last, ending) if one.lower() not in taken)


def _names(stem: str, last: str, ending: str) -> Iterator[str]:
    yield f"{stem}{ending}"
    name = last
    while True:
        name += ending
        yield name


NONE = Marks()
"""No marks."""
