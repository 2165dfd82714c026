"""Makes a document that shows a difference small: takes away whatever the difference does not need."""

import copy
from collections.abc import Callable

from lxml import etree

Shows = Callable[[etree._Element], bool]


def minimise(root: etree._Element, shows: Shows, asks: int = 400) -> etree._Element:
    """A smaller tree that still shows it; `asks` bounds how often the judges are asked."""
    left = asks
    changed = True
    while changed and left > 0:
        changed = False
        for path in _paths(root):
            smaller = copy.deepcopy(root)
            if not _take_out(smaller, path):
                continue
            left -= 1
            if shows(smaller):
                root, changed = smaller, True
            if left <= 0:
                break
    return root


def _paths(root: etree._Element) -> list[str]:
    """The places of all elements, big ones and late ones first, so that a removal leaves the others in place."""
    tree = root.getroottree()
    elements = [element for element in root.iter(etree.Element) if element is not root]
    elements.reverse()
    elements.sort(key=lambda element: -sum(1 for _ in element.iter()))
    return [tree.getelementpath(element) for element in elements]


def _take_out(root: etree._Element, path: str) -> bool:
    element = root.find(path)
    if element is None or (parent := element.getparent()) is None:
        return False
    parent.remove(element)
    return True
