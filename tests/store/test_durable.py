"""Files outside the archive (heads, backups, exports) are written in the order that survives a loss of power."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from einvoice.errors import StoreError
from einvoice.store import durable
from einvoice.store.durable import write
from tests.parts import needs

_WRITERS = {
    "head": "from einvoice.store.durable import write; write(Path(sys.argv[1]) / 'f', b'some data')",
    "export": (
        "from einvoice.exports.doors.folder import FolderDoor; from einvoice.exports.files import File; "
        "FolderDoor(Path(sys.argv[1])).put(File('f', b'some data'), '')"
    ),
}


@needs("strace")
@pytest.mark.parametrize("writer", _WRITERS)
def test_the_order_is_write_fsync_rename_fsync_folder(tmp_path: Path, writer: str) -> None:
    folder, trace = tmp_path / "out", tmp_path / "trace"
    folder.mkdir()
    code = f"import sys; from pathlib import Path; {_WRITERS[writer]}"
    calls = "trace=write,fsync,rename,renameat,renameat2"
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", calls, sys.executable, "-c", code, str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    lines = [line for line in trace.read_text().splitlines() if f"{folder}" in line]
    assert [line.split("(")[0].split()[-1].replace("renameat2", "rename") for line in lines] == [
        "write", "fsync", "rename", "fsync",
    ]  # fmt: skip
    assert f"<{folder}>" in lines[-1]


@needs("strace")
@pytest.mark.parametrize(
    "call", ["fsync:error=EIO:when=1", "fsync:error=EIO:when=2", "rename:error=ENOSPC:when=1"]
)
def test_a_failing_call_is_said_and_leaves_nothing_half(tmp_path: Path, call: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    code = f"import sys; from pathlib import Path; {_WRITERS['head']}"
    command = ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}", sys.executable, "-B", "-c", code]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert "cannot be written" in done.stderr
    left = [path.read_bytes() for path in folder.iterdir()]
    assert left == ([b"some data"] if call.endswith("2") else [])


def test_a_full_disk_in_the_middle_of_a_file_leaves_nothing(tmp_path: Path) -> None:
    limit = "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4)); "
    code = f"{limit}import sys; from pathlib import Path; {_WRITERS['head']}"
    command = [sys.executable, "-B", "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        write(tmp_path / "none" / "f", b"")


@pytest.mark.parametrize("both_at_once", [True, False])
def test_a_name_is_given_to_one_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, both_at_once: bool
) -> None:
    """Many want the same name at the same moment: one gets it, and no file is lost."""
    if not both_at_once:
        monkeypatch.setattr(durable, "_libc", lambda: None)
    for number in range(40):
        (tmp_path / f"{number}").write_text(f"{number}")

    def wins(number: int) -> bool:
        try:
            durable.rename_new(tmp_path / f"{number}", tmp_path / "wanted")
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(wins, range(40))) == 1
    assert sorted(int(path.read_text()) for path in tmp_path.iterdir()) == list(range(40))


def test_where_nothing_can_be_renamed_the_wanted_name_stays_free(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.rename_new(tmp_path / "none", tmp_path / "wanted")
    assert list(tmp_path.iterdir()) == []
