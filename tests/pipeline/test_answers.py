"""Answers: to whom, what they say, and that each goes out at most once, whatever breaks off in between."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlmodel import col, select

from einvoice.errors import ConfigurationError, Refused
from einvoice.intake.smtp import MailSettings
from einvoice.pipeline import sending
from einvoice.pipeline.answering import mail_of
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Creditor, Invoice, Outbox, Tenant
from tests.intake.servers import free_port
from tests.parts import ROOT
from tests.pipeline.mailbox import SAMPLES, at, mail, workplace
from tests.pipeline.place import differences, once

INVOICE = (SAMPLES / "01-skonto.xml").read_bytes()
BROKEN = INVOICE.replace(b"<cbc:DueDate>", b"<cbc:DueDate>x", 1).replace(b"119", b"118", 1)
PROVED = "mail.kommune.example; spf=pass smtp.mailfrom=muster.example; dmarc=pass header.from=muster.example"
SENDER = "<rechnung@muster.example>"


class Post:
    """A mail server that keeps what it gets; `answers` are given instead of 250 after DATA, one each."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        said = self.answers.pop(0) if self.answers else "250 OK"
        if said.startswith("250") or said == "close":
            self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if said == "close":
            assert server.transport is not None
            session.loop.call_soon(server.transport.close)
            await asyncio.sleep(0.2)
        return said


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    handler = Post()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def answering(folder: Path, port: int, mode: str = "send", more: str = "", url: str | None = None) -> Path:
    """A workplace that answers what comes into its inbox."""
    place = workplace(folder, url=url)
    file = place / "einvoice.toml"
    text = file.read_text().replace('path = "inbox"', f'path = "inbox"\nanswer = "{mode}"')
    file.write_text(
        text + f'\n[mail]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        f'sender = "Rechnungseingang <eingang@kommune.example>"\nauthserv_id = "mail.kommune.example"\n{more}\n'
    )
    return place


def arrive(place: Path, name: str, *files: tuple[str, bytes], **headers: str) -> None:
    """A mail as the own mail server would hand it over."""
    said = {"Return_Path": SENDER, "Authentication_Results": PROVED, **headers}
    top = {name.replace("_", "-"): value for name, value in said.items() if value}
    head = "".join(f"{key}: {value}\r\n" for key, value in top.items()).encode()
    (place / "inbox" / f"{name}.eml").write_bytes(head + mail(name, *files))


def outbox(place: Path) -> list[Outbox]:
    with at(place) as here, here.store.reading() as session:
        return list(session.exec(select(Outbox).order_by(col(Outbox.id))))


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_rejected_invoice_is_answered_once_with_its_findings(
    tmp_path: Path, post: tuple[Post, int]
) -> None:
    handler, port = post
    place = answering(tmp_path, port)
    arrive(place, "eins", ("rechnung.xml", BROKEN))
    assert once(place).problems == []
    assert once(place).idle
    ((sender, to, content),) = handler.mails
    message = read(content)
    assert (sender, to) == ("<>", ["rechnung@muster.example"])
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<eins@muster.example>"
    assert "abgelehnt" in message["Subject"]
    with at(place) as here, here.store.reading() as session:
        invoice = session.exec(select(Invoice)).one()
    for text in (part(message, "plain"), part(message, "html")):
        assert invoice.number is not None
        assert invoice.number in text
        assert "EI-XSD" in text
    assert not list(message.iter_attachments())
    assert invoice.iban is None or invoice.iban.encode() not in content
    (row,) = outbox(place)
    assert (row.state, row.recipient) == ("sent", "rechnung@muster.example")
    assert read(mail_of(row)).as_bytes() == message.as_bytes()
    assert differences(place) == []


def test_an_accepted_one_is_told_so_in_english(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, port, more='lang = "en"')
    arrive(place, "eins", ("rechnung.xml", INVOICE))
    once(place)
    text = part(read(handler.mails[0][2]), "plain")
    assert "formally in order" in text
    assert "does not confirm the claim" in text


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto-submitted"),
        ({"Precedence": "bulk"}, "list"),
        ({"List_Id": "<a.b>"}, "list"),
        ({"Return_Path": "<>"}, "null-sender"),
        ({"Return_Path": ""}, "null-sender"),
        ({"Return_Path": "<eingang@kommune.example>"}, "our-own"),
        ({"Return_Path": "<no-reply@muster.example>"}, "nobody-reads-it"),
        ({"X_Auto_Response_Suppress": "OOF, AutoReply"}, "suppressed"),
        ({"Authentication_Results": ""}, "sender-not-proved"),
        ({"Authentication_Results": PROVED.replace("dmarc=pass", "dmarc=fail")}, "sender-not-proved"),
        ({"Authentication_Results": PROVED.replace("mail.kommune", "mail.fremd")}, "sender-not-proved"),
        (
            {
                "Authentication_Results": "mail.kommune.example; dmarc=none\r\nAuthentication-Results: "
                + PROVED
            },
            "sender-not-proved",
        ),
        ({"Return_Path": "<opfer@anderswo.example>"}, "sender-not-proved"),
    ],
)
def test_whom_a_machine_must_not_answer(tmp_path: Path, headers: dict[str, str], why: str) -> None:
    place = answering(tmp_path, 1)
    arrive(place, "eins", ("rechnung.xml", INVOICE), **headers)
    once(place)
    (row,) = outbox(place)
    assert (row.state, row.problem, row.recipient) == ("none", why, None)
    assert differences(place) == []


def test_a_mail_without_an_invoice_gets_no_answer(tmp_path: Path) -> None:
    place = answering(tmp_path, 1)
    arrive(place, "eins", ("bild.pdf", b"%PDF-1.4 no invoice"))
    once(place)
    assert [(row.state, row.problem) for row in outbox(place)] == [("none", "no-invoice")]


def test_off_is_the_default_and_a_town_may_be_more_careful(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, port, mode="off")
    arrive(place, "eins", ("rechnung.xml", INVOICE))
    once(place)
    assert outbox(place) == []
    file = place / "einvoice.toml"
    file.write_text(file.read_text().replace('answer = "off"', 'answer = "send"'))

    with at(place) as here, here.store.writing(people.SERVICE) as work:
        people.set_policy(work, people.tenant(work.session, "musterlippe"), "answers", {"mode": "draft"})
    arrive(place, "zwei", ("rechnung.xml", INVOICE.replace(b"</cbc:ID>", b"-2</cbc:ID>", 1)))
    once(place)
    assert [row.state for row in outbox(place)] == ["draft"]
    assert handler.mails == []
    with at(place) as here:
        assert isinstance(here.workplace.mail, MailSettings)
        done = sending.send_one(here, here.workplace.mail, 1, people.SERVICE, ("draft",))
    assert done is not None
    assert len(handler.mails) == 1
    with at(place) as here, pytest.raises(Refused):
        sending.discard(here, 1, people.SERVICE)
    assert differences(place) == []


def test_a_supplier_on_record_is_answered_there(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, port)
    (place / "inbox" / "a.xml").write_bytes(INVOICE)
    once(place)
    assert [row.problem for row in outbox(place)] == ["sender-not-proved"]
    with at(place) as here, here.store.writing(people.SERVICE) as work:
        invoice = work.session.exec(select(Invoice)).one()
        town = work.session.exec(select(Tenant).where(Tenant.id == invoice.tenant_id)).one()
        row = Creditor(
            tenant_id=town.id or 0,
            name="Muster",
            vat_id=invoice.seller_vat_id,
            mail="buchhaltung@muster.example",
        )
        work.add(row)
        work.session.flush()
        work.event("creditor-added", row)
    (place / "inbox" / "b.xml").write_bytes(INVOICE)
    once(place)
    assert [to for _, to, _ in handler.mails] == [["buchhaltung@muster.example"]]


def later(place: Path) -> None:
    """Makes all answers due now."""
    with at(place) as here, here.store.writing(people.SERVICE) as work:
        for row in work.session.exec(select(Outbox)):
            row.next_at = None
            work.session.add(row)
            work.event("due", row)


def test_what_a_server_says_decides(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, port)
    handler.answers = ["451 later", "554 never", "close"]
    arrive(place, "eins", ("rechnung.xml", BROKEN))
    assert "451" in str(once(place).problems[0])
    assert [row.state for row in outbox(place)] == ["ready"]
    assert once(place).problems == []
    later(place)
    assert "554" in str(once(place).problems[0])
    assert [row.state for row in outbox(place)] == ["failed"]
    arrive(place, "zwei", ("rechnung.xml", BROKEN))
    assert "perhaps sent" in str(once(place).problems[0])
    assert [row.state for row in outbox(place)] == ["failed", "sending"]
    once(place)
    assert len(handler.mails) == 1
    assert differences(place) == []


def test_a_server_that_is_not_there_loses_nothing(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, 1)
    arrive(place, "eins", ("rechnung.xml", BROKEN))
    assert len(once(place).problems) == 1
    file = place / "einvoice.toml"
    file.write_text(file.read_text().replace("port = 1\n", f"port = {port}\n"))
    later(place)
    assert once(place).problems == []
    assert len(handler.mails) == 1


@contextmanager
def deaf(accepted: threading.Event) -> Iterator[int]:
    """A mail server that takes a mail and never says that it did."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client, client.makefile("rb") as lines:
                client.sendall(b"220 deaf\r\n")
                while line := lines.readline():
                    word = line[:4].upper()
                    client.sendall(b"354 go\r\n" if word == b"DATA" else b"250 ok\r\n")
                    if word == b"DATA":
                        while lines.readline() != b".\r\n":
                            pass
                        accepted.set()
                        lines.readline()
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])


def test_killed_between_sending_and_noting_it_is_never_sent_twice(
    tmp_path: Path, post: tuple[Post, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, port = post
    accepted = threading.Event()
    with deaf(accepted) as there:
        place = answering(tmp_path, there)
        arrive(place, "eins", ("rechnung.xml", BROKEN))
        command = [sys.executable, "-c", _RUN, str(place)]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ})
        assert accepted.wait(60)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    file = place / "einvoice.toml"
    file.write_text(file.read_text().replace(f"port = {there}\n", f"port = {port}\n"))
    assert once(place).problems == []
    monkeypatch.setattr(sending, "_STALE", sending._STALE * 0)
    assert "perhaps sent" in str(once(place).problems[0])
    assert [row.state for row in outbox(place)] == ["sending"]
    assert handler.mails == []
    with at(place) as here:
        assert here.workplace.mail is not None
        sending.send_one(here, here.workplace.mail, 1, people.SERVICE, ("sending",))
    assert len(handler.mails) == 1
    assert differences(place) == []


_RUN = """import sys; from pathlib import Path; from tests.pipeline.place import once
once(Path(sys.argv[1]))"""


def test_no_more_than_a_few_an_hour(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, port)
    for number in range(7):
        text = BROKEN.replace(b"</cbc:ID>", f"-{number}</cbc:ID>".encode(), 1)
        arrive(place, f"nr{number}", ("rechnung.xml", text))
    once(place)
    assert len(handler.mails) == 5
    assert [row.state for row in outbox(place)].count("ready") == 2


def test_a_template_of_ones_own_is_in_a_sandbox(tmp_path: Path, post: tuple[Post, int]) -> None:
    handler, port = post
    place = answering(tmp_path, port, more='templates = "briefe"')
    letters = place / "briefe"
    letters.mkdir()
    template = letters / "de.txt.j2"
    arrive(place, "eins", ("rechnung.xml", BROKEN))
    for bad in ("{{ ''.__class__.__mro__ }}", "{{ unknown }}", "{% for %}", "{{ 1 / 0 }}"):
        template.write_text(bad)
        assert "de.txt.j2" in str(once(place).problems[0])
    template.write_text("{% for one in invoices %}Nr. {{ one.number }}{% endfor %} <b>")
    assert once(place).problems == []
    message = read(handler.mails[0][2])
    assert part(message, "plain").startswith("Nr. ")
    assert "&lt;b&gt;" in part(message, "html")


def test_a_mistake_in_the_table_is_named(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    file = place / "einvoice.toml"
    text = file.read_text()
    for wrong, told in (
        ('host = "h"', "[mail], sender: is missing"),
        ('host = "h"\nsender = "nobody"', "sender: one mail address"),
        ('host = "h"\nsender = "a@b.de"\nsecret = "x"', "[mail], secret: unknown setting"),
        ('host = "h"\nsender = "a@b.de"\ntls = "none"', "only to this machine"),
    ):
        file.write_text(f"{text}\n[mail]\n{wrong}\n")
        with pytest.raises(ConfigurationError) as raised, opened(read_workplace(file)):
            pass
        assert told in str(raised.value)
