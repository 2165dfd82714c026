"""What a transfer says to the creditor (140 characters): the reference he asks for, number, date, sums."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from einvoice.exports.sepa.charset import spelled

MOST = 140


def remittance(parts: Sequence[tuple[Mapping[str, Any], Decimal, Decimal]]) -> str:
    """The text for (content of a row, amount in full, amount paid), credit notes with amounts below zero.

    Of one invoice: the reference it asks for (BT-83; Kassenzeichen), number, date, Skonto. Of several: number and
    amount of each; what does not fit is counted at the end, never cut off within a number.
    """
    if len(parts) == 1:
        said, full, paid = parts[0]
        asked = str((said.get("payment") or {}).get("remittance") or "")
        number = str(said["number"] or "")
        words = [asked] if asked else []
        if number and number not in asked:
            words.append(f"RE {number}")
        if said["issue_date"]:
            words.append(f"vom {_day(said['issue_date'])}")
        if full != paid:
            words.append(f"abzgl. Skonto {_amount(full - paid)}")
        return _joined(words, " ")
    words = []
    for said, full, paid in parts:
        kind = "GS" if full < 0 else "RE"
        skonto = f" (Skonto {_amount(full - paid)})" if full != paid else ""
        words.append(f"{kind} {said['number']} {_amount(paid)}{skonto}")
    return _joined(words, ", ")


def _joined(words: Sequence[str], between: str) -> str:
    """As many of the words as fit, and how many more there are; the first is cut if it alone is too long."""
    kept: list[str] = []
    for index, word in enumerate(words):
        more = len(words) - index - 1
        rest = f"{between}+{more}" if more else ""
        if kept and len(spelled(between.join([*kept, word]) + rest, 10 * MOST)) > MOST:
            return spelled(between.join(kept) + f"{between}+{len(words) - len(kept)}", MOST)
        kept.append(word)
    return spelled(between.join(kept), MOST)


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _day(text: str) -> str:
    year, month, day = text.split("-")
    return f"{day}.{month}.{year}"
