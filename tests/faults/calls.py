"""Each call to the file system fails once: the first, the second, … until none is left to fail."""

from pathlib import Path

from einvoice.approval import acts, batches, persons
from einvoice.store.tables import Invoice
from tests.faults.bench import Bench, bench
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import Forks, forks
from tests.faults.tracing import traced
from tests.parts import missing

GROUPS = {
    "write": "write,pwrite64",
    "read": "read,pread64",
    "fsync": "fsync,fdatasync",
    "rename": "rename,renameat,renameat2",
    "link": "link,linkat",
    "unlink": "unlink,unlinkat",
}
ERRORS = ("EIO", "ENOSPC")
WHATS = ("run", "export", "backup")
CHECKED_EVERY = 10


def calls(chunk: Chunk, folder: Path) -> Found:
    """Counts up in a run, an export and a backup, for every group and error; `rounds`: at most so many of each."""
    if why := missing("strace"):
        return Found(skipped=why)
    found = Found()
    with bench(folder, chunk.store) as place, forks() as warm:
        place.put("own")
        warm.act(place.folder)
        _closed_batch(place)
        for what in WHATS:
            for group, names in GROUPS.items():
                for error in ERRORS:
                    series(place, warm, found, what, group, f"inject={names}:error={error}", chunk.rounds)
                    if found.violations:
                        return found
    return found


def series(place: Bench, warm: Forks, found: Found, what: str, group: str, inject: str, most: int) -> None:
    """Counts up one group with one error, `most` calls at most."""
    for number in range(1, most + 1):
        if what == "run":
            place.put("own")
        exports = place.folder / "exports"
        for path in exports.glob("*"):
            path.unlink()
        ended, lines = traced(warm, place.folder, ["-e", f"{inject}:when={number}"], what=what)
        hit = any("(INJECTED)" in line for line in lines)
        if ended.code not in (0, 3, 4):
            found.violations.append(f"{what}, {inject}:when={number}: ended with {ended.code}: {ended.place}")
        again = warm.act(place.folder, what=what)
        if again.code != 0:
            found.violations.append(
                f"{what} after {inject}:when={number}: ended with {again.code}: {again.place}"
            )
        if what == "export" and len(list(exports.iterdir())) != 1:
            found.violations.append(f"export after {inject}:when={number}: {list(exports.iterdir())}")
        if number % CHECKED_EVERY == 0 or not hit:
            found.violations += [
                f"{one} (after {what}, {inject}:when≤{number})" for one in place.violations()
            ]
        if not hit or found.violations:
            return
        found.count += 1
        found.places[f"{what}: {group} {inject.rpartition('=')[2]}"] += 1


def _closed_batch(place: Bench) -> None:
    """Confirms, authorises and batches the first invoice, and closes the batch."""
    with place.at() as here:
        with here.store.reading() as session:
            number = session.get_one(Invoice, 1).id or 0
        acts.confirm(here.store, persons.actor(here.store, "Sabine Sander"), number)
        acts.authorise(here.store, persons.actor(here.store, "Anton Albers"), number)
        cash = persons.actor(here.store, "Karin Kruse")
        batches.close(here.store, cash, batches.build(here.store, cash, "musterlippe"))
