"""`python -m benchmarks.clustered [COUNT …]`: small invoices judged on a cluster of this machine.

Prints for each count what every side costs per invoice (CPU: the call, scheduler, worker with its limited processes)
and how much memory the call takes at most. Start-up is left out by difference to a call over 100 invoices.
`--memory COUNT …`: files of the same size that are no invoices, and so cost little to judge; counts far apart say
whether memory is flat. Not part of `make bench`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.inbox import fill

EINVOICE = Path(sys.executable).with_name("einvoice")
ADDRESS = "tcp://127.0.0.1:18790"
FEW = 100
Fill = Callable[[Path, int], object]


def main(counts: list[int], fill: Fill = fill) -> None:
    """Starts the cluster, measures, tells, ends it."""
    with tempfile.TemporaryDirectory(prefix="einvoice-bench-") as made:
        folder = Path(made)
        parts = {name: _start(name, folder) for name in ("scheduler", "worker")}
        try:
            _measured(folder, FEW, parts, fill)  # wakes everything up: caches, limited processes
            base = _measured(folder, FEW, parts, fill)
            for count in counts:
                cost = _measured(folder, count, parts, fill)
                each = {name: 1000 * (cost[name] - base[name]) / (count - FEW) for name in ("call", *parts)}
                told = ", ".join(f"{name} {ms:.2f} ms" for name, ms in each.items())
                most = f"call {cost['MB']:.0f} MB, scheduler {_peak(parts['scheduler'].pid):.0f} MB"
                print(
                    f"{count} files: {told} CPU each; {cost['wall']:.0f} s wall; {most} at most", flush=True
                )
        finally:
            for process in parts.values():
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _start(name: str, folder: Path) -> "subprocess.Popen[bytes]":
    command = [
        str(EINVOICE),
        "--isolated",
        "--quiet",
        name,
        ADDRESS,
        *(["--jobs", "1"] if name == "worker" else []),
    ]
    log = (folder / f"{name}.log").open("wb")
    with log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def _no_invoices(inbox: Path, count: int) -> None:
    """Files of 4 kB of which one look says that they are none."""
    for number in range(count):
        (inbox / f"{number:06d}.xml").write_text(f"<a>{number:4000d}</a>")


def _measured(
    folder: Path, count: int, parts: "dict[str, subprocess.Popen[bytes]]", fill: Fill
) -> dict[str, float]:
    """Of one call: CPU seconds of each side, wall seconds, and the call's memory at most."""
    inbox = folder / f"inbox-{count}"
    if not inbox.is_dir():
        inbox.mkdir()
        fill(inbox, count)
    before, began = {name: cpu_below(process.pid) for name, process in parts.items()}, time.monotonic()
    command = [str(EINVOICE), "--isolated", "--quiet", "validate", str(inbox), "--cluster", ADDRESS]
    process = subprocess.Popen([*command, "-o", str(folder / "out.jsonl")])
    _, _, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    cost = {name: cpu_below(one.pid) - before[name] for name, one in parts.items()}
    return {**cost, "call": used.ru_utime + used.ru_stime, "wall": wall, "MB": used.ru_maxrss / 1000}


def _peak(process: int) -> float:
    """The memory of a process at most until now, in MB."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def cpu_below(process: int) -> float:
    """CPU seconds of a process and all below it, those that have ended included."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
        tasks = [one.read_text("ascii") for one in Path(f"/proc/{process}/task").glob("*/children")]
    except FileNotFoundError:
        return 0.0
    total = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total + sum(cpu_below(int(one)) for some in tasks for one in some.split())


if __name__ == "__main__":
    counts = [int(one) for one in sys.argv[1:] if one != "--memory"]
    if "--memory" in sys.argv:
        main(counts or [1000, 20_000], _no_invoices)
    else:
        main(counts or [1000, 4000])
