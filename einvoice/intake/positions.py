"""The lines of one invoice, read here from small plain XML, in a limited process from all else."""

from dataclasses import dataclass
from decimal import Decimal

from einvoice import confined
from einvoice.formats import xml
from einvoice.formats.opening import is_plain
from einvoice.formats.reading import read
from einvoice.model.content import Content
from einvoice.model.lexical import decimal, trim
from einvoice.validation.options import Options


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice (BG-25): its id (BT-126), net (BT-131), VAT group (BT-151, BT-152) and name (BT-153)."""

    id: str
    net: Decimal
    category: str | None
    rate: Decimal | None
    name: str = ""


def positions(data: bytes) -> list[Line]:
    """The lines of an invoice's XML, in document order.

    Raises NotAnInvoice, xml.Refused or Unchecked where it cannot be read.
    """
    if is_plain(data):
        rows = in_child(data)
    else:
        options = Options()
        with confined.borrowed(options.limit_memory) as child:
            said = {"data": data}
            rows = child.call("einvoice.intake.positions:in_child", said, options.seconds(len(data)))
    return [
        Line(id_, decimal(net) or Decimal("0.00"), category, decimal(rate), name)
        for id_, net, category, rate, name in rows
    ]


def in_child(data: bytes) -> list[tuple[str, str, str, str, str]]:
    """What a limited process runs: texts of each line as stated."""
    content = read(xml.parse(data)).content()
    return [_texts(line) for line in content.groups.get("BG-25", [])]


def _texts(line: Content) -> tuple[str, str, str, str, str]:
    vat, item = line.group("BG-30") or Content(), line.group("BG-31") or Content()
    said = (
        line.text("BT-126"),
        line.text("BT-131"),
        vat.text("BT-151"),
        vat.text("BT-152"),
        item.text("BT-153"),
    )
    return tuple(trim(text or "") for text in said)  # type: ignore[return-value]  # five of them
