"""Attachments are decoded by another library than Python's: it must give what Python's gives, for anything."""

import base64
import binascii
import contextlib
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from einvoice.model.fields import unbase64

SIGNS = "AQg+/= \n\r-_é\x00\u2028"


def by_python(text: str) -> bytes | None:
    """What the standard library makes of it."""
    with contextlib.suppress(binascii.Error, ValueError):
        return binascii.a2b_base64(text, strict_mode=True)
    with contextlib.suppress(binascii.Error, ValueError):
        return base64.b64decode("".join(text.split()), validate=True)
    return None


def test_short_texts() -> None:
    texts = ["".join(signs) for length in range(6) for signs in product("AQ= \n", repeat=length)]
    assert [unbase64(text) for text in texts] == [by_python(text) for text in texts]


@given(st.text(SIGNS))
def test_any_text(text: str) -> None:
    assert unbase64(text) == by_python(text)


@given(st.binary(max_size=200), st.integers(0, 300), st.sampled_from(["", *SIGNS]), st.integers(0, 2))
def test_one_wrong_sign(octets: bytes, place: int, sign: str, instead: int) -> None:
    text = base64.b64encode(octets).decode()
    assert unbase64(text) == octets
    assert unbase64(base64.encodebytes(octets).decode()) == octets
    changed = text[:place] + sign + text[place + instead :]
    assert unbase64(changed) == by_python(changed)
