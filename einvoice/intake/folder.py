"""The folder source: local or on a share, without relying on change events, locks, hard links or atomic renames."""

import contextlib
import errno
import itertools
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from einvoice.errors import EinvoiceError
from einvoice.intake.quiet import Seen, settled
from einvoice.intake.settings import FolderSettings
from einvoice.intake.source import Gone, Kept, Ready, SourceProblem
from einvoice.store.durable import rename_new
from einvoice.store.place import network_filesystem

_NO_RENAME = (errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class FolderSource:
    """See Source. Files lie in one folder, never below it; links and special files are left where they are."""

    identity: Literal["handle", "bytes"] = "handle"

    def __init__(self, settings: FolderSettings) -> None:
        self.settings = settings
        self.folder = settings.folder
        self.processed = self.folder / settings.processed
        self.remembers = settings.after == "keep"

    def ready(self) -> Iterator[Ready]:
        """See Source."""
        own_clock = network_filesystem(self.folder) is None
        for one in settled(self._look, self.settings.quiet_seconds, own_clock=own_clock):
            yield Ready(f"{one.name}/{one.mark}", one.name, one.size)

    def read(self, one: Ready) -> bytes:
        """See Source. What is opened is the regular file that was listed, from its beginning to its end."""
        return self._read(self.folder / one.name, one.handle)

    def acknowledge(self, one: Ready) -> None:
        """See Source. What took the file's place in the meantime is brought back."""
        if self.remembers:
            return
        here = self.folder / one.name
        try:
            if not self.processed.is_dir():
                self.processed.mkdir(mode=0o750, parents=True, exist_ok=True)
            if _handle(here, os.stat(here, follow_symlinks=False)) != one.handle:
                return
            target = _move(here, self.processed / one.name)
            if _handle(here, os.stat(target, follow_symlinks=False)) != one.handle:
                _move(target, here)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _problem(Path(error.filename or here), error) from None

    def kept(self) -> Iterator[Kept]:
        """See Source. A file's change time says when it was moved here."""
        if self.remembers or not self.processed.is_dir():
            return
        for name in sorted(os.listdir(self.processed)):
            path = self.processed / name
            with contextlib.suppress(FileNotFoundError):
                state = path.stat(follow_symlinks=False)
                if stat.S_ISREG(state.st_mode):
                    yield Kept(name, datetime.fromtimestamp(state.st_ctime, UTC))

    def read_kept(self, one: Kept) -> bytes:
        """See Source."""
        return self._read(self.processed / one.place)

    def release(self, one: Kept) -> None:
        """See Source."""
        try:
            (self.processed / one.place).unlink(missing_ok=True)
        except OSError as error:
            raise _problem(self.processed / one.place, error) from None

    def faults(self) -> Iterator[EinvoiceError]:
        """See Source."""
        if not self.folder.is_dir():
            yield _fault(self.folder, "there is no such folder", "diesen Ordner gibt es nicht")
            return
        rights = os.R_OK | os.X_OK | (0 if self.remembers else os.W_OK)
        for path in (self.folder, *((self.processed,) if self.processed.exists() else ())):
            if not os.access(path, rights):
                yield _fault(path, "cannot be read and written", "ist nicht les- und beschreibbar")

    def close(self) -> None:
        """See Source."""

    def _look(self) -> list[Seen]:
        found = []
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        if entry.is_file(follow_symlinks=False):
                            state = entry.stat(follow_symlinks=False)
                            found.append(Seen(entry.name, state.st_size, state.st_mtime, _mark(state)))
        except OSError as error:
            raise _problem(self.folder, error) from None
        return found

    def _read(self, path: Path, handle: str | None = None) -> bytes:
        try:
            number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(number, "rb") as file:
                before = os.fstat(file.fileno())
                if not stat.S_ISREG(before.st_mode) or handle not in (None, _handle(path, before)):
                    raise Gone
                data = file.read()
                if _mark(os.fstat(file.fileno())) != _mark(before) or len(data) != before.st_size:
                    raise Gone
        except FileNotFoundError:
            raise Gone from None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Gone from None
            raise _problem(path, error) from None
        return data


def _mark(state: os.stat_result) -> str:
    return f"{state.st_mtime_ns}/{state.st_size}"


def _handle(path: Path, state: os.stat_result) -> str:
    return f"{path.name}/{_mark(state)}"


def _move(here: Path, wanted: Path) -> Path:
    """Moves a file to the name wanted, or to one beside it where that is taken; its name now. Never replaces any."""
    for number in itertools.count(1):
        target = wanted if number == 1 else wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        with contextlib.suppress(FileExistsError):
            _move_to(here, target)
            return target
    raise AssertionError


def _move_to(here: Path, target: Path) -> None:
    """Moves a file; where the file system cannot, by a copy that is durable and compared before the file goes.

    Raises FileExistsError where there is one of that name.
    """
    try:
        rename_new(here, target)
    except OSError as error:
        if error.errno not in _NO_RENAME:
            raise
        data, state = here.read_bytes(), here.stat(follow_symlinks=False)
        with open(target, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.utime(target, ns=(time.time_ns(), state.st_mtime_ns))
        if target.read_bytes() != data or _mark(here.stat(follow_symlinks=False)) != _mark(state):
            target.unlink()
            raise FileNotFoundError(errno.ENOENT, "changed while it was copied", str(here)) from None
        here.unlink()


def _problem(path: Path, error: OSError) -> SourceProblem:
    return SourceProblem(f"{path}: {error.strerror}", f"{path}: {error.strerror}")


def _fault(path: Path, en: str, de: str) -> SourceProblem:
    return SourceProblem(f"{path}: {en}", f"{path}: {de}")
