"""What a process stands on gives way: nobody reads what it prints, tables are half moved."""

import contextlib
import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from einvoice.store import people
from einvoice.store.migrate import ready, revision
from einvoice.store.steps import newest, upgrade
from einvoice.store.store import Store
from einvoice.store.tables import METADATA
from tests import cluster
from tests.faults.bench import QUIET, bench
from tests.faults.chunks import Chunk, Found, Part
from tests.faults.disturbed import plain
from tests.faults.forks import forks
from tests.faults.kills import KILLED

COMMAND = Path(sys.executable).with_name("einvoice")
_OLD = "0004"


OUTPUTS: dict[str, str] = {
    "nowhere to print": '"$0" run --config "$1" >/dev/full',
    "a full log": '"$0" --verbose run --config "$1" 2>/dev/full',
    "no output at all": '"$0" run --config "$1" >&- 2>&-',
    "a reader that left": '"$0" run --config "$1" | true',
    "no surroundings": 'env -i "$0" run --config "$1"',
    "an old locale": 'env -i LANG=C LC_ALL=C PYTHONUTF8=0 "$0" run --config "$1"',
}
"""Shell lines: $0 the command, $1 the configuration."""


def outputs(chunk: Chunk, folder: Path) -> Found:
    """What a run prints cannot be written: what it does is done all the same, and no trace is shown."""
    dice, found = random.Random(chunk.seed), Found()
    with bench(folder, chunk.store) as place:
        for name, line in itertools.islice(itertools.cycle(OUTPUTS.items()), chunk.rounds):
            file = place.put(dice.choice(QUIET))
            done = subprocess.run(
                ["sh", "-c", line, str(COMMAND), str(place.folder / "einvoice.toml")],
                capture_output=True, text=True, errors="replace", check=False, timeout=120,
            )  # fmt: skip
            found.count += 1
            found.places[name] += 1
            if file.exists():
                found.violations.append(f"{name}: nothing was done ({done.returncode}): {done.stderr}")
            if "Traceback" in done.stderr + done.stdout:
                found.violations.append(f"{name}: a trace: {done.stderr}")
            if name == "nowhere to print" and done.returncode == 0:
                found.violations.append(f"{name}: ended with 0, though what came out was lost")
        found.violations += place.violations()
    return found


def moving(chunk: Chunk, folder: Path) -> Found:
    """`migrate` is killed before each of its steps in turn: the tables are the old or the new ones, never neither."""
    found = Found()
    with forks() as warm:
        for number in range(1, chunk.rounds + 1):
            with contextlib.ExitStack() as stack:
                place = folder / str(number)
                place.mkdir(parents=True)
                store = _older(stack, chunk.store, place)
                ended = warm.act(place, what="migrate", last=number)
                if ended.code != KILLED:
                    found.violations += plain(ended, done=True)
                    return found
                found.count += 1
                found.places[ended.place] += 1
                if (now := revision(store)) not in (_OLD, newest()):
                    found.violations.append(f"killed before step {number}: the tables are at {now}")
                found.violations += plain(warm.act(place, what="migrate"), done=True)
                found.violations += _new(store, number)
    return found


def _older(stack: contextlib.ExitStack, kind: str, folder: Path) -> Store:
    """A founded store with the tables of an older version; the forks read its URL in the folder."""
    server = kind == "postgres"
    url = stack.enter_context(cluster.database()) if server else f"sqlite:///{folder}/store.sqlite"
    (folder / "url").write_text(url)
    store = stack.enter_context(contextlib.closing(Store(url)))
    with store.changing() as connection:
        upgrade(connection, _OLD)
    people.found(store)
    return store


def _new(store: Store, number: int) -> Iterator[str]:
    ready(store)
    with store.engine.connect() as connection:
        if differing := compare_metadata(MigrationContext.configure(connection), METADATA):
            yield f"killed before step {number}: {differing}"
    with store.reading() as session:
        if people.installation(session).id != 1:
            yield f"killed before step {number}: rows are gone"


PARTS: dict[str, Part] = {"outputs": outputs, "moving": moving}
"""These disturbances by name."""
