"""One-time codes from a telephone or a key: RFC 6238 (TOTP) with SHA-1, six digits, 30 seconds, as every
authenticator app has them."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

SECONDS, DIGITS = 30, 6


def new_secret() -> str:
    """A new secret of 160 bits, in base32 as apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """The code of a secret for a step (30 seconds each since 1970). RFC 4226, section 5.3."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, given: str, now: float, after: int | None = None) -> int | None:
    """The step whose code was given, one earlier or later allowed for; None for a wrong code.

    now: seconds since 1970. after: the last step already used; a code of it or before is wrong.
    """
    digits = "".join(given.split())
    current = int(now) // SECONDS
    fitting = [
        step
        for step in (current - 1, current, current + 1)
        if hmac.compare_digest(code(secret, step).encode(), digits.encode("utf-8", "replace"))
    ]
    return next((step for step in fitting if after is None or step > after), None)


def address(secret: str, account: str, issuer: str = "einvoice") -> str:
    """The otpauth address that apps read from a picture."""
    said = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": SECONDS})
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{said}"
