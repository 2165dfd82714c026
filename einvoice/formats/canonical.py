"""The digest of what an XML document says, however it is laid out: the same for files that differ in blanks between
elements, comments, quotes, or the order of attributes (Canonical XML 1.0)."""

import copy
import hashlib

from lxml import etree


def content_digest(root: etree._Element) -> str:
    """SHA-256, hex, of the canonical form of a document, texts that are nothing but blanks left out."""
    tree = copy.deepcopy(root)
    for element in tree.iter():
        if element.text is not None and not element.text.strip():
            element.text = None
        if element.tail is not None and not element.tail.strip():
            element.tail = None
    return hashlib.sha256(etree.tostring(tree, method="c14n", with_comments=False)).hexdigest()
