"""What a test needs beyond Python: named parts of the machine. A missing part skips its tests with a sentence;
EINVOICE_REQUIRE (a blank-separated list, or `all`) turns such a skip into a failure.

Time is a part, too: what takes long by its nature (`needs("time")`, `rounds`) is done where EINVOICE_REQUIRE names
`time`, as CI does, or with EINVOICE_FULL=1, which takes the whole of everything; a shorter form of it always.
"""

import functools
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import cluster

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("EINVOICE_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus"
AXE_HOME = ROOT / ".conformance" / "axe"
AXE = AXE_HOME / "node_modules" / "axe-core" / "axe.min.js"

REQUIRED = frozenset(os.environ.get("EINVOICE_REQUIRE", "").split())
FULL = bool(os.environ.get("EINVOICE_FULL"))
TIME = FULL or bool(REQUIRED & {"time", "all"})


def rounds(few: int, many: int) -> int:
    """How often a test tries its luck: by default, and where there is time."""
    return many if TIME else few


@functools.cache
def missing(part: str) -> str | None:
    """Why a part cannot be used here; None if it can."""
    checks: dict[str, Callable[[], str | None]] = {
        "shared": lambda: None if CORPUS.is_dir() else f"the corpus is not at {CORPUS} (set EINVOICE_SHARED)",
        "official": lambda: None if importlib.util.find_spec("saxonche") else "saxonche is not installed",
        "java": lambda: None if shutil.which("java") else "java is not installed",
        "maven": lambda: None if shutil.which("mvn") else "maven is not installed",
        "stylesheets": _stylesheets,
        "dask": lambda: None if importlib.util.find_spec("distributed") else "distributed is not installed",
        "strace": lambda: None if shutil.which("strace") else "strace is not installed",
        "postgres": lambda: None if cluster.programs() else "PostgreSQL 15 or later is not installed",
        "dovecot": lambda: None if shutil.which("dovecot") else "dovecot (dovecot-imapd) is not installed",
        "sshd": lambda: None if shutil.which("sshd") else "sshd (openssh-server) is not installed",
        "samba": lambda: None if shutil.which("smbd") else "smbd (samba) is not installed",
        "axe": lambda: (
            None if AXE.is_file() else f"axe-core is not at {AXE} (npm install --prefix {AXE_HOME} axe-core)"
        ),
        "tmpfs": _tmpfs,
        "systemd": lambda: None if shutil.which("systemd-analyze") else "systemd is not installed",
        "time": lambda: None if TIME else "takes long (EINVOICE_REQUIRE=time has it done)",
        "chromium": lambda: None if shutil.which("chromium") else "chromium is not installed",
    }
    return checks[part]()


def _tmpfs() -> str | None:
    """A small disk of our own: only root has it, and not in every container."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "einvoice-test", folder]
        if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
            return "a small disk cannot be mounted here (needs root)"
        subprocess.run(["umount", folder], check=True)
    return None


def _stylesheets() -> str | None:
    """The official stylesheets: Maven brings them once, afterwards they lie under ~/.m2."""
    from einvoice.errors import Unchecked
    from tests.conformance import fetch

    try:
        for release in fetch.RELEASES:
            fetch.configuration(release)
    except (fetch.Missing, Unchecked) as error:
        return str(error)
    return None


def needs(part: str) -> pytest.MarkDecorator:
    """Marks a test that needs a part: skipped where it is missing, failed where EINVOICE_REQUIRE names it."""
    return pytest.mark.needs(part)
