"""Receivers of exports that misbehave on purpose: an HTTP service that cuts its answers, by what is told."""

import contextlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Receiver:
    """An HTTP service. moods: what it does with the next requests, the last one for good; kept: bodies by key."""

    moods: list[str] = field(default_factory=lambda: ["take"])
    kept: dict[str, bytes] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        """Takes, refuses, or takes and does not say so."""
        ours = self.receiver
        mood = ours.moods.pop(0) if len(ours.moods) > 1 else ours.moods[0]
        if mood == "cut before":
            self.connection.close()
            return
        body = self.rfile.read(int(self.headers["Content-Length"]) // (2 if mood == "cut within" else 1))
        if mood == "cut within":
            self.connection.close()
            return
        key = self.headers["Idempotency-Key"]
        ours.keys.append(key)
        ours.heads.append(dict(self.headers))
        if mood == "refuse":
            self.send_error(503)
            return
        if mood == "elsewhere":
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:1/stolen")
            self.end_headers()
            return
        ours.kept.setdefault(key, body)
        if mood == "cut after":
            self.connection.close()
            return
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the library
        """Says nothing."""


@contextlib.contextmanager
def receiver(*moods: str, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on this machine, for a while."""
    ours = Receiver(list(moods) or ["take"])
    handler = type("Handler", (_Handler,), {"receiver": ours})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_address[1]
        ours.url = f"https://localhost:{port}/in" if tls else f"http://127.0.0.1:{port}/in"
        try:
            yield ours
        finally:
            server.shutdown()
            thread.join()
