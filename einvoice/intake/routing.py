"""To which tenant an invoice belongs: by Leitweg-ID in BT-10, then by BT-49 (EAS 0204), else the manual queue.

Of several claims that fit the longest fixed part wins; two equal claims cannot be stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from einvoice.model.lexical import trim

LEITWEG_SCHEME = "0204"


@dataclass(frozen=True, slots=True)
class Route:
    """A tenant, and why: the term, its value and the claim that fits."""

    tenant_id: int
    by: str
    value: str
    pattern: str

    def reason(self) -> dict[str, str]:
        """For the record."""
        return {"by": self.by, "value": self.value, "pattern": self.pattern}


def route(
    buyer_reference: str | None, buyer_address: Mapping[str, Any] | None, claims: Iterable[tuple[str, int]]
) -> Route | None:
    """The route of an invoice; None if no claim fits. claims: (pattern, tenant id), `*` at the end fits any rest."""
    known = sorted(claims, key=lambda claim: (-len(claim[0].rstrip("*")), claim[0].endswith("*")))
    stated = [("BT-10", buyer_reference)]
    if buyer_address and buyer_address.get("scheme") == LEITWEG_SCHEME:
        stated.append(("BT-49", buyer_address.get("id")))
    for term, text in stated:
        value = trim(text or "").upper()
        for pattern, tenant in known:
            if value and fits(pattern, value):
                return Route(tenant, term, value, pattern)
    return None


def fits(pattern: str, value: str) -> bool:
    """Whether a Leitweg-ID is what a claim names."""
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def check_digits(leitweg: str) -> bool:
    """Whether the last two digits are right (ISO 7064 mod 97-10); a wrong one is a hint, never a reason to reject."""
    text = leitweg.replace("-", "").upper()
    if len(text) < 4 or not text.isascii() or not text.isalnum():
        return False
    return int("".join(str(int(char, 36)) for char in text)) % 97 == 1
