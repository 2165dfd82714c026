"""A workplace whose sources a test writes itself, and mails with invoices in them."""

import imaplib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sqlmodel import col, select

from einvoice import data
from einvoice.errors import EinvoiceError
from einvoice.pipeline.fetching import fetch
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store.leases import new_holder
from einvoice.store.store import Store
from einvoice.store.tables import Delivery
from tests.intake.servers import PASSWORD, USER, Mailserver
from tests.pipeline.place import begun

SAMPLES = data.folder("samples")


def workplace(folder: Path, *tables: str, url: str | None = None) -> Path:
    """A demo workplace with an empty inbox, and these further `[[source]]` tables; url: of another store."""
    place = begun(folder / "place", url)
    for path in place.inbox.iterdir():
        path.unlink()
    (folder / "place" / "secret").write_text(PASSWORD + "\n")
    (folder / "place" / "secret").chmod(0o600)
    with place.file.open("a", encoding="utf-8") as file:
        file.writelines(f"\n[[source]]\n{table}\n" for table in tables)
    read_workplace(place.file)
    return place.file.parent


def imap(port: int, **more: object) -> str:
    """The table of a mailbox on this machine, without TLS."""
    said = {
        "name": "post",
        "kind": "imap",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "user": USER,
        **more,
    }
    return "\n".join(f"{k} = {_toml(v)}" for k, v in said.items()) + '\npassword = { file = "secret" }'


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, (bool, int, float)) else f'"{value}"'


def mail(subject: str, *files: tuple[str, bytes], **headers: str) -> bytes:
    """A mail with attachments, as it lies in a mailbox."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Firma Muster <rechnung@muster.example>"
    message["To"] = "Rechnungseingang <eingang@kommune.example>"
    message["Subject"] = subject
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@muster.example>"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content("Guten Tag,\nanbei unsere Rechnung.\n")
    for name, content in files:
        kind = ("application", "pdf") if name.endswith(".pdf") else ("application", "xml")
        message.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name)
    return message.as_bytes()


def put(server: Mailserver, *mails: bytes, user: str = USER) -> None:
    """Lays mails into the mailbox, in this order."""
    with logged_in(server, user) as client:
        for one in mails:
            client.append("INBOX", "", "", one)


@contextmanager
def logged_in(server: Mailserver, user: str = USER) -> Iterator[imaplib.IMAP4]:
    """A client of the mail server that is not ours."""
    client = imaplib.IMAP4("127.0.0.1", server.port)
    client.login(user, PASSWORD)
    try:
        yield client
    finally:
        client.logout()


def deliveries(place: Path) -> list[Delivery]:
    """All deliveries in the order they came."""
    with (
        closing(Store(read_workplace(place / "einvoice.toml").store_url)) as store,
        store.reading() as session,
    ):
        return list(session.exec(select(Delivery).order_by(col(Delivery.id))))


def archived(place: Path) -> dict[str, bytes]:
    """What the archive holds, by name."""
    root = place / "data" / "archive"
    return {
        path.name: path.read_bytes() for path in root.rglob("*") if path.is_file() and len(path.name) == 64
    }


@contextmanager
def at(place: Path) -> Iterator[Opened]:
    """The workplace, opened."""
    with opened(read_workplace(place / "einvoice.toml")) as here:
        yield here


def fetched(place: Path) -> list[EinvoiceError]:
    """Fetches the mailbox once; the problems."""
    with at(place) as here:
        sources = here.workplace.source_named("post")
        return [problem for one in fetch(here, sources, new_holder()) for problem in one.problems]
