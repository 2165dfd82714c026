"""Passwords: kept as argon2id (RFC 9106, the library's own parameters), never as they are. Extra `web`."""

import functools
from typing import TYPE_CHECKING

from einvoice.errors import ConfigurationError, Refused

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 12, 1000
"""Characters of a password."""


def hashed(password: str) -> str:
    """What the store keeps of a password."""
    return _hasher().hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one kept; where none is kept it takes as long to say no."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept or _nobody(), password[:MOST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def demand(password: str, name: str) -> None:
    """Raises Refused for a password that is too short, too long, too plain, or the name of the account."""
    if not LEAST <= len(password) <= MOST:
        raise Refused(
            f"A password has at least {LEAST} characters.",
            f"Ein Passwort hat mindestens {LEAST} Zeichen.",
        )
    if len(set(password.lower())) < 5 or (len(name) > 3 and name.lower() in password.lower()):
        raise Refused(
            "This password is easy to guess: no repetitions, and not the name of the account.",
            "Dieses Passwort ist leicht zu erraten: keine Wiederholungen, nicht der Kontoname.",
        )


@functools.cache
def _hasher() -> "PasswordHasher":
    try:
        from argon2 import PasswordHasher
    except ImportError:
        raise ConfigurationError(
            "Passwords need the extra `web`: pip install 'einvoice-pipeline[web]'",
            "Passwörter brauchen das Extra „web“: pip install 'einvoice-pipeline[web]'",
        ) from None
    return PasswordHasher()


@functools.cache
def _nobody() -> str:
    """A hash that is nobody's, so that an unknown account takes as long as a known one."""
    return _hasher().hash("nobody's")
