"""What must be the same on every machine of a cluster, so that a verdict does not depend on where it was made."""

import functools
import hashlib
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from einvoice import data

LIBRARIES = ("lxml", "factur-x", "pypdf", "distributed", "dask", "cloudpickle", "msgpack")
"""Packages that take part in every verdict, or in what goes over the line."""


@functools.cache
def likeness(further: tuple[str, ...] = ()) -> dict[str, str]:
    """Name → version or digest of this machine: einvoice, Python, each part of the rules, libraries.

    further: packages that this work needs besides; one that is not installed is "-".
    """
    from lxml import etree

    found = {
        "einvoice": version("einvoice-pipeline"),
        "python": ".".join(map(str, sys.version_info[:2])),
        "code": _digest(Path(data.__file__).parent.rglob("*.py")),
        "libxml2": ".".join(map(str, etree.LIBXML_VERSION)),
    }
    for name in ("rules", "schemas"):
        for part in sorted(data.folder(name).iterdir()):
            found[f"{name}/{part.name}"] = _digest(part.rglob("*") if part.is_dir() else [part])
    return found | {name: _version(name) for name in (*LIBRARIES, *further)}


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """`name there, not here`: what is not the same, in the order of `here`."""
    names = dict.fromkeys((*here, *there))
    return [
        f"{name} {there.get(name, '-')} ≠ {here.get(name, '-')}"
        for name in names
        if here.get(name) != there.get(name)
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def _digest(files: Iterable[Path]) -> str:
    """One digest of files and their names; what Python puts beside them is left out."""
    whole = hashlib.sha256()
    for path in sorted(files):
        if path.is_file() and "__pycache__" not in path.parts:
            whole.update(f"{path.parent.name}/{path.name}\0".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:12]
