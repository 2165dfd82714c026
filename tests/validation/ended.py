"""What a limited process runs in tests: one document ends it."""

import os
from typing import Any

from einvoice.validation import abreast


def in_child(names: list[str], options: str) -> list[Any]:
    """As `abreast.in_child`, but for one name of which the process dies."""
    if any(name.endswith("second.xml") for name in names):
        os._exit(1)
    return abreast.in_child(names, options)
