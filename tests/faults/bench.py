"""A workplace that is disturbed on purpose, what was handed to it, and what must hold once it has come to rest.

The invariants (I1 to I6) are looked up past einvoice where that can be done: bytes on disk, plain SHA-256, the mails
that a server of our own got.
"""

import contextlib
import hashlib
import os
import random
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from io import BytesIO
from pathlib import Path

from aiosmtpd.controller import Controller
from sqlmodel import col, select

from einvoice import data
from einvoice.pipeline.publishing import newest
from einvoice.pipeline.receiving import storable
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store.tables import Delivery, Event, Identity, Invoice, Outbox, Report
from einvoice.store.verify import verify
from tests import cluster
from tests.intake.servers import free_port
from tests.pipeline.mailbox import mail
from tests.pipeline.place import once
from tests.pipeline.test_answers import PROVED, SENDER, Post, answering

SAMPLES = data.folder("samples")
OURS, THEIRS = (SAMPLES / "01-skonto.xml").read_bytes(), (SAMPLES / "02-gutschrift.xml").read_bytes()
NOBODYS = (SAMPLES / "10-unbekannte-leitweg-id.xml").read_bytes()
KINDS = ("own", "own", "own", "nobody", "none", "again", "odd", "mail", "mixed")
QUIET = ("own", "own", "nobody", "none", "again", "odd")
"""Without containers, which are opened in a process of their own that takes a moment to start."""


@dataclass
class Bench:
    """One workplace and all that was put into its inbox. post: the mail server that gets its answers; url: of a store
    on a server.
    """

    folder: Path
    url: str | None = None
    post: Post = field(default_factory=Post)
    put_in: list[tuple[str, str, str]] = field(default_factory=list)
    """(kind, name, SHA-256) of every file."""

    _bytes: list[bytes] = field(default_factory=list)

    @property
    def inbox(self) -> Path:
        """Where files are put."""
        return self.folder / "inbox"

    def put(self, kind: str) -> Path:
        """Puts a new file of a kind into the inbox, complete at once."""
        number = len(self.put_in)
        name, content = _file(kind, number, self._bytes)
        path = self.inbox / name
        part = self.inbox / f"{number}.part"
        part.write_bytes(content)
        part.rename(path)
        self._bytes.append(content)
        self.put_in.append((kind, name, hashlib.sha256(content).hexdigest()))
        return path

    def violations(self) -> list[str]:
        """Comes to rest with an undisturbed run, then says what does not hold."""
        once(self.folder)
        with self.at() as place:
            found = [*self._each_once(place), *self._archived(), *self._answered(place), *_proved(place)]
            before = _events(place)
        again = once(self.folder)
        with self.at() as place:
            if not again.idle or _events(place) != before:
                found.append(f"I6: a further run did something: {before} events, then {_events(place)}")
        return found

    @contextlib.contextmanager
    def at(self) -> Iterator[Opened]:
        """The workplace, opened."""
        with opened(read_workplace(self.folder / "einvoice.toml")) as place:
            yield place

    def _each_once(self, place: Opened) -> Iterator[str]:
        """I1, I3: every file is one delivery with its invoices and their reports; none can be paid twice.

        A verdict that a busy machine did not give in time stands before the one that was.
        """
        with place.store.reading() as session:
            rows = list(session.exec(select(Delivery)))
            invoices = list(session.exec(select(Invoice)))
            reports: defaultdict[int, list[str]] = defaultdict(list)
            for report in session.exec(select(Report).order_by(col(Report.id))):
                reports[report.invoice_id].append((report.content or {})["report"]["verdict"])
            identities = Counter((i.tenant_id, i.kind, i.value) for i in session.exec(select(Identity)))
        wanted = Counter((storable(name), digest) for _, name, digest in self.put_in)
        there = Counter((row.name, row.sha256) for row in rows)
        if there != wanted:
            yield f"I1: deliveries missing {wanted - there}, too many {there - wanted}"
        per_delivery = Counter(row.delivery_id for row in invoices)
        pairs = {digest for kind, _, digest in self.put_in if kind == "mixed"}
        for row in rows:
            count = 2 if row.sha256 in pairs else 1
            if row.state not in ("checked", "routed") or per_delivery[row.id or 0] != count:
                yield f"I1: delivery {row.name} is {row.state} with {per_delivery[row.id or 0]} invoices"
        for one in invoices:
            *before, last = reports[one.id or 0] or ["none"]
            if one.state in ("checked", "unchecked") or last == "none" or set(before) - {"unchecked"}:
                yield f"I1: invoice {one.id} of {one.file} is {one.state} after the verdicts {[*before, last]}"
        payable = Counter((i.tenant_id, i.sha256) for i in invoices if i.state == "routed")
        yield from (f"I3: payable twice: {one}" for one, n in payable.items() if n > 1)
        yield from (f"I3: identity twice: {one}" for one, n in identities.items() if n > 1)

    def _archived(self) -> Iterator[str]:
        """I1, I2: the bytes lie in the archive, once per area, and in the processed folder; nothing half anywhere."""
        root = self.folder / "data" / "archive"
        held = set()
        for path in root.rglob("*"):
            if path.is_file() and path.name != "einvoice-archive.json":
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                held.add(digest)
                if digest != path.name:
                    yield f"I2: {path.relative_to(root)} holds other bytes"
        for _, name, digest in self.put_in:
            if digest not in held:
                yield f"I2: the bytes of {name!r} are not in the archive"
        left = [path.name for path in self.inbox.iterdir() if path.is_file()]
        aside = Counter(
            hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.inbox / "processed").glob("*")
        )
        if left or aside != Counter(digest for _, _, digest in self.put_in):
            yield f"I1: left in the inbox {left}; set aside {sum(aside.values())} of {len(self.put_in)}"

    def _answered(self, place: Opened) -> Iterator[str]:
        """I4: no delivery is answered twice, none that is to be answered is forgotten."""
        with place.store.reading() as session:
            rows = list(session.exec(select(Outbox).where(col(Outbox.delivery_id).is_not(None))))
        got = Counter(message_from_bytes(mail)["Message-ID"] for _, _, mail in self.post.mails)
        yield from (f"I4: {one} was sent {n} times" for one, n in got.items() if n > 1)
        wanted = sum(kind == "mail" for kind, _, _ in self.put_in)
        decided = [row for row in rows if row.state in ("sent", "sending", "ready", "failed")]
        if len({row.delivery_id for row in rows}) != len(rows) or len(decided) != wanted:
            yield f"I4: {wanted} mails, {len(decided)} answers decided, states {Counter(r.state for r in rows)}"
        if sum(row.state == "sent" for row in rows) > len(got):
            yield "I4: an answer is noted as sent that nobody got"


def _proved(place: Opened) -> Iterator[str]:
    """I5: `archive verify` finds nothing, against the newest published head too."""
    yield from (f"I5: {one.code} {one.where}" for one in verify(place.store, place.archive))
    for _, head in newest(place):
        yield from (f"I5: against the head: {one.code}" for one in verify(place.store, place.archive, head))


def _events(place: Opened) -> int:
    with place.store.reading() as session:
        return len(session.exec(select(Event.id)).all())


def _file(kind: str, number: int, before: list[bytes]) -> tuple[str, bytes]:
    """Name and bytes of the number-th file."""
    tag = f"{number:05d}"
    if kind == "again" and before:
        return f"{tag}-again.xml", random.Random(number).choice(before)
    if kind == "mail":
        sender = (
            f"Return-Path: {SENDER.replace('rechnung', 'r' + tag)}\r\nAuthentication-Results: {PROVED}\r\n"
        )
        text = mail(f"Rechnung {tag}", ("rechnung.xml", numbered(OURS, tag)))
        return f"{tag}.eml", sender.encode() + text.replace(
            b"rechnung@muster", b"r" + tag.encode() + b"@muster"
        )
    if kind == "mixed":
        made = BytesIO()
        with zipfile.ZipFile(made, "w") as packed:
            packed.writestr("a.xml", numbered(OURS, tag))
            packed.writestr("b.xml", numbered(THEIRS, tag))
        return f"{tag}.zip", made.getvalue()
    if kind == "odd":
        return os.fsdecode(b"Gl\xe4ser \\xe4 " + tag.encode() + b".xml"), numbered(OURS, tag)
    texts = {"nobody": numbered(NOBODYS, tag), "none": b"no invoice " + tag.encode()}
    return f"{tag}-{kind}.xml", texts.get(kind, numbered(OURS, tag))


def numbered(invoice: bytes, tag: str) -> bytes:
    """A sample with a number of its own."""
    start = invoice.index(b"<cbc:ID>") + len(b"<cbc:ID>")
    end = invoice.index(b"</cbc:ID>", start)
    return invoice[:start] + b"F-" + tag.encode() + invoice[end:]


@contextlib.contextmanager
def bench(folder: Path, store: str = "sqlite", host: Path | None = None) -> Iterator[Bench]:
    """A new workplace on a kind of store, with a mail server that gets its answers, and a folder for heads.

    host: another folder by which the server is reached.
    """
    post, port = Post(), free_port()
    server = Controller(post, hostname="127.0.0.1", port=port)
    server.start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        url = stack.enter_context(cluster.database(host)) if store == "postgres" else None
        folder.mkdir(parents=True, exist_ok=True)
        place = answering(folder, port, more="per_hour = 100000", url=url)
        (folder / "heads").mkdir()
        with (place / "einvoice.toml").open("a") as file:
            file.write(f'\n[heads]\nfolders = ["{folder}/heads"]\n')
        yield Bench(place, url, post)
