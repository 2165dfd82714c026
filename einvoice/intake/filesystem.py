"""The file system behind a location's URL: fsspec's drivers, told to check whom they talk to and not to wait long."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from einvoice.intake.connection import Connection
from einvoice.intake.source import SourceProblem

_MODULES = {"s3": "s3fs", "sftp": "paramiko", "smb": "smbclient", "webdav": "webdav4", "webdavs": "webdav4"}


def filesystem(settings: Connection, secret: str | None) -> tuple[Any, str]:
    """The file system and the path in it. Raises SourceProblem where a driver is missing; else as the driver does."""
    parts = urlsplit(settings.url)
    path = unquote(parts.path)
    try:
        import fsspec

        if parts.scheme in _MODULES:
            __import__(_MODULES[parts.scheme])
    except ImportError:
        raise SourceProblem(
            f"{parts.scheme}:// needs the extra `remote`: pip install 'einvoice-pipeline[remote]'",
            f"{parts.scheme}:// braucht das Extra `remote`: pip install 'einvoice-pipeline[remote]'",
        ) from None
    if parts.scheme == "file":
        return fsspec.filesystem("file"), path
    if parts.scheme == "s3":
        return _s3(settings, secret), f"{parts.netloc}{path}".rstrip("/")
    if parts.scheme == "sftp":
        return _sftp(settings, secret), path
    if parts.scheme == "smb":
        return _smb(settings, secret), path
    return _webdav(settings, secret), ""


def _s3(settings: Connection, secret: str | None) -> Any:
    import s3fs

    patience = {"connect_timeout": settings.timeout_seconds, "read_timeout": settings.timeout_seconds}
    client = {"verify": str(settings.base / settings.ca_file)} if settings.ca_file else {}
    return s3fs.S3FileSystem(
        key=settings.user,
        secret=secret,
        endpoint_url=settings.endpoint,
        client_kwargs=client,
        config_kwargs={**patience, "retries": {"max_attempts": 2}},
        skip_instance_cache=True,
        use_listings_cache=False,
    )


def _sftp(settings: Connection, secret: str | None) -> Any:
    """SFTP that talks only to hosts whose key is known."""
    import paramiko
    from fsspec.implementations.sftp import SFTPFileSystem

    known = (
        settings.base / settings.known_hosts
        if settings.known_hosts
        else Path("~/.ssh/known_hosts").expanduser()
    )

    class Known(SFTPFileSystem):  # type: ignore[misc]
        def _connect(self) -> None:
            self.client = paramiko.SSHClient()
            self.client.load_host_keys(str(known))
            self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()

    if not known.is_file():
        raise SourceProblem(
            f"{known}: the server's key must stand here (ssh-keyscan HOST, then compare it).",
            f"{known}: Hier muss der Schlüssel des Servers stehen (ssh-keyscan HOST, dann vergleichen).",
        )
    parts = urlsplit(settings.url)
    key = {"key_filename": str(settings.base / settings.key_file)} if settings.key_file else {}
    patience = dict.fromkeys(
        ("timeout", "banner_timeout", "auth_timeout", "channel_timeout"), settings.timeout_seconds
    )
    return Known(
        parts.hostname,
        port=parts.port or 22,
        username=settings.user,
        password=secret,
        look_for_keys=False,
        allow_agent=False,
        skip_instance_cache=True,
        **key,
        **patience,
    )


def _smb(settings: Connection, secret: str | None) -> Any:
    from fsspec.implementations.smb import SMBFileSystem

    parts = urlsplit(settings.url)
    return SMBFileSystem(
        parts.hostname,
        port=parts.port,
        username=settings.user,
        password=secret,
        timeout=settings.timeout_seconds,
        register_session_retries=1,
        skip_instance_cache=True,
    )


def _webdav(settings: Connection, secret: str | None) -> Any:
    import ssl

    from webdav4.fsspec import WebdavFileSystem

    parts = urlsplit(settings.url)
    base = parts._replace(scheme="https" if parts.scheme == "webdavs" else "http").geturl()
    trust: Any = True
    if settings.ca_file:
        trust = ssl.create_default_context(cafile=str(settings.base / settings.ca_file))
    return WebdavFileSystem(
        base,
        auth=(settings.user, secret or "") if settings.user else None,
        timeout=settings.timeout_seconds,
        verify=trust,
        skip_instance_cache=True,
    )
