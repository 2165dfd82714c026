"""The digest of what an XML document says, however it is laid out: the same for files that differ in blanks between
elements, comments, quotes, or the order of attributes (Canonical XML 1.0)."""

import hashlib
import re

from lxml import etree

_BETWEEN = re.compile(r">(?:\s++|&#xD;)++<")
"""Blanks between two tags: in canonical form neither sign can stand in a value in this way."""


def content_digest(root: etree._Element) -> str:
    """SHA-256, hex, of the canonical form of a document, texts that are nothing but blanks left out."""
    text = etree.tostring(root, method="c14n", with_comments=False).decode()
    return hashlib.sha256(_BETWEEN.sub("><", text).encode()).hexdigest()
