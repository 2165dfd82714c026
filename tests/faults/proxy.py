"""A door in front of a PostgreSQL server that breaks on purpose: an answer lost, a line cut or slow."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Passes bytes between a socket in `folder` and the server's in `server`, until told to break.

    lose_commit: the answer to the n-th COMMIT from now on never arrives. cut: so many bytes of answers arrive, then
    the line is gone. stall: seconds by which every answer is late. broken: how often a line was broken.
    """

    def __init__(self, folder: Path, server: Path) -> None:
        self.lose_commit: int | None = None
        self.cut: int | None = None
        self.stall = 0.0
        self.broken = 0
        self._server = server
        self._lock = threading.Lock()
        folder.mkdir(parents=True)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(folder / _SOCKET))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def whole(self) -> None:
        """From now on nothing breaks."""
        self.lose_commit, self.cut, self.stall = None, None, 0.0

    def close(self) -> None:
        """Takes no more lines."""
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with (
            client,
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server,
            contextlib.suppress(OSError),
        ):
            server.connect(str(self._server / _SOCKET))
            losing = False
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    said = ready.recv(65536)
                    if not said:
                        return
                    if ready is client:
                        losing = losing or self._is_the_commit(said)
                        server.sendall(said)
                    elif losing or not self._answered(client, said):
                        self.broken += 1
                        return

    def _is_the_commit(self, said: bytes) -> bool:
        with self._lock:
            if self.lose_commit is None or b"COMMIT" not in said:
                return False
            self.lose_commit -= 1
            return self.lose_commit == 0

    def _answered(self, client: socket.socket, said: bytes) -> bool:
        """Passes an answer on; False if the line broke in it."""
        time.sleep(self.stall)
        with self._lock:
            left = len(said) if self.cut is None else min(self.cut, len(said))
            if self.cut is not None:
                self.cut -= left
        client.sendall(said[:left])
        return left == len(said)


@contextlib.contextmanager
def before(server: Path, folder: Path) -> Iterator[Proxy]:
    """A proxy in a new folder, in front of a server's folder."""
    with contextlib.closing(Proxy(folder, server)) as made:
        yield made
