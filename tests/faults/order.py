"""The order of what a run does, seen from outside: nothing is said to be safe before it is."""

import re
from pathlib import Path

from tests.faults.bench import bench
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import forks
from tests.faults.tracing import traced
from tests.parts import missing

_TRACED = "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg"
_SYNC = r"(fsync|fdatasync)\(\d+<{}"


def order(chunk: Chunk, folder: Path) -> Found:
    """`rounds` runs of a file each: write, fsync, rename, fsync of the folder, commit, and only then the source."""
    if why := missing("strace"):
        return Found(skipped=why)
    found = Found()
    with bench(folder, chunk.store) as place, forks() as warm:
        warm.act(place.folder)
        for number in range(chunk.rounds):
            file = place.put("mail" if number % 5 == 4 else "own")
            _, lines = traced(warm, place.folder, ["-e", _TRACED])
            digest = place.put_in[-1][2]
            for name, steps in _wanted(place.folder, digest, file.name, chunk.store).items():
                found.count += 1
                if (missed := _not_in_order(lines, steps)) is not None:
                    found.violations.append(f"{name}: no {missed} after what comes before it")
        found.violations += place.violations()
    return found


def _wanted(place: Path, digest: str, name: str, store: str) -> dict[str, list[str]]:
    """What must follow on what, as patterns over lines of the trace."""
    archive, heads = f"{place}/data/archive", f"{place.parent}/heads"
    commit = r"sendto\(.*COMMIT" if store == "postgres" else _SYNC.format(rf"{place}/data/einvoice\.sqlite")
    arrivals = f"{archive}/arrivals/{digest[:2]}"
    return {
        "arrival": [
            rf"write\(\d+<{archive}/\.tmp/", _SYNC.format(rf"{archive}/\.tmp/"),
            rf"rename\w*\(.*{archive}/\.tmp/.*{arrivals}/{digest}", _SYNC.format(f"{arrivals}>"), commit,
            rf"rename\w*\(.*inbox/{re.escape(name)}\".*inbox/processed/",
        ],
        "head": [
            rf"write\(\d+<{heads}/\.", _SYNC.format(rf"{heads}/\."),
            rf"rename\w*\(.*{heads}/.*\.json\"", _SYNC.format(f"{heads}>"), commit,
        ],
    }  # fmt: skip


def _not_in_order(lines: list[str], steps: list[str]) -> str | None:
    """The first step that does not come after those before it. The last must not come earlier either."""
    at = 0
    for step in steps:
        found = next((i for i in range(at, len(lines)) if re.search(step, lines[i])), None)
        if found is None:
            return step
        at = found + 1
    early = sum(bool(re.search(steps[-1], line)) for line in lines[: at - 1])
    return f"{steps[-1]} too early, and none" if early and "rename" in steps[-1] else None
