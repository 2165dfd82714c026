"""Telling systemd that a service is ready, alive and about to stop (sd_notify): datagrams to a socket it names."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

PATIENCE = 1800.0
"""Seconds in which the work may make no step before the watchdog is left to bite."""


class Supervisor:
    """Whoever started this process, if that is systemd with Type=notify; else nobody, and nothing is sent."""

    def __init__(self, environment: "os._Environ[str] | dict[str, str]" = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        stated = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.pause = int(stated) / 2_000_000 if stated.isdigit() and ours else None
        self._moved = time.monotonic()

    def tell(self, *said: str) -> None:
        """Sends `READY=1`, `STATUS=…`; a supervisor that is gone is no error."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(address)
            channel.sendall("\n".join(said).encode())

    def moved(self) -> None:
        """The work has made a step."""
        self._moved = time.monotonic()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Meanwhile the watchdog is kept quiet, as long as the work makes steps."""
        if self.pause is None:
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=self._beat, args=(done, self.pause), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _beat(self, done: threading.Event, pause: float) -> None:
        while not done.wait(pause):
            if time.monotonic() - self._moved < PATIENCE:
                self.tell("WATCHDOG=1")
