"""A file server of its own on 127.0.0.1: Samba's smbd, as it stands in town halls, signed and SMB 3 alone."""

import contextlib
import getpass
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.intake.servers import PASSWORD, free_port, reachable

_SETTINGS = """\
[global]
server role = standalone server
interfaces = 127.0.0.1/8
bind interfaces only = yes
smb ports = {port}
disable netbios = yes
disable spoolss = yes
load printers = no
passdb backend = tdbsam
map to guest = never
server min protocol = SMB3
server signing = mandatory
private dir = {own}/private
lock directory = {own}/lock
state directory = {own}/state
cache directory = {own}/cache
pid directory = {own}/pid
ncalrpc dir = {own}/ncalrpc
log file = {own}/log/smbd

[eingang]
path = {share}
read only = no
"""


@contextlib.contextmanager
def samba(share: Path) -> Iterator[int]:
    """Serves a folder as the share `eingang` to this process's user with PASSWORD; its port."""
    own, port = Path(tempfile.mkdtemp(prefix="einvoice-samba-")), free_port()
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc", "log"):
        (own / name).mkdir()
    settings = own / "smb.conf"
    settings.write_text(_SETTINGS.format(port=port, own=own, share=share))
    known = ["smbpasswd", "-c", str(settings), "-L", "-a", "-s", getpass.getuser()]
    subprocess.run(known, input=f"{PASSWORD}\n" * 2, text=True, check=True, capture_output=True)
    process = subprocess.Popen(
        ["smbd", "-s", str(settings), "-F"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        reachable(port)
        yield port
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(own, ignore_errors=True)
