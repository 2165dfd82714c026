"""Seals the secrets of one-time codes with a key that lies outside the store: a copy of the store alone makes no
codes. Extra `web`."""

import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from einvoice.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Seal:
    """A key in a file that only its owner reads; made when it is first used."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def close(self, text: str, about: str) -> str:
        """The text, sealed (AES-256-GCM) for one purpose: it opens only with the same `about`."""
        nonce = secrets.token_bytes(12)
        return (nonce + self._cipher().encrypt(nonce, text.encode(), about.encode())).hex()

    def open(self, sealed: str, about: str) -> str:
        """What was sealed. Raises ConfigurationError where the key is not the one it was sealed with."""
        from cryptography.exceptions import InvalidTag

        raw = bytes.fromhex(sealed)
        try:
            return self._cipher().decrypt(raw[:12], raw[12:], about.encode()).decode()
        except InvalidTag:
            raise ConfigurationError(
                f"{self._file} is not the key that one-time codes were sealed with: bring back the old one, or "
                "invite the persons anew (einvoice user web-invite).",
                f"{self._file} ist nicht der Schlüssel, mit dem die Einmalcodes versiegelt wurden: bitte den alten "
                "zurückholen oder neu einladen (einvoice user web-invite).",
            ) from None

    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key())

    def _key(self) -> bytes:
        try:
            key = self._read() or self._made()
        except OSError as error:
            raise ConfigurationError(
                f"{self._file}: the key cannot be used ({error.strerror}).",
                f"{self._file}: Der Schlüssel ist nicht nutzbar ({error.strerror}).",
            ) from None
        return key

    def _read(self) -> bytes | None:
        try:
            with self._file.open("rb") as file:
                state, key = os.fstat(file.fileno()), file.read()
        except FileNotFoundError:
            return None
        if len(key) != 32 or state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(
                f"{self._file}: a key has 32 bytes and is readable by its owner only (chmod 600).",
                f"{self._file}: Ein Schlüssel hat 32 Bytes und ist nur für seinen Eigentümer lesbar (chmod 600).",
            )
        return key

    def _made(self) -> bytes:
        """A new key, complete under its name; that of another process if it was a moment faster."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._file.with_name(f".{self._file.name}.{secrets.token_hex(4)}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, self._file)
        except FileExistsError:
            pass
        finally:
            part.unlink()
        return self._file.read_bytes()
