"""Brings a content into the shape that one syntax writes, before any element is made."""

from dataclasses import dataclass, field
from decimal import Decimal

from einvoice.model import lexical
from einvoice.model.content import Content, Value


@dataclass(slots=True)
class Prepared:
    """A content as the syntax wants it, with the ids of what it cannot carry and of what it asks for in addition."""

    content: Content
    losses: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)


def prepared(content: Content, syntax: str) -> Prepared:
    """A copy of the content shaped for `syntax`."""
    shaped = Prepared(content.copy())
    _one_account_per_payment(shaped.content, ubl=syntax != "cii")
    if syntax != "cii":
        _subject_into_note(shaped)
        _fill_references(shaped)
        _fill_discounts(shaped)
        _fill_vat_total(shaped)
    else:
        _fill_gross_prices(shaped)
    _check_currencies(shaped)
    return shaped


def _check_currencies(shaped: Prepared) -> None:
    """The total VAT amounts are told apart by their currencies; without these nobody can."""
    ours, theirs = shaped.content.text("BT-5"), shaped.content.text("BT-6")
    totals = {term for group in shaped.content.groups.get("BG-22", []) for term in group.values}
    unclear = {"BT-110", "BT-111"} if ours is None else {"BT-111"} if ours == theirs else set()
    shaped.losses |= unclear & totals


def _one_account_per_payment(content: Content, *, ubl: bool) -> None:
    """Both syntaxes write the payment means again for each account (BG-17).

    UBL repeats the remittance information, but states the text of the means once (UBL-SR-46).
    """
    instructions = content.groups.get("BG-16", [])
    repeated = ("BT-81", "BT-83") if ubl else ("BT-81", "BT-82")
    for number in reversed(range(len(instructions))):
        accounts = instructions[number].groups.get("BG-17", [])
        for account in accounts[:0:-1]:
            values = {term: [*instructions[number].values.get(term, [])] for term in repeated}
            instructions.insert(
                number + 1, Content({k: v for k, v in values.items() if v}, {"BG-17": [account]})
            )
        del accounts[1:]


def _subject_into_note(shaped: Prepared) -> None:
    """UBL has no place for BT-21: it stands in the note's text, `#AAI#text`."""
    notes = []
    for note in shaped.content.groups.get("BG-1", []):
        subject, texts = note.text("BT-21"), [value.text for value in note.values.get("BT-22", [])]
        if subject is not None and (len(subject) != 3 or "#" in subject):
            shaped.losses |= {"BT-21", "BT-22"}
        if subject is None and any(text[:1] == "#" == text[4:5] for text in texts):
            shaped.losses.add("BT-22")
        if subject is not None and not texts:
            shaped.added.add("BT-22")
        prefix = "" if subject is None else f"#{subject}#"
        notes += [Content({"BT-22": [Value(prefix + text)]}) for text in texts or ([""] if prefix else [])]
    if notes:
        shaped.content.groups["BG-1"] = notes


def _fill_references(shaped: Prepared) -> None:
    """UBL wants a purchase order number (BT-13) wherever a sales order number (BT-14) stands; `NA` is the custom."""
    if "BT-14" in shaped.content.values and not shaped.content.values.get("BT-13"):
        shaped.content.add("BT-13", "NA")
        shaped.added.add("BT-13")


def _fill_discounts(shaped: Prepared) -> None:
    """UBL keeps the gross price (BT-148) inside the discount (BT-147), which then must state an amount."""
    for _, price in shaped.content.walk():
        if price.values.get("BT-148") and not price.values.get("BT-147"):
            price.add("BT-147", "0")
            shaped.added.add("BT-147")


def _fill_vat_total(shaped: Prepared) -> None:
    """UBL keeps the VAT breakdown inside the total VAT amount (BT-110), which then must be stated: its sum."""
    taxes = [tax for row in shaped.content.groups.get("BG-23", []) for tax in row.values.get("BT-117", [])]
    amounts = [amount for tax in taxes if (amount := lexical.decimal(tax.text)) is not None]
    totals = shaped.content.groups.get("BG-22", [])
    stated = any(total.values.get(term) for total in totals for term in ("BT-110", "BT-111"))
    if amounts and not stated and shaped.content.text("BT-5") is not None:
        shaped.content.descend(["BG-22"]).add("BT-110", format(sum(amounts, Decimal(0)), "f"))
        shaped.added.add("BT-110")


def _fill_gross_prices(shaped: Prepared) -> None:
    """CII keeps the discount (BT-147) inside the gross price (BT-148), which must then stand: net and discount."""
    for _, price in shaped.content.walk():
        if price.values.get("BT-147") and not price.values.get("BT-148"):
            net, discount = (lexical.decimal(price.text(term) or "") for term in ("BT-146", "BT-147"))
            if net is not None and discount is not None:
                price.add("BT-148", format(net + discount, "f"))
                shaped.added.add("BT-148")
