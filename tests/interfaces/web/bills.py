"""Invoices of one supplier to Musterlippe, small and all different, made from a sample."""

from tests.parts import ROOT

SAMPLES = ROOT / "samples"
IBAN, ANOTHER = "DE19499999600123456789", "DE02120300000000202051"
"""The account the supplier has always had, and one that nobody knows."""

_TEXT = (SAMPLES / "10-unbekannte-leitweg-id.xml").read_text("utf-8")


def bill(number: str, hundreds: int, *changes: tuple[str, str], town: str = "05766999-AMT-66") -> str:
    """An invoice of so many hundred euros net, 19 % VAT, as UBL; changes: further texts replaced (old, new)."""
    said = (
        ("RE-2026-0952", number),
        ("09999-X-17", town),
        ("250.00", f"{100 * hundreds}.00"),
        ("47.50", f"{19 * hundreds}.00"),
        ("297.50", f"{119 * hundreds}.00"),
    )
    text = _TEXT
    for old, new in (*said, *changes):
        assert old in text, old
        text = text.replace(old, new)
    return text
