"""A real scheduler and two real workers over TLS, one killed in mid-run: the same reports as here."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.cluster import connection, likeness
from einvoice.cluster.connection import connected
from einvoice.cluster.settings import ClusterSettings
from einvoice.errors import ConfigurationError
from einvoice.render.many import pages
from einvoice.validation.batch import validate_files
from einvoice.validation.files import Found, named
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from einvoice.validation.spread import validate_spread
from tests.dask import certificates
from tests.parts import ROOT, needs
from tests.samples import FOLDER

pytestmark = needs("dask")


@contextlib.contextmanager
def _scheduler(folder: Path) -> Iterator[ClusterSettings]:
    """A scheduler in this process, so that its start costs little."""
    from distributed import LocalCluster

    settings = ClusterSettings("tls://127.0.0.1:1", *certificates.make(folder), patience=30)
    security = connection.security_of(settings)
    with LocalCluster(
        n_workers=0,
        protocol="tls://",
        security=security,
        silence_logs=60,
        scheduler_kwargs={"dashboard": False},
    ) as scheduler:
        yield ClusterSettings(scheduler.scheduler_address, settings.ca, settings.cert, settings.key, 30)


@contextlib.contextmanager
def _worker(settings: ClusterSettings, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "distributed.cli.dask_worker", settings.address, "--nthreads", "1"]
    command += ["--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
    command += [
        "--tls-ca-file",
        f"{settings.ca}",
        "--tls-cert",
        f"{settings.cert}",
        "--tls-key",
        f"{settings.key}",
    ]
    environment = {**os.environ, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        started = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _plain(report: Report) -> dict[str, object]:
    return {**report.as_dict(), "milliseconds": 0}


def _files(folder: Path) -> list[Found]:
    """Several chunks, one of each sample here and there, and two that cannot be opened."""
    names = [str(path) for path in sorted(FOLDER.iterdir()) if path.name[0].isdigit()]
    small = [name for name in names if name.endswith(("01-skonto.xml", "08-falsche-summe.xml"))]
    (folder / "absent").symlink_to(folder / "nowhere")
    return [*map(named, names[:6] + small * 150 + [str(folder / "absent"), str(folder)] + names[6:])]


def test_two_workers_and_one_killed_say_what_one_process_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, options = _files(tmp_path), Options(lang="en")
    alone = [_plain(one) for one in validate_files(files, options)]
    drawn = list(pages(files[:6], "html", options))
    with _scheduler(tmp_path) as settings, contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_worker(settings, tmp_path / f"host-{n}")) for n in range(2)]
        found: list[dict[str, object]] = []
        with connected(settings) as cluster:
            _until_there(cluster, 2)
            assert list(pages(files[:6], "html", options, cluster=cluster)) == drawn
            for report in validate_spread(files, options, cluster):
                if not found:
                    os.killpg(workers[0].pid, signal.SIGKILL)
                found.append(_plain(report))
        assert found == alone
        with monkeypatch.context() as patch:
            patch.setitem(likeness.likeness(()), "lxml", "0.1")
            with (
                pytest.raises(ConfigurationError, match=r"tls://127\.0\.0\.1:\d+: lxml \S+ ≠ 0\.1"),
                connected(settings),
            ):
                pass
        monkeypatch.setattr(connection, "_CONNECT", 2.0)
        open_line = ClusterSettings(settings.address.replace("tls", "tcp"))
        with pytest.raises(ConfigurationError, match="cannot be reached"), connected(open_line):
            pass


def _until_there(cluster: connection.Cluster, workers: int) -> None:
    for _ in range(600):
        if len(cluster.threads()) == workers:
            return
        time.sleep(0.05)
    raise AssertionError(f"{cluster.threads()} in {ROOT}")
