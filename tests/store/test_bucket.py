"""The archive in an object store, against an S3 server of its own: write-once, read back, proved like the folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import Session
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from einvoice.errors import ConfigurationError, StoreError
from einvoice.pipeline.backing_up import back_up
from einvoice.pipeline.moving import move
from einvoice.pipeline.restoring import restore
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store.archive import ARRIVALS, Damaged, tenant_area
from einvoice.store.bucket import BucketArchive, BucketSettings
from einvoice.store.seals import sha256
from einvoice.store.verify import verify
from tests.pipeline.place import demo


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def settings(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> BucketSettings:
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    found = BucketSettings(f"b{abs(hash(request.node.name))}", "archive", endpoint, "eu-central-1", file)
    client(found).create_bucket(
        Bucket=found.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return found


def client(settings: BucketSettings):  # type: ignore[no-untyped-def]
    """Somebody else with the same rights."""
    return Session().create_client(
        "s3", endpoint_url=settings.endpoint, region_name=settings.region,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip


def test_what_was_put_is_read_and_is_write_once(settings: BucketSettings) -> None:
    archive = BucketArchive(settings)
    archive.create("mine")
    archive.create("mine")
    digest = archive.put(ARRIVALS, b"data")
    assert archive.put(ARRIVALS, b"data") == digest
    assert (archive.read(ARRIVALS, digest), archive.has(ARRIVALS, digest)) == (b"data", True)
    assert not archive.has(tenant_area("a"), digest)
    assert list(archive.objects()) == [(ARRIVALS, digest)]
    other = client(settings)
    other.put_object(Bucket=settings.bucket, Key=f"archive/arrivals/{digest[:2]}/{digest}", Body=b"other")
    for attempt in (lambda: archive.read(ARRIVALS, digest), lambda: archive.put(ARRIVALS, b"data")):
        with pytest.raises(Damaged, match="archive verify"):
            attempt()
    stored = other.get_object(Bucket=settings.bucket, Key=f"archive/arrivals/{digest[:2]}/{digest}")[
        "Body"
    ].read()
    assert stored == b"other"
    archive.remove(ARRIVALS, digest)
    archive.remove(ARRIVALS, digest)
    assert list(archive.objects()) == []
    with pytest.raises(Damaged, match="missing"):
        archive.read(ARRIVALS, digest)


def test_it_belongs_to_one_store_and_says_what_is_wrong(settings: BucketSettings, tmp_path: Path) -> None:
    archive = BucketArchive(settings)
    with pytest.raises(StoreError, match="is not an archive"):
        archive.belongs_to("mine")
    archive.create("mine")
    for act in (archive.belongs_to, archive.create):
        with pytest.raises(StoreError, match="another store"):
            act("yours")
    gone = BucketSettings("no-such-bucket", "", settings.endpoint, settings.region, settings.credentials)
    with pytest.raises(StoreError, match="no-such-bucket cannot be used: NoSuchBucket") as caught:
        BucketArchive(gone).put(ARRIVALS, b"x")
    assert "nicht benutzbar" in caught.value.said("de")
    with pytest.raises(StoreError, match="No object"):
        archive.put("../x", b"x")


def test_many_pages_of_objects_are_listed(settings: BucketSettings) -> None:
    server = get_backend("s3")["123456789012"]["aws"]  # a thousand calls are not what is tested
    digests = [sha256(str(number).encode()) for number in range(1100)]
    for digest in digests:
        server.put_object(settings.bucket, f"archive/arrivals/{digest[:2]}/{digest}", b"")
    client(settings).put_object(Bucket=settings.bucket, Key="archive/stranger.txt", Body=b"")
    found = list(BucketArchive(settings).objects())
    assert sorted(name for area, name in found if area == ARRIVALS) == sorted(digests)
    assert (".", "stranger.txt") in found


def test_the_whole_run_its_proof_backup_and_restoration(settings: BucketSettings, tmp_path: Path) -> None:
    place = demo(tmp_path, "01-skonto.xml", "06-sammlung.zip")
    toml = place / "einvoice.toml"
    bucket = (
        f'[archive]\nkind = "object"\nbucket = "{settings.bucket}"\nprefix = "town"\n'
        f'endpoint = "{settings.endpoint}"\n'
        f'region = "{settings.region}"\ncredentials = "{settings.credentials}"\n'
    )
    toml.write_text(toml.read_text().replace('[archive]\nfolder = "data/archive"\n', bucket))
    with pytest.raises(StoreError, match="is not an archive"), opened(read_workplace(toml)):
        pass
    assert move(read_workplace(toml), place / "data" / "archive") == (0, [])
    with opened(read_workplace(toml)) as here:
        assert run(here).problems == []
        assert run(here).idle
        objects = list(here.archive.objects())
        assert objects
        assert verify(here.store, here.archive) == []
        made = back_up(here, tmp_path / "backups")
        assert made.differences == ()
        area, name = objects[0]
        client(settings).put_object(Bucket=settings.bucket, Key=f"town/{area}/{name[:2]}/{name}", Body=b"x")
        assert [one.code for one in verify(here.store, here.archive)] == ["object-changed"]
    with contextlib.suppress(ValueError):
        text = (made.folder / "einvoice.toml").read_text()
        assert str(settings.credentials) in text
    with pytest.raises(StoreError, match="archive is not empty"):
        restore(made.folder, tmp_path / "new")


@pytest.mark.parametrize(
    "table", ['kind = "object"', 'kind = "x"', 'bucket = "x"', 'kind = "object"\nbucket = 3']
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, table: str) -> None:
    file = tmp_path / "einvoice.toml"
    file.write_text(f"[archive]\n{table}\n")
    with pytest.raises(ConfigurationError, match="archive"):
        read_workplace(file)
