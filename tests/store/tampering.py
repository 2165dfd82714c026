"""Random tampering with an installation past einvoice: rows, cells, events, payloads, objects and files. Each act is
undone afterwards, so that the next finds the installation whole."""

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice.store import heads, seals
from einvoice.store.archive import FolderArchive
from einvoice.store.differences import Difference
from einvoice.store.store import Store
from einvoice.store.tables import METADATA, UNSEALED
from einvoice.store.verify import verify

PROOF = ("event", "payload", "head")
TABLES = sorted({t.name for t in METADATA.sorted_tables} - {seals.table_of(row).name for row in UNSEALED})


@dataclass
class Bench:
    """An installation to tamper with: the store's file, the archive's folder, and the head published before."""

    file: Path
    archive: Path
    head: dict[str, Any]

    @classmethod
    def of(cls, file: Path, archive: Path) -> "Bench":
        """A bench for a store in SQLite that nobody else uses."""
        with contextlib.closing(Store(f"sqlite:///{file}")) as store:
            head = heads.current(store)
        return cls(file, archive, head)

    def differences(self, *, against: bool = False) -> list[Difference]:
        """What `verify` says now."""
        with contextlib.closing(Store(f"sqlite:///{self.file}")) as store:
            return verify(store, FolderArchive(self.archive), *([self.head] if against else []))


@contextlib.contextmanager
def tampered(bench: Bench, dice: random.Random) -> Iterator[str | None]:
    """One random act, undone at the end; its name, or None where the dice changed nothing."""
    act = dice.choice(ACTS)
    saved = bench.file.with_suffix(".saved")
    shutil.copyfile(bench.file, saved)
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.copyfile, saved, bench.file)
        yield act.__name__ if act(bench, dice, undo) else None


Act = Callable[[Bench, random.Random, contextlib.ExitStack], bool]


@contextlib.contextmanager
def _raw(bench: Bench) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(bench.file)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        yield connection
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _filled(connection: sqlite3.Connection, dice: random.Random, names: tuple[str, ...] | list[str]) -> str:
    return dice.choice([n for n in names if connection.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]])


def _other(dice: random.Random, value: Any) -> Any:
    """Another value, often a small change of the same one."""
    if isinstance(value, int):
        return value + dice.choice((1, -1, 1000))
    if isinstance(value, str) and value:
        place = dice.randrange(len(value))
        changed = value[:place] + dice.choice("0aZ.") + value[place + 1 :]
        return dice.choice((changed, value + "0", value[:-1], None, ""))
    return dice.choice((1, "x", "{}"))


def _row(connection: sqlite3.Connection, dice: random.Random, table: str) -> tuple[int, sqlite3.Row]:
    connection.row_factory = sqlite3.Row
    rows = connection.execute(f'SELECT rowid AS "#", * FROM "{table}"').fetchall()
    found = dice.choice(rows)
    return found["#"], found


def change_a_cell(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """One value of one row."""
    with _raw(bench) as connection:
        table = _filled(connection, dice, [*TABLES, *PROOF])
        number, row = _row(connection, dice, table)
        columns = [c for c in row.keys() if c != "#" and (table, c) != ("event", "id")]  # noqa: SIM118
        column = dice.choice(columns)
        value = _other(dice, row[column])
        try:
            connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, number))
        except sqlite3.IntegrityError:
            return False
        now = connection.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (number,)).fetchone()
        return now is None or (now[0] != row[column])


def remove_a_row(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """A whole row."""
    with _raw(bench) as connection:
        table = _filled(connection, dice, [*TABLES, *PROOF])
        connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (_row(connection, dice, table)[0],))
        return True


def add_a_row(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """A copy of a row under another number."""
    with _raw(bench) as connection:
        table = _filled(connection, dice, TABLES)
        _, row = _row(connection, dice, table)
        names = [c for c in row.keys() if c not in ("#", "id")]  # noqa: SIM118
        values = [
            f"{row[c]}x"
            if isinstance(row[c], str) and c in ("name", "sha256", "value", "pattern", "handle")
            else row[c]
            for c in names
        ]
        listed = ", ".join(f'"{c}"' for c in names)
        try:
            connection.execute(
                f'INSERT INTO "{table}" ({listed}) VALUES ({", ".join("?" * len(names))})', values
            )
        except sqlite3.IntegrityError:
            return False
        return True


def swap_two_rows(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """What two rows say, in one column."""
    with _raw(bench) as connection:
        table = _filled(connection, dice, [*TABLES, *PROOF])
        (one, first), (two, second) = _row(connection, dice, table), _row(connection, dice, table)
        column = dice.choice([c for c in first.keys() if c not in ("#", "id")])  # noqa: SIM118
        if first[column] == second[column]:
            return False
        try:
            for number, value in ((one, "¤"), (two, first[column]), (one, second[column])):
                connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, number))
        except sqlite3.IntegrityError:
            return False
        return True


def reorder_events(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """Two events of a chain change places."""
    with _raw(bench) as connection:
        events = connection.execute("SELECT chain, sequence FROM event").fetchall()
        chain, one = dice.choice(events)
        two = dice.choice([s for c, s in events if c == chain])
        for old, new in ((one, -1), (two, one), (-1, two)) if one != two else ():
            connection.execute(
                "UPDATE event SET sequence = ? WHERE chain = ? AND sequence = ?", (new, chain, old)
            )
        return bool(one != two)


def cut_a_chain(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """The end of a chain, its head adapted; rows and payloads stay."""
    with _raw(bench) as connection:
        chain, last = dice.choice(connection.execute("SELECT chain, sequence FROM head").fetchall())
        left = dice.randrange(last)
        connection.execute("DELETE FROM event WHERE chain = ? AND sequence > ?", (chain, left))
        connection.execute("DELETE FROM payload WHERE chain = ? AND sequence > ?", (chain, left))
        end = connection.execute(
            "SELECT digest FROM event WHERE chain = ? AND sequence = ?", (chain, left)
        ).fetchone()
        connection.execute(
            "UPDATE head SET sequence = ?, digest = ? WHERE chain = ?", (left, end[0] if end else "", chain)
        )
        return True


def erase_a_payload(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """As if under a protocol, naming an event that is none."""
    with _raw(bench) as connection:
        number, _ = _row(connection, dice, "payload")
        event = connection.execute("SELECT chain || '/' || sequence FROM event").fetchall()
        connection.execute(
            "UPDATE payload SET content = NULL, salt = NULL, erased_by = ? WHERE rowid = ?",
            (dice.choice(event)[0], number),
        )
        return True


def add_a_trigger(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """That would change what is written later."""
    with _raw(bench) as connection:
        connection.execute(
            "CREATE TRIGGER quiet AFTER INSERT ON invoice BEGIN UPDATE invoice SET iban = 'x'; END"
        )
        return True


def change_an_object(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """A bit, a byte more or less, nothing, or another object's bytes."""
    paths = _objects(bench)
    path, data = _kept(dice.choice(paths), undo)
    place = dice.randrange(len(data))
    flipped = data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]
    changed = dice.choice((flipped, data[:-1], data + b"\n", b"", dice.choice(paths).read_bytes()))
    path.chmod(0o640)
    path.write_bytes(changed)
    return changed != data


def remove_an_object(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """Away, or to another place or name."""
    path, _ = _kept(dice.choice(_objects(bench)), undo)
    how = dice.randrange(3)
    if how == 0:
        path.unlink()
        return True
    moved = path.with_name("0" * 64) if how == 1 else bench.archive / path.name
    undo.callback(moved.unlink, missing_ok=True)
    path.rename(moved)
    return True


def add_a_file(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """An object or file of which nobody knows, anywhere in the archive."""
    data = dice.randbytes(20)
    digest = seals.sha256(data)
    places = (
        _objects(bench)[0].parent / digest, bench.archive / "arrivals" / digest[:2] / digest,
        bench.archive / "note.txt", bench.archive / "tenants" / "x",
    )  # fmt: skip
    path = dice.choice(places)
    path.parent.mkdir(parents=True, exist_ok=True)
    undo.callback(path.unlink)
    path.write_bytes(data)
    return True


def replace_by_a_link(bench: Bench, dice: random.Random, undo: contextlib.ExitStack) -> bool:
    """An object by a link to another object."""
    path, _ = _kept(dice.choice(_objects(bench)), undo)
    other = dice.choice(_objects(bench))
    path.unlink()
    path.symlink_to(other)
    return other != path


def _objects(bench: Bench) -> list[Path]:
    found = (p for area in ("arrivals", "tenants") for p in (bench.archive / area).rglob("*"))
    return sorted(p for p in found if p.is_file() and len(p.name) == 64)


def _kept(path: Path, undo: contextlib.ExitStack) -> tuple[Path, bytes]:
    data = path.read_bytes()

    def back() -> None:
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        path.chmod(0o440)

    undo.callback(back)
    return path, data


ACTS: tuple[Act, ...] = (
    change_a_cell, change_a_cell, change_a_cell, remove_a_row, add_a_row, swap_two_rows, reorder_events, cut_a_chain,
    erase_a_payload, add_a_trigger, change_an_object, change_an_object, remove_an_object, add_a_file,
    replace_by_a_link,
)  # fmt: skip
