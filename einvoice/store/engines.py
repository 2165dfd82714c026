"""The databases a store may lie in: SQLite in a file, PostgreSQL 15 or later by URL; and what their errors mean."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from einvoice.errors import ConfigurationError, StoreError
from einvoice.store.place import network_filesystem

TENANT_SETTING = "einvoice.tenant"
"""The session setting that PostgreSQL's policies compare rows with: `all`, or the number of one tenant."""

_OUTRUN = {"40001", "40P01"}
_MEANINGS = (
    (
        ("28P01", "password authentication failed", "no password supplied"),
        "the user or password is wrong: see `url` in [store], PGPASSWORD or PGPASSFILE",
        "Benutzer oder Passwort ist falsch: siehe `url` in [store], PGPASSWORD oder PGPASSFILE",
    ),
    (
        ("3D000", "does not exist"),
        "there is no such database or role: create it with createuser and createdb",
        "diese Datenbank oder Rolle gibt es nicht: mit createuser und createdb anlegen",
    ),
    (
        ("42501", "permission denied"),
        "the role has not the rights it needs: it must own the database",
        "der Rolle fehlen Rechte: ihr muss die Datenbank gehören",
    ),
    (
        ("Connection refused", "No such file or directory", "could not translate host", "timeout expired"),
        "the server cannot be reached: does it run, and are host and port right?",
        "der Server ist nicht erreichbar: läuft er, stimmen Rechner und Port?",
    ),
    (
        ("55P03", "database is locked"),
        "another process holds it for too long: try again",
        "ein anderer Prozess hält ihn zu lange fest: bitte noch einmal versuchen",
    ),
    (
        ("53100", "disk is full", "No space left"),
        "there is no space left on its disk",
        "auf seinem Datenträger ist kein Platz mehr",
    ),
)
"""(SQLSTATE or words of the driver, what to do in English, in German); the first that fits is said."""


class Outrun(StoreError):
    """Another transaction was a moment faster; doing the same again will do."""


def parsed(url: str) -> URL:
    """A store's URL. Raises ConfigurationError for databases that are none of ours."""
    try:
        found = make_url(url.replace("postgresql://", "postgresql+psycopg://", 1))
    except ArgumentError:
        found = None
    if found is None or found.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigurationError(
            "The store's url must begin with sqlite:/// or postgresql+psycopg://.",
            "Die url des Speichers muss mit sqlite:/// oder postgresql+psycopg:// beginnen.",
        )
    return found


def engine(url: URL, lock_seconds: float) -> Engine:
    """The engine of a store. Raises StoreError for SQLite on a network file system, ConfigurationError if the
    driver is missing.
    """
    return (_postgres if url.get_backend_name() == "postgresql" else _sqlite)(url, lock_seconds)


def meaning(place: str, error: DBAPIError) -> StoreError:
    """What an error of a database means, in one sentence."""
    state, said = getattr(error.orig, "sqlstate", None), str(error.orig or type(error).__name__)
    why = said.splitlines()[0]
    if state in _OUTRUN:
        return Outrun(f"The store {place}: another transaction was faster ({why}).")
    for signs, en, de in _MEANINGS:
        if state == signs[0] or any(sign in said for sign in signs):
            return StoreError(
                f"The store {place} cannot be used: {en} ({why}).",
                f"Der Speicher {place} ist nicht benutzbar: {de} ({why}).",
            )
    return StoreError(
        f"The store {place} cannot be used: {why}. Run `einvoice doctor`.",
        f"Der Speicher {place} ist nicht benutzbar: {why}. Mehr sagt `einvoice doctor`.",
    )


def _postgres(url: URL, lock_seconds: float) -> Engine:
    try:
        made = create_engine(
            url,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "application_name": "einvoice",
                "options": f"-c {TENANT_SETTING}=all -c lock_timeout={int(lock_seconds * 1000)}",
            },
        )
    except ImportError:
        raise ConfigurationError(
            "PostgreSQL needs the extra `postgres`: pip install 'einvoice-pipeline[postgres]'.",
            "PostgreSQL braucht das Extra `postgres`: pip install 'einvoice-pipeline[postgres]'.",
        ) from None
    return made


def _sqlite(url: URL, lock_seconds: float) -> Engine:
    if url.database and (kind := network_filesystem(Path(url.database).parent)):
        raise StoreError(
            f"The store {url.database} lies on a network file system ({kind}), where SQLite loses data. "
            "Put it on a local disk, or use PostgreSQL.",
            f"Der Speicher {url.database} liegt auf einem Netzlaufwerk ({kind}), auf dem SQLite Daten verliert. "
            "Bitte auf eine lokale Platte legen oder PostgreSQL benutzen.",
        )
    made = create_engine(url, connect_args={"timeout": lock_seconds, "check_same_thread": False})
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would start writers too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
