"""The only door to Dask: connecting, asking, and the ways in which an answer does not come."""

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from einvoice.cluster.carried import Carried
from einvoice.cluster.likeness import differences, likeness
from einvoice.cluster.settings import ClusterSettings
from einvoice.cluster.working import Answer, Question, answer, likeness_there, take
from einvoice.errors import ConfigurationError, Unchecked

_CONNECT = 15.0
"""Seconds until a scheduler must have answered, and until a lost one is given up."""

NO_LOGS = {"distributed.admin.low-level-log-length": 0}
"""Of Dask: else each side keeps its last thousand messages for developers, and the documents in them."""


class Killed(Exception):
    """Every worker that took this piece of work died of it, or beside it."""


class Lost(Exception):
    """The scheduler is gone, and with it whatever was under way."""


class Asked:
    """A question on its way."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def wait(self, seconds: float) -> Answer:
        """The answer. Raises TimeoutError while there is none, Killed, Lost, and what the function raised."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            found: Answer = self._future.result(timeout=seconds)
        except KilledWorker:
            raise Killed from None
        except FutureCancelledError:
            raise Lost from None
        return found

    def give_up(self) -> None:
        """Nobody waits for it any more."""
        with contextlib.suppress(Exception):
            self._future.cancel(force=True)


class Cluster:
    """A connected cluster whose workers are all like this machine. further: packages they need for this work."""

    def __init__(self, client: Any, settings: ClusterSettings, further: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self._client, self._further = client, further
        self._count = 0

    def check(self) -> None:
        """Raises ConfigurationError naming each worker that is not like this machine, and in what."""
        here, wrong = likeness(self._further), dict[str, str]()
        said = self._client.run(likeness_there, self._further, on_error="return")
        for worker, there in said.items():
            if isinstance(there, Mapping):
                wrong[worker] = ", ".join(differences(here, there))
            elif worker in self.threads():  # it did not go while it was asked
                wrong[worker] = f"{type(there).__name__}: {there}"
        refuse({worker: why for worker, why in wrong.items() if why})

    def question(self, function: str, arguments: dict[str, Any], files: Sequence[Carried] = ()) -> Question:
        """What to ask; the files it needs are laid down on every worker there is now."""
        if files:
            self.lay_down(files)
        names = {one.path: one.name for one in files}
        return Question(function, arguments, likeness(self._further), self._further, names)

    def lay_down(self, files: Sequence[Carried]) -> dict[str, str]:
        """Sends files to all workers; address of each that could not take them → why."""
        said = self._client.run(take, list(files), on_error="return")
        return {worker: f"{type(one).__name__}: {one}" for worker, one in said.items() if one is not None}

    def ask(self, question: Question, pieces: Sequence[tuple[str, bytes]]) -> Asked:
        """Sends pieces to some worker. Done again elsewhere where that one dies. Raises Lost."""
        self._count += 1
        key = f"einvoice-{os.getpid()}-{id(self)}-{self._count}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a big document is a big message, and that is meant
                return Asked(self._client.submit(answer, question, pieces, key=key, pure=False))
        except Exception:
            self.threads()
            raise

    def threads(self) -> dict[str, int]:
        """Address of each worker there is → how many pieces of work it takes at a time. Raises Lost."""
        if self._client.status != "running":
            raise Lost
        try:
            found: dict[str, int] = self._client.nthreads()
        except Exception:
            raise Lost from None
        return found


def refuse(different: Mapping[str, str]) -> None:
    """Raises ConfigurationError for workers (address → what is different there), if there are any."""
    if not different:
        return
    named = "\n".join(f"  {worker}: {why}" for worker, why in sorted(different.items())[:10])
    raise ConfigurationError(
        "Workers of the cluster are not like this machine (there ≠ here); please install the same version of "
        f"einvoice-pipeline[cluster] on them, with the same locked packages:\n{named}",
        "Arbeiter des Clusters sind nicht wie dieser Rechner (dort ≠ hier); bitte dort dieselbe Version von "
        f"einvoice-pipeline[cluster] mit denselben festgelegten Paketen installieren:\n{named}",
    )


def not_laid_down(worker: str, why: str) -> ConfigurationError:
    """The sentence about a worker that again and again has not the files that were sent to it."""
    return ConfigurationError(
        f"{worker}: this worker of the cluster does not keep the files that a run needs ({why}). Please check its "
        "folder: disk full, or no right to write? Then start it again.",
        f"{worker}: dieser Arbeiter des Clusters behält die Dateien nicht, die ein Lauf braucht ({why}). Bitte "
        "seinen Ordner prüfen: Platte voll, oder kein Schreibrecht? Dann neu starten.",
    )


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("distributed") is not None


def needed() -> None:
    """Raises ConfigurationError where the extra is missing."""
    if not available():
        raise ConfigurationError(
            "A cluster needs Dask: pip install 'einvoice-pipeline[cluster]'.",
            "Für einen Cluster fehlt Dask: pip install 'einvoice-pipeline[cluster]'.",
        )


@contextlib.contextmanager
def connected(settings: ClusterSettings, further: tuple[str, ...] = ()) -> Iterator[Cluster]:
    """A cluster, as long as it is used: reached, with at least one worker, all of them like this machine.

    Raises ConfigurationError where one of these is not so.
    """
    needed()
    client = _client(settings)
    try:
        cluster = Cluster(client, settings, further)
        _wait_for_one(client, settings)
        cluster.check()
        yield cluster
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=3)


def _client(settings: ClusterSettings) -> Any:
    import dask
    from distributed import Client

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), dask.config.set(NO_LOGS):
            warnings.simplefilter("ignore")  # of versions: those we compare ourselves
            security = security_of(settings)
            return Client(settings.address, security=security, timeout=_CONNECT, set_as_default=False)
    except Exception as error:  # of the line, of TLS, of Dask: to whoever called it is one thing
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigurationError(
            f"{settings.address}: the cluster cannot be reached ({why}). Is the scheduler running, and do the "
            "certificates in [cluster] fit?",
            f"{settings.address}: der Cluster ist nicht erreichbar ({why}). Läuft der Scheduler, und passen die "
            "Zertifikate unter [cluster]?",
        ) from None


def security_of(settings: ClusterSettings) -> Any:
    """The certificates as Dask wants them; None without TLS."""
    from distributed.security import Security

    if not settings.encrypted:
        return None
    pairs = {f"tls_{who}_cert": settings.cert for who in ("client", "scheduler", "worker")}
    pairs |= {f"tls_{who}_key": settings.key for who in ("client", "scheduler", "worker")}
    return Security(require_encryption=True, tls_ca_file=settings.ca, **pairs)


def _wait_for_one(client: Any, settings: ClusterSettings) -> None:
    try:
        client.wait_for_workers(1, timeout=settings.patience)
    except TimeoutError:
        raise no_worker(settings) from None


def no_worker(settings: ClusterSettings) -> ConfigurationError:
    """The sentence about a cluster without workers."""
    return ConfigurationError(
        f"{settings.address}: no worker for {settings.patience:g} s. Start some: einvoice worker {settings.address}",
        f"{settings.address}: seit {settings.patience:g} s kein Arbeiter da. Bitte starten: "
        f"einvoice worker {settings.address}",
    )


def broken_off(settings: ClusterSettings, done: int, *, scheduler: bool) -> Unchecked:
    """The sentence about a cluster that went away in mid-run: its scheduler, or its last worker."""
    why = ("the connection to the scheduler is lost", "die Verbindung zum Scheduler ist verloren")
    if not scheduler:
        seconds = f"{settings.patience:g} s"
        why = f"no worker is left for {seconds}", f"seit {seconds} ist kein Arbeiter mehr da"
    return Unchecked(
        f"{settings.address}: {why[0]}. {done} files are done, and what was written about them holds. Start it and "
        "repeat the call; with --resume FILE nothing is done twice.",
        f"{settings.address}: {why[1]}. {done} Dateien sind fertig, und was dazu geschrieben wurde, gilt. Bitte "
        "wieder starten und den Aufruf wiederholen; mit --resume DATEI wird nichts doppelt geprüft.",
    )
