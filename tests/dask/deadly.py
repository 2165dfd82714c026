"""Loaded by a worker that is to die: a document with the mark kills it, as no document of ours can."""

import os
import signal
from typing import Any

from einvoice.validation import spread

MARK = b"<!-- kills its worker -->"

_judged = spread.judged


def judged(pieces: Any, variants: Any) -> Any:
    """As `spread.judged`, unless the mark is in a document."""
    if any(MARK in data for _, data in pieces):
        os.kill(os.getpid(), signal.SIGKILL)
    return _judged(pieces, variants)


spread.judged = judged
