"""Secrets that travel once and are kept as digests: of links, sessions and tokens."""

import hashlib
import hmac
import secrets


def fresh() -> str:
    """A new secret of 256 random bits, fit for a link, a cookie or a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the store keeps of a secret. One round suffices: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def derived(secret: str, purpose: str) -> str:
    """A second secret that only the holder of the first and we can make, for one purpose."""
    return hmac.new(secret.encode("utf-8", "replace"), purpose.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal; takes as long for each."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
