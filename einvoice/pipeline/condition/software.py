"""Rules, schemas and what checks with them: whether the software itself is whole."""

from collections.abc import Iterator
from typing import Literal

from einvoice import rulebook
from einvoice.formats.writing import write
from einvoice.model.bases import base
from einvoice.pipeline.condition.finding import Finding
from einvoice.rulebook.catalogue import catalogue
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options


def rules() -> Iterator[Finding]:
    """The rules of the release in force load."""
    chosen = rulebook.release()
    count = len(catalogue(chosen.name))
    yield Finding(
        True,
        f"{count} Regeln der Ausgabe {chosen.name} sind geladen.",
        f"{count} rules of the release {chosen.name} load.",
    )


def schemas() -> Iterator[Finding]:
    """A sample of each syntax is checked and accepted."""
    for syntax in ("ubl-invoice", "ubl-creditnote", "cii"):
        data = write(base(syntax=syntax), syntax).data
        if (wrong := _wrong(data, syntax, "de")) is None:
            yield Finding(
                True,
                f"Eine Musterrechnung ({syntax}) wird geprüft und angenommen.",
                f"A sample ({syntax}) is checked and accepted.",
            )
        else:
            yield Finding(
                False,
                f"Eine Musterrechnung ({syntax}) wird nicht angenommen: {wrong}",
                f"A sample ({syntax}) is not accepted: {_wrong(data, syntax, 'en')}",
            )


def _wrong(data: bytes, name: str, lang: Literal["de", "en"]) -> str | None:
    """Why a sample is not accepted; None if it is."""
    report = validate_bytes(data, name, Options(lang=lang))[0]
    if report.verdict == "accepted":
        return None
    return report.reason or " ".join(one.message for one in report.findings)
