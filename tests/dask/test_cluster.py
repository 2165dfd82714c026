"""A real scheduler and two real workers over TLS, one killed in mid-run: the same reports as here."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from einvoice.cluster import connection, likeness
from einvoice.cluster.connection import connected
from einvoice.cluster.flow import Flow
from einvoice.cluster.settings import ClusterSettings
from einvoice.errors import ConfigurationError
from einvoice.render.many import pages
from einvoice.validation import spread
from einvoice.validation.batch import validate_files
from einvoice.validation.files import Found, named
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from einvoice.validation.spread import validate_variants
from tests.dask import certificates
from tests.parts import ROOT, needs
from tests.samples import FOLDER

pytestmark = needs("dask")


@contextlib.contextmanager
def _scheduler(folder: Path) -> Iterator[ClusterSettings]:
    """A scheduler with one worker, in this process, so that their start costs little."""
    from distributed import LocalCluster

    settings = ClusterSettings("tls://127.0.0.1:1", *certificates.make(folder), patience=30)
    security = connection.security_of(settings)
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
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
    return [*map(named, names[:6] + small * 30 + [str(folder / "absent"), str(folder)] + names[6:])]


def test_two_workers_and_one_killed_say_what_one_process_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts by two releases, and pages; a worker that is not alike is named, a line without TLS refused."""
    files, options = _files(tmp_path), Options(lang="en")
    variants = [options, replace(options, release="en16931-1.3.16")]
    alone = [[_plain(one) for one in validate_files(files, some)] for some in variants]
    drawn = list(pages(files[:2], "html", options))
    monkeypatch.setattr(spread, "Flow", functools.partial(Flow, chunk=8))
    with _scheduler(tmp_path) as settings, _worker(settings, tmp_path / "host") as worker:
        found: list[list[dict[str, object]]] = [[], []]
        with connected(settings) as cluster:
            _until_there(cluster, 2)
            _differs(settings, monkeypatch)
            assert list(pages(files[:2], "html", options, cluster=cluster)) == drawn
            for by_each in validate_variants(files, variants, cluster):
                if not found[0]:
                    os.killpg(worker.pid, signal.SIGKILL)
                for told, reports in zip(found, by_each, strict=True):
                    told += map(_plain, reports)
            assert not cluster._client.scheduler_comm.recent_message_log, "documents are kept in memory"
        assert found == alone
        monkeypatch.setattr(connection, "_CONNECT", 2.0)
        open_line = ClusterSettings(settings.address.replace("tls", "tcp"))
        with pytest.raises(ConfigurationError, match="cannot be reached"), connected(open_line):
            pass


def _differs(settings: ClusterSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker in the other process has not what this one now says it has."""
    named = r"tls://127\.0\.0\.1:\d+: lxml \S+ ≠ 0\.1"
    with monkeypatch.context() as patch:
        patch.setitem(likeness.likeness(()), "lxml", "0.1")
        with pytest.raises(ConfigurationError, match=named), connected(settings):
            pass


def _until_there(cluster: connection.Cluster, workers: int) -> None:
    for _ in range(600):
        if len(cluster.threads()) == workers:
            return
        time.sleep(0.05)
    raise AssertionError(f"{cluster.threads()} in {ROOT}")
