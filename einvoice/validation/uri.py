"""Which texts Xerces takes for an xs:anyURI: nearly all; what it refuses stands here, found by running it."""

import re

from einvoice.model.lexical import trim

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_LITERAL_HOST = re.compile(r"//([^/@\[\]]*@)?\[[0-9A-Fa-f:.]+\](:[0-9]*)?(?=/|$)")


def allowed(text: str) -> bool:
    """Whether Xerces accepts the text as xs:anyURI (it escapes letters that a URI may not hold)."""
    text = trim(text)
    before, _, fragment = text.partition("#")
    if _BROKEN_ESCAPE.search(text) or "#" in fragment:
        return False
    scheme, colon, rest = before.partition(":")
    if not colon or any(mark in scheme for mark in "/?"):
        scheme, rest = "", before
    elif not _SCHEME.fullmatch(scheme) or not rest:
        return False
    path = rest.partition("?")[0]
    if path == "//" and rest == "//" and not fragment:
        return False
    opaque = scheme and not rest.startswith("/")
    return bool(opaque) or not any(mark in _LITERAL_HOST.sub("", path) for mark in "[]")
