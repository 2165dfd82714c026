"""A real mailbox: every mail is stored once and none is lost, wherever the connection is cut."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.pipeline.run import run
from einvoice.pipeline.surveying import survey
from tests.faults.forks import forks
from tests.intake.servers import OAUTH2, PASSWORD, USER, Mailserver, cutter, dovecot, token
from tests.parts import ROOT, needs
from tests.pipeline.mailbox import (
    SAMPLES,
    archived,
    at,
    deliveries,
    fetched,
    imap,
    logged_in,
    mail,
    put,
    workplace,
)
from tests.pipeline.place import differences, end_state, once

pytestmark = needs("dovecot")
INVOICE = (SAMPLES / "01-skonto.xml").read_bytes()
FULL = bool(os.environ.get("EINVOICE_FULL"))


@pytest.fixture(scope="module")
def server() -> Iterator[Mailserver]:
    with dovecot() as made:
        yield made


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A mailbox of the test's own."""
    return "u" + hashlib.sha256(request.node.name.encode()).hexdigest()[:12]


def test_a_mail_is_kept_whole_and_then_moved(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    put(server, mail("eins", ("rechnung.xml", INVOICE)), mail("zwei", ("bild.pdf", b"%PDF-1.4")), user=user)
    before = server.mails(user=user)
    assert once(place).problems == []
    assert server.mails(user=user) == []
    assert server.mails("processed", user) == before
    assert set(archived(place).values()) == set(before)
    assert [one.name for one in deliveries(place)] == ["mail-000001.eml", "mail-000002.eml"]
    assert [row[3] for row in end_state(place)["invoices"]] == ["accepted", "rejected"]
    assert differences(place) == []
    assert once(place).idle


@pytest.mark.parametrize("after", ["flag", "keep"])
def test_a_mailbox_may_be_left_as_it_is(server: Mailserver, user: str, tmp_path: Path, after: str) -> None:
    place = workplace(tmp_path, imap(server.port, user=user, after=after))
    put(server, mail("eins", ("rechnung.xml", INVOICE)), user=user)
    assert once(place).received == 1
    assert once(place).idle
    with logged_in(server, user) as client:
        client.select(readonly=True)
        flags = client.fetch("1", "(FLAGS)")[1][0]
    assert isinstance(flags, bytes)
    assert (b"einvoice" in flags) == (after == "flag")
    assert b"Seen" not in flags


def test_a_folder_made_anew_brings_no_mail_twice(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user, after="keep", folder="Rechnungen"))
    one, two = mail("eins", ("rechnung.xml", INVOICE)), mail("zwei", ("rechnung.xml", INVOICE))
    for mails in ([one], [one, two]):
        with logged_in(server, user) as client:
            client.delete("Rechnungen")
            client.create("Rechnungen")
            for text in mails:
                client.append("Rechnungen", "", "", text)
        assert fetched(place) == []
    stored = deliveries(place)
    assert [row.sha256 for row in stored] == [hashlib.sha256(text).hexdigest() for text in (one, two)]
    assert len({row.handle.split(";")[1] for row in stored}) == 2


def _cut_everywhere(server: Mailserver, user: str, place: Path, port: int, how: str, where: range) -> None:
    """Two mails before each cut; then runs until nothing is left over. All mails are stored once and set aside."""
    with cutter(port) as proxy:
        settings = place / "einvoice.toml"
        settings.write_text(settings.read_text().replace(f"port = {port}", f"port = {proxy.port}"))
        sent: list[bytes] = []
        for number in where:
            new = [mail(f"{how} {number} {i}", ("rechnung.xml", INVOICE)) for i in range(2)]
            put(server, *new, user=user)
            sent += new
            setattr(proxy, how, number)
            for _ in range(4):
                if fetched(place) == []:
                    break
            else:
                raise AssertionError(f"cut at {number}: never done")
            proxy.lines = proxy.answers = 0
    assert sorted(one.sha256 for one in deliveries(place)) == sorted(
        hashlib.sha256(one).hexdigest() for one in sent
    )
    assert sorted(archived(place).values()) == sorted(sent)
    assert server.mails(user=user) == []
    assert set(server.mails("processed", user)) == set(sent)
    assert proxy.cuts >= min(len(where), 12)
    assert differences(place) == []


def test_cut_before_every_command(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    _cut_everywhere(server, user, place, server.port, "lines", range(1, 20))


def test_cut_within_every_answer(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    _cut_everywhere(server, user, place, server.port, "answers", range(20, 40_000, 97 if FULL else 2_003))


def test_cut_where_a_server_cannot_move(tmp_path: Path) -> None:
    with dovecot("imap_capability = IMAP4rev1 UIDPLUS") as server:
        place = workplace(tmp_path, imap(server.port))
        _cut_everywhere(server, USER, place, server.port, "lines", range(1, 24))


def test_killed_around_fetch_and_acknowledgement(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    sent = [mail(f"kill {n}", ("rechnung.xml", INVOICE)) for n in range(6)]
    put(server, *sent, user=user)
    killed = 0
    with forks() as warm:
        for delay in (0.01 * n for n in range(1, 40)) if FULL else (0.05, 0.12):
            begun = warm.begin(place, what="fetch")
            time.sleep(delay)
            killed += warm.end(begun, kill=True).code == -signal.SIGKILL
        assert killed
        both = [warm.begin(place, what="fetch") for _ in range(2)]
        ended = [warm.end(one) for one in both]
    assert {one.code for one in ended} <= {0, 3}, ended
    assert fetched(place) == []
    assert sorted(one.sha256 for one in deliveries(place)) == sorted(
        hashlib.sha256(one).hexdigest() for one in sent
    )
    assert server.mails(user=user) == []
    assert sorted(server.mails("processed", user)) == sorted(sent)
    assert differences(place) == []


def test_a_mail_too_big_is_named_and_stays(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user, limit_mb=1))
    put(server, mail("riesig", ("gross.pdf", b"%PDF" + os.urandom(900_000))), mail("klein"), user=user)
    problems = fetched(place)
    assert len(problems) == 1
    assert "limit_mb" in str(problems[0])
    assert len(deliveries(place)) == 1
    assert len(server.mails(user=user)) == 1


def test_pdf_and_xml_of_one_invoice_in_one_mail_are_one_case(
    server: Mailserver, user: str, tmp_path: Path
) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    pdf = (SAMPLES / "04-zugferd.pdf").read_bytes()
    from einvoice.formats.delivery import open_delivery

    twin = open_delivery(pdf).documents[0].data.replace(b"<?xml", b"<?xml", 1) + b"\n"
    put(server, mail("zwilling", ("rechnung.xml", twin), ("rechnung.pdf", pdf)), user=user)
    assert once(place).problems == []
    with at(place) as here, here.store.reading() as session:
        from sqlmodel import select

        from einvoice.store.tables import Invoice

        rows = session.exec(select(Invoice)).all()
    assert [row.state for row in rows] == ["routed", "duplicate"]
    assert rows[1].duplicate_of == rows[0].id


def test_one_dead_source_stops_no_other_and_no_secret_is_told(
    server: Mailserver, user: str, tmp_path: Path
) -> None:
    dead = imap(1, name="tot")
    wrong = imap(server.port, name="falsch", user="nobody-here") + "\n"
    place = workplace(tmp_path, dead, imap(server.port, user=user), wrong)
    (place / "secret2").write_text("verkehrt-0815")
    (place / "secret2").chmod(0o600)
    settings = place / "einvoice.toml"
    head, _, tail = settings.read_text().rpartition("secret")
    settings.write_text(head + "secret2" + tail)
    put(server, mail("eins", ("rechnung.xml", INVOICE)), user=user)
    (place / "inbox" / "a.xml").write_bytes(INVOICE)
    summary = once(place)
    assert summary.received == 2
    told = [problem.said("de") for problem in summary.problems]
    assert [text.partition(":")[0] for text in told] == ["tot", "falsch"]
    assert "nicht erreichbar" in told[0]
    assert "Anmeldung" in told[1]
    assert not [text for text in told if PASSWORD in text or "verkehrt" in text]


def test_looking_changes_nothing(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    put(server, mail("eins", ("rechnung.xml", INVOICE)), user=user)
    before = {
        path: path.read_bytes() for path in (server.folder / "mail" / user).rglob("*") if path.is_file()
    }
    with at(place) as here:
        found = survey(here, here.workplace.source_named("post")[0])
    assert (found.count, found.faults, found.names) == (1, [], ["mail-000001.eml"])
    mails = {path: text for path, text in before.items() if "/cur/" in str(path) or "/new/" in str(path)}
    assert {path: path.read_bytes() for path in mails} == mails
    assert deliveries(place) == []


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_encrypted_only_with_whom_we_trust(server: Mailserver, user: str, tmp_path: Path, tls: str) -> None:
    port = server.tls_port if tls == "implicit" else server.port
    place = workplace(tmp_path, imap(port, user=user, tls=tls, host="localhost"))
    put(server, mail("eins", ("rechnung.xml", INVOICE)), user=user)
    assert "Zertifikat" in fetched(place)[0].said("de")
    with (place / "einvoice.toml").open("a") as file:
        file.write(f'\nca_file = "{server.authority}"\n')
    assert fetched(place) == []
    assert len(deliveries(place)) == 1


def test_a_command_that_gives_a_token_runs_only_where_it_may(tmp_path: Path) -> None:
    token = f'token_command = ["{sys.executable}", "-c", "print(1)"]'
    table = imap(1).replace('password = { file = "secret" }', token)
    place = workplace(tmp_path, table)
    from einvoice.pipeline.workplace import opened, read_workplace

    with opened(read_workplace(place / "einvoice.toml", given=False)) as here:
        problems = run(here).problems
    assert "token_command" in str(problems[0])


def test_an_access_token_opens_a_mailbox(tmp_path: Path) -> None:
    with dovecot(OAUTH2) as server:
        put(server, mail("eins", ("rechnung.xml", INVOICE)))
        for given, stored in (("wrong", 0), (token(USER), 1)):
            command = f'token_command = ["printf", "%s", "{given}"]'
            table = imap(server.port).replace('password = { file = "secret" }', command)
            place = workplace(tmp_path / given[:5], table)
            told = [problem.said("de") for problem in fetched(place)]
            assert len(deliveries(place)) == stored
            assert ["Anmeldung" in text for text in told] == [True] * (1 - stored)
            assert not [text for text in told if given in text]


def test_one_mail_that_cannot_be_read_stops_no_other(server: Mailserver, user: str, tmp_path: Path) -> None:
    place = workplace(tmp_path, imap(server.port, user=user))
    put(server, *(mail(f"nr {number}", ("rechnung.xml", INVOICE)) for number in range(3)), user=user)
    root = server.folder / "mail" / user
    bad = sorted(path for part in ("cur", "new") for path in (root / part).glob("*"))[0]
    text = bad.read_bytes()
    if os.geteuid() == 0:
        os.chown(bad, 0, 0)
    bad.chmod(0)
    for _ in range(3):
        problems = fetched(place)
    assert len(problems) == 1
    assert len(deliveries(place)) == 2
    next(root.glob(f"cur/{bad.name.partition(':')[0]}*")).chmod(0o644)
    assert fetched(place) == []
    assert text in archived(place).values()


def test_it_waits_for_new_mail(server: Mailserver, user: str, tmp_path: Path) -> None:
    import threading

    from einvoice.intake.imap import ImapSource
    from einvoice.intake.settings import ImapSettings

    place = workplace(tmp_path, imap(server.port, user=user))
    with at(place) as here:
        settings = here.workplace.source_named("post")[0]
    assert isinstance(settings, ImapSettings)
    source = ImapSource(settings)
    try:
        assert not source.wait(0.1)
        threading.Timer(0.3, put, (server, mail("eins")), {"user": user}).start()
        assert source.wait(60)
        assert len(list(source.ready())) == 1
    finally:
        source.close()


def test_a_server_that_is_silent_does_not_hold_up_the_end(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = workplace(tmp_path, imap(silent.getsockname()[1]))
        command = [sys.executable, "-c", "from einvoice.interfaces.cli import main; main()", "run"]
        process = subprocess.Popen([*command, "--config", str(place)], cwd=ROOT, stderr=subprocess.PIPE)
        connection, _ = silent.accept()
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        said = process.communicate(timeout=60)[1]
        connection.close()
    assert (process.returncode, said) == (143, b"Abgebrochen: 0 von 0 fertig.\n")
    assert (
        time.monotonic() - began < 50
    )  # 5 seconds on a machine that has nothing else to do; silence ends after 60
