"""What a look finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, in German and English. ok: True as it should be, False not so, None worth knowing."""

    ok: bool | None
    de: str
    en: str
