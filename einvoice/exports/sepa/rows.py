"""A payment file that somebody hands over, read as rows: its head, and one row for each transaction."""

from collections.abc import Iterator

from lxml import etree

from einvoice.exports.sepa.message import NAMESPACE
from einvoice.formats import xml

_P = f"{{{NAMESPACE}}}"


def rows_of_message(data: bytes) -> list[tuple[str, dict[str, str]]]:
    """(key, values by place) of the head, of each block and of each transaction (key: its EndToEndId); empty where it
    is no pain.001. Raises formats.xml.Refused for what is no XML.
    """
    root = xml.parse(data)
    if root.tag != f"{_P}Document":
        return []
    found = [("", dict(_leaves(head))) for head in root.iter(f"{_P}GrpHdr")]
    for block in root.iter(f"{_P}PmtInf"):
        found.append(
            (block.findtext(f"{_P}PmtInfId") or "", dict(_leaves(block, without=f"{_P}CdtTrfTxInf")))
        )
        for one in block.iter(f"{_P}CdtTrfTxInf"):
            found.append((one.findtext(f"{_P}PmtId/{_P}EndToEndId") or "", dict(_leaves(one))))
    return found


def _leaves(owner: etree._Element, path: str = "", without: str = "") -> Iterator[tuple[str, str]]:
    for child in owner.iterchildren(etree.Element):
        if child.tag == without:
            continue
        here = f"{path}/{etree.QName(child).localname}".lstrip("/")
        if len(child):
            yield from _leaves(child, here)
        else:
            yield here, (child.text or "").strip()
