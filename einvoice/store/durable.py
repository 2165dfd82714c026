"""Files outside the archive that must be whole or not there: write, fsync, rename, fsync of the folder."""

import contextlib
import ctypes
import errno
import functools
import os
from collections.abc import Iterator
from pathlib import Path

from einvoice.errors import StoreError


def write(file: Path, data: bytes, mode: int = 0o640) -> None:
    """Writes a file under a temporary name, makes it durable, then gives it its name. Raises StoreError."""
    with temporary(file) as part:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as stream:
            stream.write(data)


@contextlib.contextmanager
def temporary(file: Path) -> Iterator[Path]:
    """A name to write to; what was written there becomes `file`, durable, when the block ends without an error."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    with plainly(file):
        try:
            part.unlink(missing_ok=True)
            yield part
            sync(part)
            os.rename(part, file)
            sync(file.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def rename_new(here: Path, target: Path) -> None:
    """Gives a file another name, unless there is one of that name: then FileExistsError, and nothing is replaced.

    Where the file system cannot do both at once, the name is taken by an empty file first. Raises OSError.
    """
    call = getattr(_libc(), "renameat2", None)
    if call is not None:
        if call(_AT_FDCWD, os.fsencode(here), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE) == 0:
            return
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise OSError(number, os.strerror(number), str(here), None, str(target))
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        os.rename(here, target)
    except BaseException:
        target.unlink()
        raise


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


_AT_FDCWD, _RENAME_NOREPLACE = -100, 1
"""linux/fcntl.h, linux/fs.h."""


@contextlib.contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Turns an error of the operating system into one sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise StoreError(
            f"{where} cannot be written: {error.strerror}.",
            f"{where} lässt sich nicht schreiben: {error.strerror}.",
        ) from error


def sync(path: Path) -> None:
    """Makes a file's content, or a folder's names, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
