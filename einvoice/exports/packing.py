"""Files in one zip: the same files give the same bytes, flat, without times or names of this machine."""

import io
import zipfile
from collections.abc import Iterable

_TIME = (1980, 1, 1, 0, 0, 0)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of (name, bytes) in the order given. Raises ValueError for a name twice, or with a folder in it."""
    stream, names = io.BytesIO(), set()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files:
            if name in names or "/" in name or "\\" in name:
                raise ValueError(name)
            names.add(name)
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o640 << 16,
            )
            archive.writestr(entry, data, compresslevel=6)
    return stream.getvalue()
