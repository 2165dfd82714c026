"""The browser of a person as a door: the bytes lie in the archive already, he fetches them from there."""

from collections.abc import Iterator

from einvoice.errors import EinvoiceError
from einvoice.exports.files import File

TARGET = "browser"
"""What the books call it."""


class BrowserDoor:
    """Hands files out to whoever is in front of the page; see `Door`."""

    described = False

    def put(self, file: File, once: str) -> str:
        """Its name: it can be fetched under that, as often as needed, byte for byte."""
        return file.name

    def faults(self) -> Iterator[EinvoiceError]:
        """None: it is there."""
        yield from ()

    def close(self) -> None:
        """Nothing to end."""
