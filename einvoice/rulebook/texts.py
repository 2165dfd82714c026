"""How the text of an element or attribute is read: its string value, and the ways of comparing it."""

from decimal import Decimal

from lxml import etree

from einvoice.model import lexical

Element = etree._Element


def string(element: Element) -> str:
    """The string value of an element, as XPath has it."""
    return (element.text or "") if not len(element) else "".join(map(str, element.itertext()))


def trimmed(text: str) -> str:
    """As XPath's normalize-space: only space, tab, CR and LF are blanks."""
    if text.isalnum():
        return text
    return " ".join(text.split()) if text.isascii() else lexical.trim(text)


def number(text: str) -> Decimal | None:
    """The number a text states; junk, which only documents that fail the schema hold, is none."""
    return lexical.decimal(text)


def double(text: str) -> float | None:
    """The same as a binary number (xs:double)."""
    value = lexical.decimal(text)
    return None if value is None else float(value)


def flag(text: str) -> str:
    """An xs:boolean as the word true or false."""
    text = text.strip(lexical.BLANKS)
    return {"1": "true", "0": "false"}.get(text, text)


def upper(text: str) -> str:
    """Trimmed, in capital letters."""
    return trimmed(text).upper()


def named(element: Element) -> str:
    """The name of an element as written, prefix included: one official rule compares it."""
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local
