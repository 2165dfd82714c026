"""Real servers on 127.0.0.1 for a test: dovecot with or without TLS, a proxy that cuts, S3, SFTP, WebDAV."""

import base64
import contextlib
import datetime
import getpass
import hmac
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSWORD = "geheim-4711"
USER = "rechnung"

_DOVECOT = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
auth_failure_delay = 0
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_save_crlf = yes
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{more}
"""


def free_port() -> int:
    """A port nobody listens on, and none that the system gives to somebody before our server has begun."""
    while True:
        port = secrets.choice(range(10_000, 30_000))
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def reachable(port: int, seconds: float = 90) -> None:
    """Waits until something listens."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@dataclass
class Mailserver:
    """A dovecot of its own. port: plain and STARTTLS; tls_port: implicit TLS; authority: the PEM that vouches."""

    folder: Path
    port: int
    tls_port: int
    authority: Path

    def mails(self, box: str = "INBOX", user: str = USER) -> list[bytes]:
        """What lies in a folder, as bytes, sorted; deleted ones left out."""
        root = self.folder / "mail" / user
        place = root if box == "INBOX" else root / f".{box}"
        found = [path for part in ("cur", "new") for path in (place / part).glob("*")]
        return sorted(p.read_bytes() for p in found if "T" not in p.name.partition(":2,")[2])


@contextlib.contextmanager
def dovecot(more: str = "") -> Iterator[Mailserver]:
    """A mail server with empty mailboxes; every user's password is PASSWORD."""
    folder = Path(tempfile.mkdtemp(prefix="einvoice-dovecot-"))
    folder.chmod(0o755)
    root = os.geteuid() == 0
    me = getpass.getuser()
    (folder / "mail").mkdir()
    (folder / "mail").chmod(0o777)
    certificate(folder)
    port, tls_port = free_port(), free_port()
    names = {
        "internal": "root" if root else me,
        "internal_group": "root" if root else _group(),
        "login": "dovenull" if root else me,
        "owner": "nobody" if root else me,
        "group": "nogroup" if root else _group(),
    }
    text = _DOVECOT.format(folder=folder, password=PASSWORD, port=port, tls_port=tls_port, more=more, **names)
    (folder / "dovecot.conf").write_text(text.replace("FOLDER", str(folder)))
    (folder / "keys/default/HS256").mkdir(parents=True)
    (folder / "keys/default/HS256/default").write_bytes(base64.b64encode(PASSWORD.encode()))
    (folder / "oauth2.conf").write_text(
        f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
        "username_attribute = sub\n"
    )
    process = subprocess.Popen(
        ["dovecot", "-c", str(folder / "dovecot.conf"), "-F"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        reachable(port)
        yield Mailserver(folder, port, tls_port, folder / "server.pem")
    finally:
        process.terminate()
        process.wait(60)
        assert process.stderr is not None
        process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


OAUTH2 = """auth_mechanisms = plain xoauth2
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = FOLDER/oauth2.conf
}"""
"""What `dovecot` needs to take access tokens: JSON Web Tokens signed with PASSWORD (see `token`)."""


def token(user: str) -> str:
    """An access token for a user, good for five minutes."""

    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    now = int(time.time())
    said = {"sub": user, "iat": now - 1, "exp": now + 300}
    body = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(said).encode())
    return (body + b"." + part(hmac.digest(PASSWORD.encode(), body, "sha256"))).decode()


def _group() -> str:
    import grp

    return grp.getgrgid(os.getegid()).gr_name


def certificate(folder: Path) -> None:
    """`server.pem` and `server.key` for localhost, valid for a day, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    (folder / "server.key").chmod(0o600)


@dataclass
class Cutter:
    """A proxy before a server. lines: cuts before it passes on the client's line of this number (0: never);
    answers: cuts after this many bytes of the server. seen: lines of the client in the last connection."""

    port: int
    lines: int = 0
    answers: int = 0
    cuts: int = 0
    seen: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def cutter(target: int) -> Iterator[Cutter]:
    """A proxy that breaks connections off where it is told to; afterwards it passes everything on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        proxy = Cutter(server.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, proxy, target), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.stopped.set()
            thread.join(5)


def _serve(server: socket.socket, proxy: Cutter, target: int) -> None:
    while not proxy.stopped.is_set():
        with contextlib.suppress(TimeoutError):
            client, _ = server.accept()
            threading.Thread(target=_pass, args=(client, proxy, target), daemon=True).start()


def _pass(client: socket.socket, proxy: Cutter, target: int) -> None:
    with client, socket.create_connection(("127.0.0.1", target)) as upstream:
        back = threading.Thread(target=_back, args=(upstream, client, proxy), daemon=True)
        back.start()
        proxy.seen = 0
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                proxy.seen += data.count(b"\n")
                if proxy.lines and proxy.seen >= proxy.lines:
                    proxy.lines = 0
                    _cut(proxy, client, upstream)
                    break
                upstream.sendall(data)
        _end(client, upstream)
        back.join(5)


def _back(upstream: socket.socket, client: socket.socket, proxy: Cutter) -> None:
    passed = 0
    with contextlib.suppress(OSError):
        while data := upstream.recv(65536):
            if proxy.answers and passed + len(data) >= proxy.answers:
                client.sendall(data[: proxy.answers - passed])
                proxy.answers = 0
                _cut(proxy, client, upstream)
                return
            passed += len(data)
            client.sendall(data)
    _end(client, upstream)


def _cut(proxy: Cutter, *ends: socket.socket) -> None:
    proxy.cuts += 1
    _end(*ends)


def _end(*ends: socket.socket) -> None:
    for one in ends:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bucket(name: str) -> Iterator[tuple[str, Any]]:
    """An S3 service with one bucket: its URL, and a client."""
    import boto3  # type: ignore[import-untyped]
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=url,
            aws_access_key_id=USER,
            aws_secret_access_key=PASSWORD,
            region_name="eu-central-1",
        )
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield url, client
        client.close()
    finally:
        server.stop()


@dataclass
class Sftp:
    """An SSH server: its port, the client's key file, and the file that knows the server's key."""

    port: int
    key: Path
    known: Path


@contextlib.contextmanager
def sftp() -> Iterator[Sftp]:
    """An sshd of its own, for the account of the test."""
    folder = Path(tempfile.mkdtemp(prefix="einvoice-sshd-"))
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copyfile(folder / "client.pub", folder / "authorized")
    port = free_port()
    (folder / "sshd.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nPasswordAuthentication no\n"
        f"PermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {' '.join((folder / 'host.pub').read_text().split()[:2])}\n")
    command = [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        reachable(port)
        yield Sftp(port, folder / "client", known)
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


_WEBDAV = """
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
root, port, user, password = sys.argv[1:]
app = WsgiDAVApp({
    "provider_mapping": {"/": root}, "verbose": 0, "logging": {"enable": False},
    "simple_dc": {"user_mapping": {"*": {user: {"password": password}}}},
})
wsgi.Server(("127.0.0.1", int(port)), app).start()
"""


@contextlib.contextmanager
def webdav(folder: Path) -> Iterator[int]:
    """A WebDAV server over a folder; its port."""
    port = free_port()
    command = [sys.executable, "-c", _WEBDAV, str(folder), str(port), USER, PASSWORD]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        reachable(port)
        yield port
    finally:
        process.terminate()
        process.wait(60)
