"""Answers of a run in a file, so that one that was broken off goes on where it stopped: one answer for each run, name
and digest, however often it is given."""

import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from einvoice.errors import UsageError

_EVERY = 1.0
"""Seconds between two commits: so much is done again at most after a kill."""


class Kept:
    """The answers to one question (whatever decides them, as plain values) in a file, made where it is missing.

    Raises UsageError where the file is none of ours or cannot be used.
    """

    def __init__(self, file: Path, question: Mapping[str, Any]) -> None:
        self._run = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
        self._committed = time.monotonic()
        self.found = 0
        try:
            self._file = sqlite3.connect(file, isolation_level=None)
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS answer (run TEXT, sha256 TEXT, name TEXT, value BLOB, "
                "PRIMARY KEY (run, sha256, name)) WITHOUT ROWID"
            )
            self._file.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise UsageError(
                f"{file}: cannot be used to resume ({error}). Name another file with --resume.",
                f"{file}: zum Wiederaufnehmen nicht brauchbar ({error}). Bitte mit --resume eine andere nennen.",
            ) from None

    def answer(self, name: str, data: bytes) -> Any:
        """What was answered about these bytes under this name; None if nothing was."""
        query = "SELECT value FROM answer WHERE run = ? AND sha256 = ? AND name = ?"
        row = self._file.execute(query, self._key(name, data)).fetchone()
        self.found += row is not None
        return json.loads(zlib.decompress(row[0])) if row else None

    def keep(self, name: str, data: bytes, answer: Any) -> None:
        """Keeps an answer, in place of one that was there."""
        value = zlib.compress(json.dumps(answer).encode(), 1)
        self._file.execute(
            "INSERT INTO answer VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (*self._key(name, data), value),
        )
        if time.monotonic() - self._committed > _EVERY:
            self._file.execute("COMMIT")
            self._file.execute("BEGIN IMMEDIATE")
            self._committed = time.monotonic()

    def close(self) -> None:
        """Makes all that was kept lasting."""
        self._file.execute("COMMIT")
        self._file.close()

    def _key(self, name: str, data: bytes) -> tuple[str, str, str]:
        return self._run, hashlib.sha256(data).hexdigest(), ascii(name)
