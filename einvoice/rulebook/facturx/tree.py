"""An invoice as nodes that the rules can look at quickly: children by name, texts read once, states on the way.

A node's text is its whole string value; comments are left out by the door for XML (einvoice.formats.xml).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from lxml import etree

if TYPE_CHECKING:
    from einvoice.rulebook.facturx.states import State

NOWHERE: list[Item] = []
"""No nodes; never changed."""


class Tree:
    """All nodes of a document in its order, and by their name ({namespace}local)."""

    __slots__ = ("by_name", "nodes", "root")

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.by_name: dict[str, list[Item]] = {}
        self.root: Node


class Node:
    """An element: its children by name, and how far which contexts have come on the way to it."""

    __slots__ = ("_text", "element", "kids", "parent", "skipped", "state", "tree")

    def __init__(self, element: etree._Element, parent: Node | None, state: State, tree: Tree) -> None:
        self.element = element
        self.parent = parent
        self.state = state
        self.tree = tree
        self.kids: dict[str, list[Item]] = {}
        self.skipped: frozenset[int] = parent.skipped if parent else frozenset()
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The string value, as written."""
        if self._text is None:
            whole = "".join(self.element.itertext()) if self.kids else self.element.text  # type: ignore[arg-type]
            self._text = whole or ""
        return self._text


class Attribute:
    """An attribute that is there."""

    __slots__ = ("parent", "text")

    kids: ClassVar[dict[str, list[Item]]] = {}

    def __init__(self, parent: Node, text: str) -> None:
        self.parent = parent
        self.text = text


Item = Node | Attribute


def grow(root: etree._Element, start: State) -> Tree:
    """The tree of a document; `start` is the state before the root."""
    tree = Tree()
    tree.root = _grow(root, None, start.after(root.tag), tree)
    return tree


def _grow(element: etree._Element, parent: Node | None, state: State, tree: Tree) -> Node:
    node = Node(element, parent, state, tree)
    tree.nodes.append(node)
    tree.by_name.setdefault(element.tag, []).append(node)
    kids = node.kids
    for child in element:
        tag = child.tag
        if isinstance(tag, str):
            grown = _grow(child, node, state.after(tag), tree)
            if tag in kids:
                kids[tag].append(grown)
            else:
                kids[tag] = [grown]
    return node
