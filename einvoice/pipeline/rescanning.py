"""Asks the sources for what they were told is safe and this store does not have: after an older backup came back."""

from collections.abc import Iterator

from sqlmodel import select

from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.intake.connecting import connected
from einvoice.intake.settings import SourceSettings
from einvoice.intake.source import Gone, SourceProblem
from einvoice.pipeline.receiving import source_id, store_delivery
from einvoice.pipeline.workplace import Opened
from einvoice.store.seals import sha256
from einvoice.store.tables import Delivery


def rescan(place: Opened) -> tuple[int, list[EinvoiceError]]:
    """Takes in again what a source keeps set aside and no delivery has: how many, and which sources could not be
    asked. The next run goes on with it, and fetches what sources that only remember handles have.
    """
    found, problems = 0, list[EinvoiceError]()
    for settings in place.workplace.sources:
        try:
            for data, where in _kept(place, settings):
                number = source_id(place, settings.name, settings.kind, settings.tenant)
                name = where.rstrip("/").rpartition("/")[2]
                receipt = store_delivery(place, number, f"kept/{where}", name, data, by_bytes=True)
                found += not receipt.known
        except (SourceProblem, ConfigurationError) as error:
            problems.append(
                SourceProblem(f"{settings.name}: {error}", f"{settings.name}: {error.said('de')}")
            )
    return found, problems


def _kept(place: Opened, settings: SourceSettings) -> Iterator[tuple[bytes, str]]:
    with connected(settings, commands=place.workplace.given) as source:
        for one in source.kept():
            try:
                data = source.read_kept(one)
            except Gone:
                continue
            with place.store.reading() as session:
                known = session.exec(select(Delivery.id).where(Delivery.sha256 == sha256(data))).first()
            if known is None:
                yield data, one.place
