"""How an amount of Skonto was reckoned, in words: `1.190,00 € × 2,00 % = 23,80 € bis 16.03.2026`."""

from datetime import date
from decimal import Decimal

from einvoice.render import words


def reckoned(base: Decimal, percent: Decimal, off: Decimal, until: date, currency: str, lang: str) -> str:
    """The computation of one offer: what of, by how much, what it takes off, and until when."""
    of, less = (words.amount(f"{one:f}", lang, currency) for one in (base, off))
    last = f"{'bis' if lang == 'de' else 'until'} {words.day(until.isoformat(), lang)}"
    return f"{of} × {words.percent(f'{percent}', lang)} = {less} {last}"
