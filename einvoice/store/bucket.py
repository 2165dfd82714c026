"""An archive in an object store that speaks S3, for workers on several hosts: put if absent, read back at once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from einvoice.errors import ConfigurationError, StoreError
from einvoice.store.archive import MARK, Damaged, checked_name, proper_name, side_by_side
from einvoice.store.seals import sha256

T = TypeVar("T")
_TRIES = 5


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """Where the objects lie. endpoint: URL of a store of one's own; credentials: a file as AWS programs share it,
    else the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    credentials: Path | None = None


class BucketArchive:
    """See Archive. The store must know `If-None-Match: *`; versions and locks of its own do no harm."""

    def __init__(self, settings: BucketSettings) -> None:
        self.settings = settings
        self._client = _client(settings)

    def create(self, mark: str) -> None:
        """See Archive."""
        said = json.dumps({"archive": mark}).encode()
        if not self._put_if_absent(self._key(MARK), said):
            self.belongs_to(mark)

    def belongs_to(self, mark: str) -> None:
        """See Archive."""
        try:
            found = json.loads(self._get(self._key(MARK)) or b"")["archive"]
        except (ValueError, KeyError, TypeError):
            raise StoreError(
                f"{self._where()} is not an archive: {MARK} is missing or damaged.",
                f"{self._where()} ist kein Archiv: {MARK} fehlt oder ist beschädigt.",
            ) from None
        if found != mark:
            raise StoreError(
                f"The archive {self._where()} belongs to another store: check [archive].",
                f"Das Archiv {self._where()} gehört zu einem anderen Speicher: bitte [archive] prüfen.",
            )

    def put(self, area: str, data: bytes) -> str:
        """See Archive: written only if nothing is there, then read back."""
        digest = sha256(data)
        key = self._object(area, digest)
        self._put_if_absent(key, data)
        if self._get(key) != data:
            raise Damaged(
                f"{key} is not what was archived. Run `einvoice archive verify`.",
                f"{key} ist nicht, was archiviert wurde. Bitte `einvoice archive verify` ausführen.",
            )
        return digest

    def put_all(self, objects: Sequence[tuple[str, bytes]], lying: str | None = None) -> list[str]:
        """See Archive. A bucket knows no second name: all are written."""
        side_by_side(lambda one: self.put(*one), objects)
        return [sha256(data) for _, data in objects]

    def read(self, area: str, digest: str) -> bytes:
        """See Archive."""
        key = self._object(area, digest)
        data = self._get(key)
        if data is None or sha256(data) != digest:
            what = ("is missing", "fehlt") if data is None else ("is not what was archived", "ist verändert")
            raise Damaged(
                f"{key} {what[0]}. Run `einvoice archive verify`.",
                f"{key} {what[1]}. Bitte `einvoice archive verify` ausführen.",
            )
        return data

    def has(self, area: str, digest: str) -> bool:
        """See Archive."""
        key = self._object(area, digest)
        found = self._call(
            lambda: self._client.head_object(Bucket=self.settings.bucket, Key=key), missing=("404",)
        )
        return found is not None

    def remove(self, area: str, digest: str) -> None:
        """See Archive."""
        key = self._object(area, digest)
        self._call(lambda: self._client.delete_object(Bucket=self.settings.bucket, Key=key))

    def remove_all(self, objects: Sequence[tuple[str, str]]) -> None:
        """See Archive."""
        side_by_side(lambda one: self.remove(*one), objects)

    def objects(self) -> Iterator[tuple[str, str]]:
        """See Archive."""
        start = self._key("")
        token: Mapping[str, str] = {}
        while True:
            page = self._call(
                lambda t=token: self._client.list_objects_v2(Bucket=self.settings.bucket, Prefix=start, **t)  # type: ignore[misc]
            )
            for one in page.get("Contents", ()):
                inner = one["Key"].removeprefix(start)
                if inner != MARK:
                    yield proper_name(inner)
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def sweep(self) -> int:
        """See Archive: objects come whole or not at all."""
        return 0

    def _put_if_absent(self, key: str, data: bytes) -> bool:
        """Whether it is there now by us; False if something was there before."""
        for _ in range(_TRIES):
            done = self._call(
                lambda: self._client.put_object(
                    Bucket=self.settings.bucket, Key=key, Body=data, IfNoneMatch="*"
                ),
                missing=("PreconditionFailed", "412"),
                again=("ConditionalRequestConflict", "409"),
            )
            if done is not _AGAIN:
                return done is not None
        raise StoreError(
            f"{key}: another process writes it again and again.",
            f"{key}: ein anderer Prozess schreibt es immer wieder.",
        )

    def _get(self, key: str) -> bytes | None:
        def get() -> Any:
            return self._client.get_object(Bucket=self.settings.bucket, Key=key)["Body"].read()

        found = self._call(get, missing=("NoSuchKey", "404"))
        return None if found is None else bytes(found)

    def _call(
        self, act: Callable[[], Any], missing: tuple[str, ...] = (), again: tuple[str, ...] = ()
    ) -> Any:
        """What the store answers; None for the codes in `missing`; everything else that fails is a StoreError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return act()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code in missing:
                return None
            if code in again:
                return _AGAIN
            said = error.response.get("Error", {}).get("Message", code)
            raise self._unusable(f"{code}: {said}") from error
        except BotoCoreError as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> StoreError:
        return StoreError(
            f"The archive {self._where()} cannot be used: {why}.",
            f"Das Archiv {self._where()} ist nicht benutzbar: {why}.",
        )

    def _where(self) -> str:
        return f"{self.settings.endpoint or 's3:/'}/{self.settings.bucket}/{self.settings.prefix}".rstrip("/")

    def _key(self, name: str) -> str:
        return f"{self.settings.prefix.strip('/')}/{name}".lstrip("/")

    def _object(self, area: str, digest: str) -> str:
        checked_name(area, digest)
        return self._key(f"{area}/{digest[:2]}/{digest}")


_AGAIN = object()


def _client(settings: BucketSettings) -> Any:
    try:
        from botocore.config import Config
        from botocore.session import Session
    except ImportError:
        raise ConfigurationError(
            "An archive in an object store needs the extra `remote`: pip install 'einvoice-pipeline[remote]'.",
            "Ein Archiv im Objektspeicher braucht das Extra `remote`: pip install 'einvoice-pipeline[remote]'.",
        ) from None
    session = Session()
    if settings.credentials is not None:
        session.set_config_variable("credentials_file", str(settings.credentials))
    config = Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 4, "mode": "standard"})
    return session.create_client(
        "s3", endpoint_url=settings.endpoint, region_name=settings.region or "us-east-1", config=config
    )
