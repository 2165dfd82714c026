"""Changes to what an invoice says and how it is written: codes, numbers, days, blanks, comments."""

from random import Random

from lxml import etree

from einvoice.model.lexical import BLANKS
from tests.conformance.bed import Bed
from tests.conformance.values import DAYS, NUMBERS, ODD_BLANKS, listed, shifted, value_for

_SHAPED = (
    *("Telephone", "CompleteNumber", "ElectronicMail", "URIID", "}URI", "Note", "Description", "IBANID"),
    *("AccountID", "CompanyID", "CustomizationID", "ProfileID", "DateTimeString"),
    *("FinancialAccount", "}ID", "Code"),
)
_CHARACTERS = (
    *(
        "#",
        "=",
        ".",
        "@",
        "-",
        "+",
        ":",
        " ",
        "\n",
        "\t",
        "/",
        "0",
        "9",
        "A",
        "a",
        "Z",
        "ß",
        "\u00a0",
        "\u0660",
    ),
    *("#SKONTO#", "\n#", "#\n", "DE", "mailto:", "..", "@@", "ı", "ſ", "\U0001f4b6"),
)


def empty(bed: Bed) -> None:
    """Leaves an element without its text, or without its children."""
    element = bed.leaf() if bed.random.random() < 0.7 else bed.any()
    for child in list(element):
        element.remove(child)
    element.text = bed.random.choice((None, "", " ", "\n\t"))


def restated(bed: Bed, element: etree._Element) -> None:
    """Gives one element another text of its kind."""
    kind = bed.kind(element)
    if kind.text == "decimal" and bed.random.random() < 0.8:
        element.text = shifted(element.text or "", bed.random) or element.text
    elif not kind.children:
        element.text = value_for(element, kind.text, bed.random)


def restate(bed: Bed) -> None:
    """Another code, date, name or number."""
    restated(bed, bed.leaf())


def shift(bed: Bed) -> None:
    """Moves an amount, rate or quantity by a cent, by one, by nearly one, or writes it with other decimals."""
    numbers = [element for element in bed.elements() if shifted(element.text or "", Random(0)) is not None]
    amounts = [e for e in numbers if str(e.tag).endswith(("Amount", "Percent", "Quantity"))]
    if chosen := amounts if amounts and bed.random.random() < 0.9 else numbers:
        element = bed.random.choice(chosen)
        element.text = shifted(element.text or "", bed.random)


def recode(bed: Bed) -> None:
    """Another code in an element that states one."""
    codes = [e for e in bed.elements() if not len(e) and str(e.tag).endswith(("Code", "ID", "Indicator"))]
    if codes:
        element = bed.random.choice(codes)
        element.text = value_for(element, bed.kind(element).text, bed.random)


def listed_code(bed: Bed) -> None:
    """Any code of any code list that fits the element, or one of another list."""
    codes = [e for e in bed.elements() if not len(e) and listed(e)]
    if codes:
        element = bed.random.choice(codes)
        element.text = bed.random.choice(listed(element))


def pad(bed: Bed) -> None:
    """Blanks round or within a value, and characters that look like blanks and are none."""
    element = bed.leaf()
    if len(element):
        return
    text = element.text or ""
    blank = bed.random.choice((*BLANKS, "  ", *ODD_BLANKS))
    middle = bed.random.randint(0, len(text))
    around = (blank + text, text + blank, text[:middle] + blank + text[middle:])
    element.text = bed.random.choice(around)


def _split(bed: Bed, node: etree._Element) -> None:
    """Puts a node that is no text into the middle of a text, or at its ends."""
    element = bed.leaf()
    if len(element):
        return
    text = element.text or ""
    middle = bed.random.choice((0, len(text), bed.random.randint(0, len(text))))
    element.text, node.tail = text[:middle], text[middle:]
    element.insert(0, node)


def comment(bed: Bed) -> None:
    """A comment inside a value: its text is still the whole of it."""
    _split(bed, etree.Comment(bed.random.choice((" Hinweis ", "", "1", "#"))))


def instruction(bed: Bed) -> None:
    """A processing instruction inside a value."""
    _split(bed, etree.ProcessingInstruction("hinweis", bed.random.choice(("x", "1.00", ""))))


def cdata(bed: Bed) -> None:
    """The same text, written as CDATA."""
    element = bed.leaf()
    if not len(element) and "]]>" not in (element.text or ""):
        element.text = etree.CDATA(element.text or bed.random.choice(("", " ", "&amp;")))


def odd_number(bed: Bed) -> None:
    """A number as few people write it: signs, zeros, no digit before or after the point, very large, very fine."""
    numbers = [e for e in bed.elements() if bed.kind(e).text == "decimal"]
    if numbers:
        bed.random.choice(numbers).text = bed.random.choice(NUMBERS)


def tinker(bed: Bed) -> None:
    """A character more, less or other in a text, most often where a rule asks for a shape."""
    leaves = [e for e in bed.elements() if not len(e) and e.text]
    shaped = [e for e in leaves if str(e.tag).endswith(_SHAPED)]
    if not leaves:
        return
    element = bed.random.choice(shaped if shaped and bed.random.random() < 0.7 else leaves)
    for _ in range(bed.random.choice((1, 1, 2, 3))):
        text = element.text or ""
        at = bed.random.randint(0, len(text))
        keep = bed.random.choice((at, at, at + 1))
        new = bed.random.choice(_CHARACTERS) if keep > at or bed.random.random() < 0.6 else ""
        element.text = text[:at] + new + text[keep + (not new) :]


def other_case(bed: Bed) -> None:
    """Small letters for capitals, or the other way round."""
    element = bed.leaf()
    if not len(element):
        element.text = (element.text or "").swapcase()


def specification(bed: Bed) -> None:
    """Another BT-24, so that other rules judge the same content."""
    for element in bed.root.iter("{*}CustomizationID", "{*}GuidelineSpecifiedDocumentContextParameter"):
        leaf = element[0] if len(element) else element
        leaf.text = value_for(leaf, "string", bed.random)
        return


def other_day(bed: Bed) -> None:
    """Another day, or the same one written otherwise: with a time zone, before Christ, with blanks."""
    dates = [e for e in bed.elements() if str(e.tag).endswith(("Date", "DateTimeString"))]
    for element in bed.random.sample(dates, min(len(dates), bed.random.choice((1, 1, 2, 3)))):
        text = (element.text or "").strip(BLANKS)
        if bed.kind(element).text == "date" and bed.random.random() < 0.6:
            day = bed.random.choice((text[:10], *DAYS))
            element.text = day + bed.random.choice(("", "Z", "+02:00", "-14:00", "+14:00", "-00:00"))
        else:
            element.text = value_for(element, bed.kind(element).text, bed.random)
        if bed.random.random() < 0.1:
            element.text = bed.random.choice(BLANKS) + element.text
