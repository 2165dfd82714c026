"""Where rules/, schemas/ and samples/ lie: beside the package in a checkout, inside it in a wheel."""

import functools
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@functools.cache
def folder(name: str) -> Path:
    """The folder of shipped data called `name` ("rules", "schemas" or "samples")."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
