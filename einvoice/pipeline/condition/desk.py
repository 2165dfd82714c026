"""The desk in the browser: whether the table [web] is one by which people can come in safely."""

import importlib.util
from collections.abc import Iterator

from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.desk import Desk
from einvoice.pipeline.workplace import Opened

_PARTS = ("fastapi", "uvicorn", "jinja2", "argon2", "cryptography", "python_multipart", "segno")
"""What the extra `web` brings."""


def desk(here: Opened) -> Iterator[Finding]:
    """The extra, the address and its TLS, the proxies, the key, the limits, the other provider."""
    settings = here.workplace.desk
    if missing := [one for one in _PARTS if importlib.util.find_spec(one) is None]:
        text = ", ".join(missing)
        yield Finding(
            None,
            f"Der Browser braucht das Extra „web“ ({text} fehlt): pip install 'einvoice-pipeline[web]'",
            f"The browser needs the extra `web` ({text} is missing): pip install 'einvoice-pipeline[web]'",
        )
        return
    yield from _address(settings)
    yield from _key(settings)
    megabytes, minutes = settings.upload_mb, settings.idle_minutes
    yield Finding(
        None if megabytes > 100 or minutes > 120 else True,
        f"Browser: höchstens {megabytes} MB je Upload, Sitzungen enden nach {minutes} Minuten ohne Anfrage.",
        f"Browser: at most {megabytes} MB per upload, sessions end after {minutes} minutes without a request.",
    )
    if settings.oidc is not None and settings.oidc.ca_file:
        file = settings.base / settings.oidc.ca_file
        if not file.is_file():
            yield Finding(
                False, f"[web.oidc] ca_file: {file} fehlt.", f"[web.oidc] ca_file: {file} is missing."
            )


def _address(settings: Desk) -> Iterator[Finding]:
    """The address people type decides about TLS and with it about the cookie."""
    if settings.url is None:
        yield Finding(
            None,
            "[web] url fehlt: Der Browser ist nur auf diesem Rechner erreichbar, und Links nennen 127.0.0.1.",
            "[web] url is missing: the browser is reached on this machine only, and links name 127.0.0.1.",
        )
        return
    here = settings.host in ("127.0.0.1", "::1", "localhost")
    if settings.secure:
        yield Finding(
            True,
            f"[web] {settings.url}: TLS, das Cookie gilt nur darüber (Secure, __Host-).",
            f"[web] {settings.url}: TLS, the cookie is valid by it only (Secure, __Host-).",
        )
    else:
        yield Finding(
            None if here else False,
            f"[web] {settings.url}: kein TLS; Passwörter und Cookies gehen offen über das Netz. Bitte https://",
            f"[web] {settings.url}: no TLS; passwords and cookies go over the network in the clear. Use https://",
        )
    if "*" in settings.proxies or "0.0.0.0/0" in settings.proxies:
        yield Finding(
            False,
            "[web] proxies nennt alle: Dann kann jeder sagen, woher er kommt (X-Forwarded-For).",
            "[web] proxies names everybody: then anyone can say where he comes from (X-Forwarded-For).",
        )
    elif settings.secure and not settings.proxies:
        yield Finding(
            None,
            "[web] https ohne proxies: serve braucht dann --tls-certificate, oder der Reverse-Proxy wird genannt.",
            "[web] https without proxies: serve needs --tls-certificate then, or the reverse proxy is to be named.",
        )


def _key(settings: Desk) -> Iterator[Finding]:
    """The key that seals one-time codes: readable by its owner only; made when it is first used."""
    file = settings.key_file
    if not file.exists():
        yield Finding(
            None,
            f"[web] key: {file} entsteht, sobald jemand Einmalcodes einrichtet; bitte dann getrennt sichern.",
            f"[web] key: {file} is made when somebody first sets up one-time codes; keep a copy apart then.",
        )
    elif (mode := file.stat().st_mode & 0o777) & 0o077 or file.stat().st_size != 32:
        yield Finding(
            False,
            f"[web] key: {file} ({mode:04o}) muss 32 Bytes haben und nur für den Eigentümer lesbar sein: chmod 600.",
            f"[web] key: {file} ({mode:04o}) must have 32 bytes and be readable by its owner only: chmod 600.",
        )
    else:
        yield Finding(True, f"[web] key: {file} ist geschützt.", f"[web] key: {file} is protected.")
