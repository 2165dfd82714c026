"""Machines of a cluster: each a network namespace with an address and a folder of its own, where that can be had;
else a group of processes with an address of the loopback."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from einvoice.cluster.connection import connected
from einvoice.cluster.settings import ClusterSettings
from einvoice.errors import ConfigurationError
from tests.dask import certificates
from tests.parts import ROOT

COMMAND = Path(sys.executable).with_name("einvoice")
Process = subprocess.Popen[bytes]


def namespaces() -> bool:
    """Whether this machine lets us make network namespaces."""
    if os.geteuid() or not shutil.which("ip"):
        return False
    name = f"ei-{secrets.token_hex(2)}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return False
    subprocess.run(["ip", "netns", "del", name], check=True)
    return True


@dataclass
class Machines:
    """The machines 1, 2, … of one test; 1 has the scheduler. apart: in namespaces. net: the first three bytes."""

    folder: Path
    apart: bool
    net: str
    name: str
    hosts: int
    encrypted: bool = True
    running: list[Process] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{'tls' if self.encrypted else 'tcp'}://{self.ip(1)}:8786"

    @property
    def settings(self) -> Path:
        """The einvoice.toml that all machines have."""
        return self.folder / "einvoice.toml"

    def ip(self, host: int) -> str:
        return f"{self.net}.{host}"

    def on(self, host: int, command: list[str], **surroundings: str) -> Process:
        """Starts a command on a machine, in its own folder, with a log; a group of its own."""
        place = self.folder / f"machine-{host}"
        place.mkdir(exist_ok=True)
        if self.apart:
            command = ["ip", "netns", "exec", f"{self.name}-{host}", *command]
        log = (place / f"{len(self.running)}.log").open("wb")
        with log:
            started = subprocess.Popen(
                command, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place), **surroundings},
            )  # fmt: skip
        self.running.append(started)
        return started

    def scheduler(self) -> Process:
        """Starts the scheduler, on machine 1."""
        command = [str(COMMAND), "scheduler", self.address, "--config", str(self.settings)]
        return self.on(1, command, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="15s")

    def worker(self, host: int, jobs: int = 1, *, deadly: bool = False) -> Process:
        """Starts a worker. deadly: it dies of documents with the mark."""
        command = [str(COMMAND), "worker", self.address, "--jobs", str(jobs), "--host", self.ip(host)]
        preload = {"DASK_DISTRIBUTED__WORKER__PRELOAD": "['tests.dask.deadly']"} if deadly else {}
        return self.on(host, [*command, "--config", str(self.settings)], **preload)

    def kept_up(self, worker: Process, host: int) -> Process:
        """The worker, started again where it has ended, as systemd does (Restart=always)."""
        return worker if worker.poll() is None else self.worker(host, deadly=True)

    def call(self, *arguments: str) -> Process:
        """A call of einvoice beside the machines, with these settings; what it says is to be read from it."""
        return subprocess.Popen(
            [str(COMMAND), "--lang", "en", *arguments, "--config", str(self.settings)], env={**os.environ},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def line(self, host: int, *, up: bool) -> None:
        """Cuts a machine off from the others, or joins it again. Only in namespaces."""
        _ip("link", "set", f"{self.name}{host}", "up" if up else "down")

    def until_there(self, workers: int, seconds: float = 240) -> None:
        """Waits until so many workers are there."""
        deadline, there = time.monotonic() + seconds, 0
        while there != workers:
            assert time.monotonic() < deadline, f"{there} workers, not {workers}: see {self.folder}"
            with contextlib.suppress(ConfigurationError), connected(self.cluster) as joined:
                there = len(joined.threads())
            time.sleep(0.3)

    @property
    def cluster(self) -> ClusterSettings:
        """The settings as this process uses them."""
        ca, cert, key = (f"{self.folder}/{name}.pem" for name in ("ca", "cert", "key"))
        if not self.encrypted:
            return ClusterSettings(self.address)
        return ClusterSettings(self.address, ca, cert, key)


def end(process: Process) -> None:
    """Ends a process and all it has started, as a power failure would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def machines(folder: Path, hosts: int = 3, *, encrypted: bool = True) -> Iterator[Machines]:
    """So many machines, nothing running on them yet; all is ended and taken away afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    apart, name = namespaces(), f"ei{secrets.token_hex(2)}"
    net = f"10.{77 + secrets.randbelow(100)}.{secrets.randbelow(250)}" if apart else "127.0.77"
    made = Machines(folder, apart, net, name, hosts, encrypted)
    pair = certificates.make(folder) if encrypted else ()
    stated = "".join(f'{key} = "{path}"\n' for key, path in zip(("ca", "cert", "key"), pair, strict=False))
    made.settings.write_text(f'[cluster]\naddress = "{made.address}"\npatience = 60\n{stated}')
    try:
        if apart:
            _build(made)
        yield made
    finally:
        for process in made.running:
            end(process)
        if apart:
            _take_down(made)


def _build(made: Machines) -> None:
    """A bridge, and a namespace with a line to it for each machine."""
    _ip("link", "add", made.name, "type", "bridge")
    _ip("addr", "add", f"{made.net}.254/24", "dev", made.name)
    _ip("link", "set", made.name, "up")
    for host in range(1, made.hosts + 1):
        space, near, far = f"{made.name}-{host}", f"{made.name}{host}", f"{made.name}x{host}"
        _ip("netns", "add", space)
        _ip("link", "add", near, "type", "veth", "peer", "name", far)
        _ip("link", "set", far, "netns", space)
        _ip("link", "set", near, "master", made.name, "up")
        _ip("-n", space, "addr", "add", f"{made.ip(host)}/24", "dev", far)
        _ip("-n", space, "link", "set", far, "up")
        _ip("-n", space, "link", "set", "lo", "up")


def _take_down(made: Machines) -> None:
    for host in range(1, made.hosts + 1):
        subprocess.run(["ip", "netns", "del", f"{made.name}-{host}"], capture_output=True)
    subprocess.run(["ip", "link", "del", made.name], capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
