"""A pain.001.001.09 message: one file, one block per day of execution, one transaction per transfer.

Elements stand in the order of the schema; ids depend on the batch alone, so that the bank sees a repeated file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from einvoice.exports.sepa.charset import spelled
from einvoice.exports.sepa.settings import Payment
from einvoice.exports.sepa.transfers import Transfer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says: `key` begins all its ids (at most 22 characters), transfers with their own ids."""

    key: str
    created: datetime
    debtor: Payment
    transfers: Sequence[tuple[str, Transfer]]


def write(message: Message) -> bytes:
    """The bytes of a message, UTF-8, each element on a line of its own."""
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    start = _at(root, "CstmrCdtTrfInitn")
    head = _at(start, "GrpHdr")
    _at(head, "MsgId", message.key)
    _at(head, "CreDtTm", message.created.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _sums(head, [one for _, one in message.transfers])
    _at(_at(head, "InitgPty"), "Nm", spelled(message.debtor.name, 70))
    days = sorted({one.execution for _, one in message.transfers})
    for number, day in enumerate(days, 1):
        _block(start, message, number, [pair for pair in message.transfers if pair[1].execution == day])
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _block(
    start: etree._Element, message: Message, number: int, pairs: Sequence[tuple[str, Transfer]]
) -> None:
    block, debtor = _at(start, "PmtInf"), message.debtor
    _at(block, "PmtInfId", f"{message.key}-{number}")
    _at(block, "PmtMtd", "TRF")
    _at(block, "BtchBookg", "true")
    _sums(block, [one for _, one in pairs])
    _at(_at(_at(block, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _at(_at(block, "ReqdExctnDt"), "Dt", pairs[0][1].execution.isoformat())
    _at(_at(block, "Dbtr"), "Nm", spelled(debtor.name, 70))
    _at(_at(_at(block, "DbtrAcct"), "Id"), "IBAN", debtor.iban)
    agent = _at(_at(block, "DbtrAgt"), "FinInstnId")
    if debtor.bic:
        _at(agent, "BICFI", debtor.bic)
    else:
        _at(_at(agent, "Othr"), "Id", "NOTPROVIDED")
    _at(block, "ChrgBr", "SLEV")
    for key, one in pairs:
        _transaction(block, key, one)


def _transaction(block: etree._Element, key: str, one: Transfer) -> None:
    paid = _at(block, "CdtTrfTxInf")
    _at(_at(paid, "PmtId"), "EndToEndId", key)
    _at(_at(paid, "Amt"), "InstdAmt", _amount(one.amount), {"Ccy": "EUR"})
    if one.bic:
        _at(_at(_at(paid, "CdtrAgt"), "FinInstnId"), "BICFI", one.bic)
    creditor = _at(paid, "Cdtr")
    _at(creditor, "Nm", spelled(one.name, 70) or "UNBEKANNT")
    if one.address:
        address = _at(creditor, "PstlAdr")
        for name, most in (("StrtNm", 70), ("PstCd", 16), ("TwnNm", 35), ("Ctry", 2)):
            if text := spelled(one.address.get(name, ""), most):
                _at(address, name, text)
    _at(_at(_at(paid, "CdtrAcct"), "Id"), "IBAN", one.iban)
    if one.remittance:
        _at(_at(paid, "RmtInf"), "Ustrd", one.remittance)


def _sums(owner: etree._Element, paid: Sequence[Transfer]) -> None:
    _at(owner, "NbOfTxs", str(len(paid)))
    _at(owner, "CtrlSum", _amount(sum((one.amount for one in paid), Decimal())))


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _at(
    owner: etree._Element, name: str, text: str | None = None, attributes: Mapping[str, Any] | None = None
) -> etree._Element:
    made = etree.SubElement(owner, f"{{{NAMESPACE}}}{name}", dict(attributes or {}))
    made.text = text
    return made
