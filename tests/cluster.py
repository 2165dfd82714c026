"""A private PostgreSQL server for one test session: started when the first test asks, shared by all xdist workers,
on a socket in its own folder only, stopped when the session ends, however it ends."""

import contextlib
import fcntl
import functools
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_FOLDER = "PYTEST_POSTGRES_FOLDER"
"""The environment variable by which the session tells its workers where the server lies."""

_OWNER = "PYTEST_POSTGRES_OWNER"
"""The environment variable with the number of the process that is the session."""

_GUARD = 'tail --pid="$0" -f /dev/null; folder="$1"; shift; "$@"; rm -rf "$folder"'
"""Waits for the end of a process, then stops the server: who is killed stops nothing."""

PASSWORD = "only-for-tests"
"""Of the role `einvoice`, which owns its databases and nothing else."""


@functools.cache
def programs() -> Path | None:
    """The folder of the newest PostgreSQL server installed here, 15 or later; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found and int(found[-1].parts[-3]) >= 15 else None


def announce() -> None:
    """Names the folder of this session's server, before workers are started; nothing is made yet."""
    os.environ.setdefault(_OWNER, str(os.getpid()))
    os.environ.setdefault(_FOLDER, f"{tempfile.gettempdir()}/einvoice-pg-{secrets.token_hex(4)}")


def stop() -> None:
    """Stops the server, if any test started it, and removes its folder."""
    folder = Path(os.environ[_FOLDER])
    if (folder / "data" / "postmaster.pid").exists():
        _as_nobody("pg_ctl", "stop", "-m", "immediate", "-w", "-D", f"{folder}/data")
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(host: Path | None = None, template: str | None = None) -> Iterator[str]:
    """The URL of a new database (see `lasting`); dropped afterwards."""
    url = lasting(host, template)
    try:
        yield url
    finally:
        drop(url)


def drop(url: str) -> None:
    """Removes a database, whoever uses it."""
    with _line("postgres") as there:
        there.execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)".encode())


def lasting(host: Path | None = None, template: str | None = None) -> str:
    """The URL of a new database, which lasts as long as the server. host: another folder by which that is reached.

    template: the URL of a database that nobody uses now, to be a copy of it; None: empty.
    """
    folder, name = started(), f"t{secrets.token_hex(8)}"
    with _line("postgres") as there:
        model = f" TEMPLATE {_name(template)}" if template else ""
        there.execute(f"CREATE DATABASE {name} OWNER einvoice{model}".encode())
    return f"postgresql+psycopg://einvoice:{PASSWORD}@/{name}?host={host or folder}"


def inside(url: str) -> "Connection":
    """The server's superuser in a database."""
    return _line(_name(url))


def _line(database: str) -> "Connection":
    import psycopg  # only where a test needs the server

    return psycopg.connect(
        host=str(started()), user="postgres", password=PASSWORD, dbname=database, autocommit=True
    )


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def started() -> Path:
    """The folder of the running server, its socket in it."""
    folder = Path(os.environ[_FOLDER])
    folder.mkdir(mode=0o755, exist_ok=True)
    with open(folder / "lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _start(folder)
            (folder / "ready").touch()
    return folder


def sql(folder: Path, *statements: str, database: str = "postgres") -> str:
    """What psql answers to the server's superuser."""
    command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", str(folder), "-U", "postgres", "-d", database]
    for statement in statements:
        command += ["-c", statement]
    return _as_nobody(*command)


@contextlib.contextmanager
def at(folder: Path) -> Iterator[None]:
    """Another server for a time, in a folder of its own."""
    usual = os.environ[_FOLDER]
    os.environ[_FOLDER] = str(folder)
    try:
        yield
    finally:
        os.environ[_FOLDER] = usual


@contextlib.contextmanager
def durable(folder: Path) -> Iterator[None]:
    """A server of its own in a folder, which waits for its disk as those of a town do."""
    announce()
    with at(folder):
        try:
            folder.mkdir(mode=0o755)
            _start(folder, sync="on")
            (folder / "ready").touch()
            yield
        finally:
            stop()


def restart() -> None:
    """Stops the server as a power failure of its machine would end it, and starts it again."""
    folder = Path(os.environ[_FOLDER])
    _as_nobody("pg_ctl", "restart", "-m", "immediate", "-w", "-D", f"{folder}/data", "-l", f"{folder}/log")


def end_lines() -> None:
    """Ends all lines to databases of ours, whatever they are at."""
    sql(started(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'einvoice'")


def _start(folder: Path, sync: str = "off") -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    data = f"{folder}/data"
    _as_nobody(
        "initdb", "-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        "--auth=scram-sha-256", f"--pwfile={folder}/password",
    )  # fmt: skip
    settings = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync={sync} -c max_connections=200"
    )
    _guard(folder)
    _as_nobody("pg_ctl", "start", "-w", "-D", data, "-l", f"{folder}/log", "-o", settings)
    sql(folder, f"CREATE ROLE einvoice LOGIN PASSWORD '{PASSWORD}'")


def _guard(folder: Path) -> None:
    """A process of its own session, which outlives what ends ours."""
    owner = os.environ.get(_OWNER, str(os.getpid()))
    stopping = _command("pg_ctl", "stop", "-m", "immediate", "-D", f"{folder}/data")
    subprocess.run(
        ["setsid", "--fork", "sh", "-c", _GUARD, owner, str(folder), *stopping],
        cwd="/", check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _command(program: str, *arguments: str) -> list[str]:
    """A program of PostgreSQL, which refuses to be root."""
    place = programs()
    assert place is not None
    other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    return [*other, str(place / program), *arguments]


def _as_nobody(program: str, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        _command(program, *arguments),
        env=environment, cwd="/", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stdout}")
    return done.stdout.strip()
