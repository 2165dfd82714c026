"""`python -m benchmarks.desk FOLDER [COUNT] [USERS] [SECONDS]`: how long clerks wait for their pages.

Fills a store with so many invoices (as `benchmarks.lists`: 1 of 50 waits, three towns), each with its report, starts
`einvoice serve`, and lets so many persons work at once, each from an address of his own: My work, an invoice from it,
now and then a search or all of the town, with a few seconds to read between two pages. Told per page, as it is seen
from the browser's side, all bytes read: how often, median, p95, the slowest. Not part of `make bench`.
"""

import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from sqlalchemy import text
from sqlmodel import select

from benchmarks.inbox import fill
from benchmarks.lists import grow
from einvoice.approval.access import sessions
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, init, opened
from einvoice.store import people
from einvoice.store.tables import Account, Credential, Report, Tenant

EINVOICE = Path(sys.executable).with_name("einvoice")
READS = (2.0, 6.0)
"""Seconds that a person looks at a page, at least and at most."""

Times = dict[str, list[float]]


def main(folder: Path, count: int = 100_000, users: int = 20, seconds: float = 120.0) -> None:
    """Fills, serves, lets them work, tells."""
    place = init(folder)
    fill(place.inbox, 30)
    for file in place.inbox.iterdir():
        os.utime(file, (0, 0))  # complete long since
    with opened(place) as here:
        secrets = _persons(here, users)
        run(here)
        grow(here, count)
        _reports(here)
    print(
        f"{count} invoices, {users} persons, {os.cpu_count()} cores, Python {sys.version.split()[0]}",
        flush=True,
    )
    port = _free()
    command = [str(EINVOICE), "serve", "--config", str(place.file), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            _up(port)
            print(f"load {os.getloadavg()[0]:.1f} before", flush=True)
            began = _cpu(server.pid)
            for name, times in sorted(_worked(port, secrets, seconds).items()):
                print(f"  {_line(name, times)}")
            print(f"server's CPU {_cpu(server.pid) - began:.0f} s; load {os.getloadavg()[0]:.1f} after")
        finally:
            server.terminate()


def _persons(here: Opened, users: int) -> list[str]:
    """Three towns, and persons who confirm in one of them: the secrets of their sessions."""
    found = []
    with here.store.writing(people.SERVICE) as work:
        said = (("05766999*", "Musterlippe"), ("05758998*", "Beispielhausen"), ("05799*", "Testfurt"))
        towns: list[Tenant] = [
            people.add_tenant(work, name.lower(), name, (leitweg,)) for leitweg, name in said
        ]
        for number in range(users):
            person = people.add_person(work, f"Person {number}")
            people.add_role(work, person, towns[number % 3], "confirmer")
            account = Account(kind="web", name=f"person{number}", person_id=person.id or 0)
            work.add(account)
            work.session.flush()
            work.add(Credential(account_id=account.id or 0, onetime="00", changed=work.time))
            work.event("account-added", account)
            found.append(sessions.begin(work, person, account, "in", sessions.Terms()))
    return found


def _reports(here: Opened) -> None:
    """Each copy has the report of the invoice that it is a copy of."""
    columns = [column.name for column in Report.__table__.columns if column.name not in ("id", "invoice_id")]  # type: ignore[attr-defined]
    names = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(f'r."{name}"' for name in columns)
    with here.store.reading() as session:
        first = session.exec(select(Report.invoice_id).order_by(Report.invoice_id)).first()
    with here.store.changing() as connection:
        connection.execute(
            text(
                f"INSERT INTO report (invoice_id, {names}) SELECT i.id, {chosen} FROM invoice i, report r "
                f"WHERE r.invoice_id = {first} AND i.id NOT IN (SELECT invoice_id FROM report)"
            )
        )


def _worked(port: int, secrets: list[str], seconds: float) -> Times:
    """All persons at once; what each page took, by its name."""
    times: Times = defaultdict(list)
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=_works, args=(port, f"127.0.0.{number + 2}", secret, end, times, random.Random(number))
        )
        for number, secret in enumerate(secrets)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return times


def _works(port: int, address: str, secret: str, end: float, times: Times, dice: random.Random) -> None:
    """One person: the list, an invoice of it, again; every fourth time a search, every fifth all of the town."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 60, source_address=(address, 0))
    turn = dice.randrange(20)
    time.sleep(dice.uniform(0, READS[1]))
    while time.monotonic() < end:
        turn += 1
        page, path = (
            ("search", f"/work?show=all&q=lieferant+{dice.randrange(2000)}")
            if turn % 4 == 0
            else (("all of a town", "/work?show=all") if turn % 5 == 0 else ("My work", "/work"))
        )
        listed = _asked(connection, path, secret, times[page])
        time.sleep(dice.uniform(*READS))
        numbers = re.findall(r'href="(/invoice/\d+)"', listed)
        if numbers and time.monotonic() < end:
            _asked(connection, dice.choice(numbers), secret, times["One invoice"])
            time.sleep(dice.uniform(*READS))


def _asked(connection: http.client.HTTPConnection, path: str, secret: str, times: list[float]) -> str:
    """A page, and how many seconds it took."""
    began = time.perf_counter()
    connection.request("GET", path, headers={"cookie": f"einvoice={secret}"})
    answer = connection.getresponse()
    said = answer.read().decode()
    times.append(time.perf_counter() - began)
    if answer.status != 200:
        raise SystemExit(f"{path} was answered with {answer.status}")
    return said


def _line(name: str, times: list[float]) -> str:
    ms = [1000 * one for one in times]
    p95 = statistics.quantiles(ms, n=20)[-1]
    mid = statistics.median(ms)
    return f"{name:15} {len(ms):5} times: median {mid:6.0f}, p95 {p95:6.0f}, slowest {max(ms):6.0f} ms"


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _up(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come up")


def _cpu(process: int) -> float:
    """CPU seconds of a process so far, without its limited processes."""
    said = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    stated = dict(enumerate(sys.argv))
    main(Path(stated[1]), int(stated.get(2, 100_000)), int(stated.get(3, 20)), float(stated.get(4, 120.0)))
