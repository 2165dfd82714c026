"""Places of many findings in one document: as `place`, but positions are counted once per parent."""

from lxml import etree

from einvoice.validation.place import name_of


class Locator:
    """XPaths of the elements of one document, linear in the document however many findings there are."""

    def __init__(self) -> None:
        self._positions: dict[etree._Element, dict[etree._Element, int]] = {}

    def path(self, element: etree._Element) -> str:
        """`/ubl:Invoice[1]/cac:LegalMonetaryTotal[1]`, whatever prefixes the document itself uses."""
        steps: list[str] = []
        at: etree._Element | None = element
        while at is not None:
            parent = at.getparent()
            position = 1 if parent is None else self._among(parent)[at]
            steps.append(f"{name_of(at)}[{position}]")
            at = parent
        return "/" + "/".join(reversed(steps))

    def _among(self, parent: etree._Element) -> dict[etree._Element, int]:
        known = self._positions.get(parent)
        if known is None:
            counts: dict[str, int] = {}
            known = self._positions[parent] = {}
            for child in parent:
                counts[child.tag] = known[child] = counts.get(child.tag, 0) + 1
        return known
