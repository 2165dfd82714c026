"""A warm process that does each act in a fork of itself: the work is killed, not the start of an interpreter.

Speaks JSON lines; see `Forks` for the side that asks. The fork ends with 0, 3 (something is left over), 4 (an error
in a sentence) or 5 (an error that nobody foresaw).
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice.errors import EinvoiceError
from einvoice.pipeline.publishing import publish
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store.migrate import migrate
from einvoice.store.store import Store
from tests.faults.steps import Steps
from tests.parts import ROOT
from tests.pipeline.mailbox import fetched
from tests.pipeline.place import SAMPLE, demo, once


@dataclass(frozen=True, slots=True)
class Ended:
    """How a fork ended. code: see above, or minus the signal; place: where it was killed; steps: how many it took."""

    code: int
    place: str
    steps: int
    seconds: float


class Forks:
    """The asking side. Closed with `close`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forks"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def begin(self, place: Path, **how: Any) -> int:
        """Starts an act in a fork; its process id. how: see `_act`. stopped: it waits for a SIGCONT."""
        self._ask({"place": str(place), **how})
        return int(self._answer()["pid"])

    def end(self, pid: int, kill: bool = False) -> Ended:
        """Waits for a fork, or kills it."""
        self._ask({"wait": pid, "kill": kill})
        return Ended(**self._answer())

    def act(self, place: Path, **how: Any) -> Ended:
        """An act from beginning to end."""
        return self.end(self.begin(place, **how))

    def close(self) -> None:
        """Ends the warm process."""
        self._process.communicate()

    def _ask(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextlib.contextmanager
def forks() -> Iterator[Forks]:
    """The warm process of this one, which ends with it."""
    yield _warm()


@functools.cache
def _warm() -> Forks:
    made = Forks()
    atexit.register(made.close)
    return made


def _act(
    place: str,
    trace: str,
    last: int | None = None,
    shift: float = 0.0,
    lie: int | None = None,
    patience: float | None = None,
    files: int | None = None,
    size: int | None = None,
    what: str = "run",
) -> int:
    """What a fork does. last: killed before that step; shift: seconds by which its clock is wrong; lie: the size that
    the source says of each file; patience: seconds it waits for a lock of the store; files: how many more it may
    open; size: bytes that a file may grow to.
    """
    steps = Steps(last, Path(trace))
    steps.watch()
    if shift:
        _wrong_clock(shift)
    if lie is not None:
        _lying_source(lie)
    if patience is not None:
        _waiting(patience)
    if files is not None:
        _few_files(files)
    try:
        with _small_files(size):
            left = ACTS[what](Path(place))
        Path(trace).write_text("; ".join(map(str, left)))
        return 3 if left else 0
    except EinvoiceError as error:
        with contextlib.suppress(OSError):
            Path(trace).write_text(str(error))
        return 4
    except BaseException:
        with contextlib.suppress(OSError):
            Path(trace).write_text(traceback.format_exc())
        return 5
    finally:
        with contextlib.suppress(OSError):
            Path(trace + ".steps").write_text(str(steps.count))


def _run(place: Path) -> Sequence[object]:
    """A run, and the head published once more. What is left over, as of all acts."""
    summary = once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        publish(here)
    return summary.problems


def _fetch(place: Path) -> Sequence[object]:
    """What lies in the mailbox `post` is taken."""
    return fetched(place)


def _export(place: Path) -> Sequence[object]:
    """The one closed batch, exported as CSV."""
    from einvoice.approval import persons
    from einvoice.exports.delivery import export

    with opened(read_workplace(place / "einvoice.toml")) as here:
        who = persons.actor(here.store, "Karin Kruse")
        export(here.store, here.archive, who, 1, "csv", place / "exports")
    return ()


def _backup(place: Path) -> Sequence[object]:
    """A backup beside the one before, with which it shares what did not change."""
    from einvoice.pipeline.backing_up import back_up, keep

    with opened(read_workplace(place / "einvoice.toml")) as here:
        differs = back_up(here, place.parent / "backups").differences
        keep(place.parent / "backups", 1)
    return differs


def _migrate(place: Path) -> Sequence[object]:
    """The store whose URL stands in a file, brought to the tables of this version."""
    with contextlib.closing(Store((place / "url").read_text())) as store:
        migrate(store, place / "backups")
    return ()


def _approve(place: Path) -> Sequence[object]:
    """Whatever waits is confirmed and authorised, or returned."""
    from tests.faults.approving import approve

    with opened(read_workplace(place / "einvoice.toml")) as here:
        approve(here)
    return ()


def _batch(place: Path) -> Sequence[object]:
    from tests.faults.batches import act

    return act(place)


ACTS = {
    "approve": _approve, "batch": _batch, "fetch": _fetch, "run": _run, "export": _export,
    "backup": _backup, "migrate": _migrate,
}  # fmt: skip


@contextlib.contextmanager
def _small_files(size: int | None) -> Iterator[None]:
    import resource

    endless = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_FSIZE, endless if size is None else (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, endless)


def _few_files(more: int) -> None:
    import resource

    used = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1 + more,) * 2)


def _wrong_clock(seconds: float) -> None:
    from einvoice.store import times

    right = times.utc_now
    times.utc_now = lambda: times.later(right(), seconds)


def _waiting(seconds: float) -> None:
    from einvoice.store import store

    defaults = store.Store.__init__.__kwdefaults__
    assert defaults is not None
    defaults["lock_seconds"] = seconds


def _lying_source(size: int) -> None:
    from dataclasses import replace

    from einvoice.intake import folder

    honest = folder.FolderSource.ready
    folder.FolderSource.ready = lambda self: (replace(one, size=size) for one in honest(self))  # type: ignore[method-assign]


def serve() -> None:
    """Answers until its input ends."""
    with tempfile.TemporaryDirectory() as folder:
        once(demo(Path(folder), SAMPLE))
        for name in ("imap_tools", "einvoice.intake.imap"):
            importlib.import_module(name)  # what is killed is the work
        gc.collect()
        gc.freeze()
        print("{}", flush=True)
        begun: dict[int, float] = {}
        for line in sys.stdin:
            asked = json.loads(line)
            if "wait" in asked:
                print(json.dumps(_ended(asked, begun.pop(asked["wait"]), folder)), flush=True)
                continue
            pid = os.fork()
            if not pid:
                if asked.pop("stopped", False):
                    os.kill(os.getpid(), signal.SIGSTOP)
                random.seed()
                os._exit(_act(trace=f"{folder}/{os.getpid()}", **asked))
            begun[pid] = time.monotonic()
            print(json.dumps({"pid": pid}), flush=True)


def _ended(asked: dict[str, Any], begun: float, folder: str) -> dict[str, Any]:
    pid = asked["wait"]
    if asked["kill"]:
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    said, steps = Path(folder, str(pid)), Path(folder, f"{pid}.steps")
    return {
        "code": code,
        "place": said.read_text() if said.exists() else "",
        "steps": int(steps.read_text() or 0) if steps.exists() else 0,
        "seconds": time.monotonic() - begun,
    }


if __name__ == "__main__":
    serve()
