"""Where tests write: in memory where there is enough of it, since a disk that is waited for is most of their time.

TMPDIR chooses another folder. Who kills the session leaves nothing in memory either.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")

ENOUGH = 4 << 30
"""Bytes: what all tests at once may come to, several times over."""

_GUARD = 'tail --pid="$0" -f /dev/null; rm -rf "$1"'
"""Waits for the end of the session, however it ends."""


def take() -> None:
    """Gives this session, its workers and all they start one folder in memory, unless TMPDIR is set."""
    if "TMPDIR" in os.environ or not _roomy():
        return
    folder = tempfile.mkdtemp(prefix="ei-", dir=MEMORY)  # a short name: sockets lie in it
    os.chmod(folder, 0o711)  # PostgreSQL is another user
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    subprocess.run(
        ["setsid", "--fork", "sh", "-c", _GUARD, str(os.getpid()), folder],
        cwd="/", check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _roomy() -> bool:
    """Whether the memory disk has room, and the machine the memory for it."""
    try:
        return shutil.disk_usage(MEMORY).free >= ENOUGH and _available() >= 2 * ENOUGH
    except OSError:
        return False


def _available() -> int:
    """Bytes of memory that processes may have before the machine swaps."""
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines["MemAvailable"].removesuffix("kB")) * 1024
