"""What a limited process runs in place of a check: it dies of one document."""

import os
from typing import Any

from einvoice.intake import checking

DEADLY = "01-skonto.xml"


def checked(data: bytes, name: str, options: dict[str, Any]) -> list[list[Any]]:
    """As `checking.checked`, but for the document that kills the process."""
    if name == DEADLY:
        os.abort()
    return checking.checked(data, name, options)
