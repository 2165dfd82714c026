"""The only door for zip archives: entries in their own order, never written to disk, within a budget."""

import io
import zipfile
import zlib
from collections.abc import Iterator

from einvoice.formats.delivery import Budget, Entry
from einvoice.model.problem import Problem

_CHUNK = 1 << 20


def entries(data: bytes, budget: Budget) -> Iterator[Entry]:
    """The files in a zip. What is encrypted or damaged comes with its problem. Raises TooMuch."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        yield Entry(
            "",
            "",
            None,
            Problem("EI-NOINVOICE", {"why": "damaged", "container": "zip", "detail": str(error)}),
        )
        return
    with archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _entry(archive, info, budget)


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Entry:
    name = _plain(info.filename)
    if info.flag_bits & 0x1:
        return Entry(name, "", None, Problem("EI-FILE", {"why": "encrypted", "name": name}))
    try:
        return Entry(name, "", _read(archive, info, budget))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        return Entry(
            name, "", None, Problem("EI-FILE", {"why": "damaged", "name": name, "detail": str(error)})
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    """The bytes of an entry, counted as they come out: the stated size may lie."""
    parts: list[bytes] = []
    with archive.open(info) as stream:
        while part := stream.read(_CHUNK):
            parts.append(part)
            if sum(map(len, parts)) > budget.left:
                break
    whole = b"".join(parts)
    budget.take(len(whole))
    return whole


def _plain(name: str) -> str:
    """The entry's name for people: a label only, never a path that is opened."""
    return "".join(c if c.isprintable() else "�" for c in name.replace("\\", "/"))
