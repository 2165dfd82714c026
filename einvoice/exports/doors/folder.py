"""A folder: temporary name, fsync, rename, fsync of the folder; never in place of a mount that is missing."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from einvoice.errors import EinvoiceError, NotDelivered, StoreError
from einvoice.exports.doors.door import not_reached, other_content
from einvoice.exports.files import File
from einvoice.store import durable


class FolderDoor:
    """See Door. make: whether the folder is made if it is not there (one that a person names)."""

    described = False

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self.folder, self.make = folder, make

    def put(self, file: File, once: str) -> str:
        """See Door. Files are readable by their owner and group only."""
        target = self.folder / file.name
        try:
            if self.make:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            elif not self.folder.is_dir():
                raise not_reached(str(self.folder), "No such folder")
            self._put(target, file.data)
        except OSError as error:
            raise not_reached(str(error.filename or target), error.strerror or str(error)) from error
        except StoreError as error:
            raise NotDelivered(str(error), error.said("de")) from error
        return str(target)

    def _put(self, target: Path, data: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        _swept(target)
        if not target.exists():
            durable.write(target, data)
        elif target.read_bytes() != data:
            raise other_content(str(target))
        else:  # whoever wrote it may have been killed before it was durable
            durable.sync(target)
            durable.sync(target.parent)
        inner = target.parent
        while inner != self.folder:
            inner = inner.parent
            durable.sync(inner)

    def faults(self) -> Iterator[EinvoiceError]:
        """See Door."""
        if not self.folder.is_dir():
            yield not_reached(str(self.folder), "No such folder")
            return
        if not os.access(self.folder, os.W_OK | os.X_OK):
            yield not_reached(str(self.folder), "Permission denied")
        if self.folder.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield NotDelivered(
                f"{self.folder} can be read or written by everybody: chmod o= {self.folder}",
                f"{self.folder} ist für alle lesbar oder schreibbar: chmod o= {self.folder}",
            )

    def close(self) -> None:
        """See Door."""


def _swept(target: Path) -> None:
    """Removes what a process that was killed left of this very file."""
    for left in target.parent.glob(f".{_escaped(target.name)}.*.part"):
        number = left.name.split(".")[-2]
        if number.isdigit() and not _alive(int(number)):
            with contextlib.suppress(OSError):
                left.unlink()


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in name)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
