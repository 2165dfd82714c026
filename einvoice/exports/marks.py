"""Marks beside the files of a delivery, for receivers that wait for them: checksums, an empty file last of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from einvoice.exports.files import File
from einvoice.store.seals import sha256


@dataclass(frozen=True, slots=True)
class Marks:
    """Which marks a place wants: NAME.sha256 beside each file; the last one's stem with an ending, empty."""

    checksum: bool = False
    trigger: str | None = None

    def of(self, files: Sequence[File]) -> Iterator[File]:
        """The marks of a delivery, in the order they are left in: whoever waits for the trigger finds all there."""
        if self.checksum:
            for one in files:
                base = one.name.rpartition("/")[2]
                yield File(f"{one.name}.sha256", f"{sha256(one.data)}  {base}\n".encode())
        if self.trigger and files:
            last = files[-1].name
            stem = last.rpartition(".")[0] if "." in last.rpartition("/")[2] else last
            yield File(f"{stem}{self.trigger}", b"")


NONE = Marks()
"""No marks."""
