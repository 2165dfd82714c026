"""Messages between a process and a limited one: JSON with raw bytes beside it, so that only data can be sent."""

import functools
import json
import select
import struct
import time
from typing import IO, Any

_HEAD = struct.Struct(">QI")
"""Bytes of JSON, and how many blobs follow; then the size of each, the JSON, the blobs."""

_SIZE = struct.Struct(">Q")
_GULP, _MOST = 1 << 16, 1 << 20


class Pipe:
    """What a pipe brings, read in gulps: what comes after a message waits for the next look."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self._held, self._at = b"", 0
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)

    def exactly(self, size: int, deadline: float | None) -> bytes:
        """The next bytes. Raises EOFError, and TimeoutError past the deadline (`time.monotonic`)."""
        end = self._at + size
        if end <= len(self._held):  # nearly always: messages come several at a time
            part = self._held[self._at : end]
            self._at = end
            return part
        parts = [self._held[self._at :]]
        here = len(parts[0])
        while here < size:
            if deadline is not None and not self._poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
                raise TimeoutError
            part = self.source.read(min(max(size - here, _GULP), _MOST))
            if not part:
                raise EOFError
            parts.append(part)
            here += len(part)
        whole = b"".join(parts)
        self._held, self._at = whole[size:], 0
        return whole[:size]


def send(sink: IO[bytes] | None, value: Any) -> None:
    """Writes a message, whole."""
    blobs: list[bytes] = []
    head = json.dumps(value, default=lambda one: _set_aside(one, blobs)).encode()
    sizes = [_SIZE.pack(len(one)) for one in blobs]
    assert sink is not None
    view = memoryview(b"".join([_HEAD.pack(len(head), len(blobs)), *sizes, head, *blobs]))
    while view:
        view = view[sink.write(view) :]


def receive(source: Pipe, deadline: float | None) -> dict[str, Any]:
    """The next message. Raises EOFError, and TimeoutError past the deadline."""
    length, count = _HEAD.unpack(source.exactly(_HEAD.size, deadline))
    sizes = source.exactly(_SIZE.size * count, deadline) if count else b""
    head = source.exactly(length, deadline)
    blobs = [source.exactly(size, deadline) for (size,) in _SIZE.iter_unpack(sizes)]
    hook = functools.partial(_taken_back, blobs=blobs) if blobs else None
    value: dict[str, Any] = json.loads(head, object_hook=hook)
    return value


def _set_aside(value: Any, blobs: list[bytes]) -> Any:
    """What stands for bytes in the JSON they travel beside."""
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} does not travel between processes")
    blobs.append(value)
    return {"\0bytes": len(blobs) - 1}


def _taken_back(value: dict[str, Any], blobs: list[bytes]) -> Any:
    """The counterpart of `_set_aside`."""
    return blobs[value["\0bytes"]] if "\0bytes" in value else value
