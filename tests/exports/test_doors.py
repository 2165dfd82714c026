"""Exactly one complete file at the target, whatever is cut when: each door is cut at every step, then tried again."""

import itertools
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from einvoice.errors import ConfigurationError, EinvoiceError, NotDelivered, Refused
from einvoice.exports.doors.door import Door, through
from einvoice.exports.doors.folder import FolderDoor
from einvoice.exports.doors.http import HttpDoor
from einvoice.exports.doors.location import LocationDoor
from einvoice.exports.files import File
from einvoice.exports.places import FolderPlace, HttpPlace, LocationPlace, read_places
from einvoice.intake.secret import Secret
from tests.exports.receivers import receiver
from tests.intake.servers import PASSWORD, USER, bucket, certificate, sftp, webdav
from tests.parts import needs

FILE = File("stapel ü.csv", b"a;b\r\n" * 1000)
OTHER = File("stapel ü.csv", b"something else")


def _until_done(door: Door, tries: int = 10) -> int:
    """Tries again as runs do; how many tries it took."""
    for number in range(1, tries + 1):
        try:
            door.put(FILE, "key")
        except NotDelivered:
            continue
        return number
    raise AssertionError("never delivered")


@pytest.mark.parametrize(
    "moods",
    [*itertools.product(("cut before", "cut within", "cut after", "refuse", "elsewhere"), repeat=2)],
    ids=lambda moods: "-".join(moods).replace(" ", "_"),
)
def test_http_sends_again_under_the_same_key(moods: tuple[str, ...]) -> None:
    with receiver(*moods, "take") as ours:
        assert _until_done(HttpDoor(HttpPlace(name="a", kind="http", url=ours.url))) == 3
        assert list(ours.kept.values()) == [FILE.data]
        assert set(ours.keys) == {"key"}


def test_http_sends_the_token_and_never_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KASSE", "geheim-4711")
    with receiver("refuse") as ours:
        door = HttpDoor(HttpPlace(name="a", kind="http", url=ours.url, token=Secret(env="KASSE")))
        with pytest.raises(NotDelivered, match="HTTP 503") as refused:
            door.put(FILE, "key")
        assert ours.heads[0]["Authorization"] == "Bearer geheim-4711"
    assert "geheim" not in str(refused.value)
    with pytest.raises(NotDelivered, match="Connection refused"):
        door.put(FILE, "key")
    monkeypatch.delenv("KASSE")
    with pytest.raises(NotDelivered, match="KASSE is not set"):
        HttpDoor(door.place)


def test_https_goes_only_to_whom_the_certificate_names(tmp_path: Path) -> None:
    certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with receiver(tls=context) as ours:
        for url, authority in ((ours.url, None), (ours.url.replace("localhost", "127.0.0.1"), "server.pem")):
            place = HttpPlace(
                name="a", kind="http", url=url, base=tmp_path, ca_file=Path(authority) if authority else None
            )
            with pytest.raises(NotDelivered, match="certificate verify failed"), through(place) as door:
                door.put(FILE, "key")
        good = HttpPlace(name="a", kind="http", url=ours.url, base=tmp_path, ca_file=Path("server.pem"))
        with through(good) as door:
            assert list(door.faults()) == []
            door.put(FILE, "key")
    assert list(ours.kept.values()) == [FILE.data]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('kind = "http"\nurl = "http://kasse.example/in"', "url: https://"),
        ('kind = "http"\nurl = "https://ich:geheim@kasse.example/in"', "user and password"),
        ('kind = "http"\nurl = "file:///etc/passwd"', "url: https://"),
        ('kind = "http"\nurl = "https://a.example"\ntoken = "geheim"', "does not stand in the configuration"),
        ('kind = "location"\nurl = "gopher://a/b"', "url: one of s3"),
        ('kind = "ftp"', "kind"),
        ("path = '/x'\nbase = '/'", "unknown setting"),
        ("path = '/x'\nextra = 1", "unknown setting"),
    ],
)
def test_a_wrong_place_is_told_by_file_and_key(tmp_path: Path, table: str, said: str) -> None:
    import tomllib

    rows = tomllib.loads(f'[[place]]\nname = "kasse"\n{table}\n')["place"]
    with pytest.raises(ConfigurationError, match=said) as wrong:
        read_places(tmp_path / "einvoice.toml", rows)
    assert "[[place]] kasse" in str(wrong.value)
    assert "geheim" not in str(wrong.value)


class Cut:
    """A file system that fails at its n-th action: before it, or after it was done, or in the middle of writing."""

    def __init__(self, files: Any, at: int, how: str) -> None:
        self.files, self.left, self.how = files, at, how

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left:
                return getattr(self.files, name)(*arguments, **named)
            if self.how == "within" and name == "pipe_file":
                self.files.pipe_file(arguments[0], arguments[1][: len(arguments[1]) // 2])
            elif self.how == "after":
                getattr(self.files, name)(*arguments, **named)
            raise ConnectionResetError("cut")

        return act


@pytest.mark.parametrize("how", ["before", "within", "after"])
def test_a_location_cut_at_every_step_ends_with_one_complete_file(tmp_path: Path, how: str) -> None:
    for at in range(1, 12):
        folder = tmp_path / f"{how}{at}"
        folder.mkdir()
        door = LocationDoor(LocationPlace(name="a", kind="location", url=f"file://{folder}"))
        whole, door.files = door.files, Cut(door.files, at, how)
        try:
            door.put(FILE, "")
        except NotDelivered:
            complete = [p for p in folder.iterdir() if not p.name.startswith(".")]
            assert [p.read_bytes() for p in complete] in ([], [FILE.data])
        door.files = whole
        door.put(FILE, "")
        assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [(FILE.name, FILE.data)]
        with pytest.raises(Refused, match="other content"):
            door.put(OTHER, "")
    assert at == 11


def _doors(tmp_path: Path) -> Iterator[tuple[str, LocationPlace, Callable[[], dict[str, bytes]]]]:
    (tmp_path / "secret").write_text(PASSWORD)
    (tmp_path / "secret").chmod(0o600)
    more: dict[str, Any] = {"user": USER, "password": Secret(file=Path("secret")), "base": tmp_path}
    with bucket("ausgang") as (url, client):
        place = LocationPlace(name="a", kind="location", url="s3://ausgang/hkr", endpoint=url, **more)
        yield (
            "s3",
            place,
            lambda: {
                one["Key"].removeprefix("hkr/"): client.get_object(Bucket="ausgang", Key=one["Key"])[
                    "Body"
                ].read()
                for one in client.list_objects_v2(Bucket="ausgang").get("Contents", ())
            },
        )
    folder = tmp_path / "dav"
    (folder / "hkr").mkdir(parents=True)
    with webdav(folder) as port:
        place = LocationPlace(name="a", kind="location", url=f"webdav://127.0.0.1:{port}/hkr", **more)
        yield "webdav", place, lambda: {p.name: p.read_bytes() for p in (folder / "hkr").iterdir()}


def test_real_servers_hold_one_complete_file_and_keep_what_is_other(tmp_path: Path) -> None:
    for name, place, there in _doors(tmp_path):
        with through(place) as door:
            assert list(door.faults()) == [], name
            for _ in range(2):
                door.put(FILE, "")
            assert there() == {FILE.name: FILE.data}, name
            with pytest.raises(Refused, match="other content"):
                door.put(OTHER, "")
            door.put(File("tief/2/b.xml", b"<b/>"), "")
            assert door.put(File("tief/2/b.xml", b"<b/>"), "").endswith("tief/2/b.xml")


@needs("sshd")
def test_sftp(tmp_path: Path) -> None:
    import getpass

    folder = tmp_path / "fern"
    folder.mkdir()
    with sftp() as server:
        url = f"sftp://127.0.0.1:{server.port}{folder}"
        place = LocationPlace(
            name="a", kind="location", url=url, user=getpass.getuser(), key_file=server.key,
            known_hosts=server.known,
        )  # fmt: skip
        with through(place) as door:
            for _ in range(2):
                door.put(FILE, "")
            with pytest.raises(Refused, match="other content"):
                door.put(OTHER, "")
    assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [(FILE.name, FILE.data)]
    with pytest.raises(NotDelivered), through(place) as door:
        door.put(FILE, "")


def _said(faults: Iterator[EinvoiceError]) -> list[str]:
    return [str(one) for one in faults]


def test_a_folder_is_never_made_in_place_of_a_missing_mount(tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    with through(FolderPlace(name="a", path=folder)) as door:
        with pytest.raises(NotDelivered, match="No such folder"):
            door.put(FILE, "")
        assert "No such folder" in _said(door.faults())[0]
        folder.mkdir(mode=0o755)
        assert "chmod o=" in _said(door.faults())[0]
        folder.chmod(0o750)
        assert _said(door.faults()) == []
        target = Path(door.put(FILE, ""))
    assert target.stat().st_mode & 0o777 & ~0o640 == 0
    assert list(folder.iterdir()) == [target]


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".{FILE.name}.{dead.pid}.part").write_bytes(b"half")
    living = tmp_path / f".{FILE.name}.{os.getppid()}.part"
    living.write_bytes(b"half")
    FolderDoor(tmp_path).put(FILE, "")
    assert {p.name for p in tmp_path.iterdir()} == {FILE.name, living.name}


@pytest.mark.parametrize("limit", [0, 1, 4000])
def test_a_full_disk_leaves_nothing_half(tmp_path: Path, limit: int) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "import sys; from pathlib import Path; from einvoice.exports.doors.folder import FolderDoor\n"
        "from einvoice.exports.files import File\n"
        "FolderDoor(Path(sys.argv[1])).put(File('a.csv', b'x' * 5000), '')"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "NotDelivered" in done.stderr
    assert list(tmp_path.iterdir()) == []
    FolderDoor(tmp_path).put(File("a.csv", b"x" * 5000), "")
    assert (tmp_path / "a.csv").read_bytes() == b"x" * 5000
