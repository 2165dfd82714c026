"""Which language a page speaks: the one chosen, else what the browser asks for, else German."""

from typing import Literal

Lang = Literal["de", "en"]
COOKIE = "einvoice-lang"


def language(chosen: str | None, accepts: str) -> Lang:
    """The language of a request, from its cookie and its Accept-Language header."""
    if chosen in ("de", "en"):
        return "de" if chosen == "de" else "en"
    for part in sorted(accepts.lower().split(",")[:20], key=_weight, reverse=True):
        name = part.split(";")[0].strip()[:2]
        if name in ("de", "en"):
            return "de" if name == "de" else "en"
    return "de"


def _weight(part: str) -> float:
    """How much a language is wanted (RFC 9110, section 12.4.2)."""
    _, _, rest = part.partition(";")
    try:
        return float(rest.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
