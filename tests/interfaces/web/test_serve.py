"""`einvoice serve` as a process: signals, wrong calls, bodies without a length, bodies that do not come (W08)."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interfaces.calls import call
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.town import site


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("serve")
    with site(folder, "\n[web]\nupload_mb = 1\n") as here, serving(here.place.workplace.file) as made:
        yield made


def _said(server: Server, *pieces: bytes) -> bytes:
    """What the server answers to raw bytes, however far it let us come."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
        except OSError:  # it has answered and hung up
            pass
        answer = b""
        try:
            while more := line.recv(65_536):
                answer += more
        except OSError:
            pass
    return answer


def _head(path: str, *lines: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


def test_a_body_without_a_length_is_cut_off_where_it_is_too_large(server: Server) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.xml"\r\n\r\n'
    begin = f"{len(part):x}".encode() + b"\r\n" + part + b"\r\n"
    form = "Content-Type: multipart/form-data; boundary=b"
    head = _head("/check", "Transfer-Encoding: chunked", "Connection: close", form)
    answer = _said(server, head, begin, *([chunk] * 100))
    assert answer == b"" or b" 413 " in answer.splitlines()[0]
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall(_head("/login", "Connection: close", method="GET"))
        assert line.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET http://evil.example/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["absolute", "two hosts", "no host", "two lengths", "negative", "tls"],
)
def test_what_is_no_request_of_ours_is_refused(server: Server, raw: bytes) -> None:
    answer = _said(server, raw)
    assert answer == b"" or b" 400 " in answer.splitlines()[0]
    assert b"Traceback" not in answer


def test_it_ends_gracefully(tmp_path: Path) -> None:
    with site(tmp_path) as here, serving(here.place.workplace.file) as one:
        one.process.send_signal(signal.SIGTERM)
        _, told = one.process.communicate(timeout=300)
    assert one.process.returncode == 143
    assert "Beendet." in told.decode()


def test_it_is_not_open_to_the_network_without_being_told(tmp_path: Path) -> None:
    with site(tmp_path) as here:
        refused = call("serve", "--config", str(here.place.workplace.file), "--host", "0.0.0.0")
        assert refused.code == 2
        assert "TLS" in refused.err
        wrong = call("serve", "--config", str(here.place.workplace.file), "--tls-key", "x.pem")
        assert wrong.code == 2


def test_a_port_that_is_taken_is_said(server: Server, tmp_path: Path) -> None:
    with site(tmp_path) as here:
        taken = call("serve", "--config", str(here.place.workplace.file), "--port", str(server.port))
    assert taken.code == 2
    assert "Port belegt" in taken.err
    assert "Traceback" not in taken.err
