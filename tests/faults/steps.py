"""The steps a run takes towards the outside: statements, commits, files made durable, moved or removed, words to a
mail server. Counted in the process itself, so that it can be killed before exactly the n-th of them."""

import os
import signal
import smtplib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_CALLS = ("fsync", "rename", "replace", "unlink", "mkdir", "link", "open")
_OURS = ("einvoice.approval.", "einvoice.pipeline.", "einvoice.intake.", "einvoice.exports.")


class Steps:
    """Counts steps; before the `last` one the process is killed and the file `tell` gets the place it was at."""

    def __init__(self, last: int | None, tell: Path) -> None:
        self.count = 0
        self._last, self._tell = last, tell
        self._lock = threading.Lock()

    def watch(self) -> None:
        """From now on steps are counted."""
        for name in _CALLS:
            setattr(os, name, self._before(getattr(os, name), name))
        for name in ("send", "getreply"):
            setattr(smtplib.SMTP, name, self._before(getattr(smtplib.SMTP, name), f"smtp {name}"))
        event.listen(Engine, "before_cursor_execute", lambda *_: self.step("statement"))
        event.listen(Engine, "commit", lambda *_: self.step("commit"))

    def step(self, what: str) -> None:
        """One step; the last one never comes."""
        with self._lock:
            self.count += 1
            if self.count == self._last:
                self._tell.write_text(f"{_place()} {what}")
                os.kill(os.getpid(), signal.SIGKILL)

    def _before(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def stepping(*arguments: Any, **named: Any) -> Any:
            self.step(name)
            return call(*arguments, **named)

        return stepping


def _place() -> str:
    """The function of ours that is at work: the innermost one above store and archive."""
    frame = sys._getframe()
    while frame.f_back is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_OURS):
            return f"{module.split('.')[-1]}.{frame.f_code.co_name.strip('_')}"
        frame = frame.f_back
    return "elsewhere"
