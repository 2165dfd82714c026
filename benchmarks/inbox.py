"""Small invoices for load runs: all different, for three towns, as a seeded die throws them."""

import random
from collections.abc import Iterator
from pathlib import Path

from einvoice import data

SUPPLIERS = 2_000
"""How many sellers send them; each has a VAT id, an account and a range of amounts of its own."""

REJECTED, AGAIN, NOBODYS = 0.05, 0.02, 0.01
"""The shares that are rejected, come a second time with the same bytes, or belong to none of the towns."""

_TOWNS = ("05766999-{}", "05758998-{}", "05799-{}")


def invoices(count: int, seed: int = 6) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of so many invoices: one line, one VAT rate, 4 kB each (UBL)."""
    text = (data.folder("samples") / "10-unbekannte-leitweg-id.xml").read_text("utf-8")
    dice, last = random.Random(seed), b""
    for number in range(count):
        if not last or dice.random() >= AGAIN:
            last = _invoice(text, number, dice).encode()
        yield f"{number:07d}.xml", last


def fill(inbox: Path, count: int, seed: int = 6, first: int = 0) -> None:
    """Puts invoices into a folder, complete."""
    for name, content in invoices(count, seed):
        (inbox / f"{first}-{name}").write_bytes(content)


def _invoice(text: str, number: int, dice: random.Random) -> str:
    seller = dice.randrange(SUPPLIERS)
    cents = dice.randrange(10_000, 90_000) + 100 * seller
    vat = (cents * 19 + 50) // 100
    town = "0999-X-{}" if dice.random() < NOBODYS else dice.choice(_TOWNS)
    wrong = 9 if dice.random() < REJECTED else 0
    for old, new in (
        ("RE-2026-0952", f"R{number:07d}"),
        ("2026-03-02", f"2026-{dice.randrange(1, 4):02d}-{dice.randrange(1, 29):02d}"),
        ("09999-X-17", town.format(number)),
        ("DE999999991", f"DE{300_000_000 + seller}"),
        ("Werre Bürobedarf GmbH", f"Lieferant {seller} GmbH"),
        ("DE19499999600123456789", _iban(seller)),
        ("297.50", f"{(cents + vat + wrong) / 100:.2f}"),
        ("250.00", f"{cents / 100:.2f}"),
        ("47.50", f"{vat / 100:.2f}"),
    ):
        text = text.replace(old, new)
    return text


def _iban(seller: int) -> str:
    """A German IBAN with its check digits (ISO 7064, DE = 1314)."""
    account = f"{49_999_960:08d}{seller:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"
