"""The real server, as a process of its own on this machine."""

import contextlib
import os
import pty
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.intake.servers import free_port

BEGIN = "from einvoice.interfaces.cli import main; main()"


@dataclass(frozen=True)
class Server:
    """A running server: its port and process."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def at_a_terminal(home: Path, lang: str) -> Iterator[tuple[Server, str]]:
    """`einvoice serve` as a person starts it, whose terminal shows a link: the server, and that link."""
    ours, theirs = pty.openpty()
    try:
        environment = {**os.environ, "LANG": f"{lang}_{lang.upper()}.UTF-8", "EINVOICE_LANG": lang}
        with serving(home, stderr=theirs, environment=environment) as server:
            said = b""
            while not (link := re.search(rb"http://127\.0\.0\.1:\d+(/welcome/[\w-]{43})", said)):
                said += os.read(ours, 4096)
            yield server, link[1].decode()
    finally:
        os.close(ours)
        os.close(theirs)


@contextlib.contextmanager
def serving(
    home: Path, *more: str, stderr: int = subprocess.PIPE, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """`einvoice serve` on a workplace, until the end of the block."""
    port = free_port()
    command = [sys.executable, "-c", BEGIN, "serve", "--config", str(home), "--port", str(port), *more]
    process = subprocess.Popen(command, stderr=stderr, env=environment)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.02)
        yield Server(port, process)
    finally:
        process.kill()
        process.communicate()
