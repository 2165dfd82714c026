"""The UUIDs of a message: the same object of the same installation always has the same, in every message."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Gives UUIDs (version 5) within an installation. base: the installation's own."""

    base: uuid.UUID

    def process(self, batch: int, digest: str) -> str:
        """Of the hand-over of a batch as it was closed (ProzessID): closed anew it is another one."""
        return self._of(f"batch/{batch}/{digest}")

    def case(self, invoice: int) -> str:
        """Of the Vorgang of an invoice."""
        return self._of(f"invoice/{invoice}")

    def paper(self, invoice: int, kind: str) -> str:
        """Of the Dokument of an invoice."""
        return self._of(f"invoice/{invoice}/{kind}")

    def file(self, invoice: int, name: str, digest: str) -> str:
        """Of a file of a Dokument, by its bytes: a Dokument may be there in several forms."""
        return self._of(f"invoice/{invoice}/{name}/{digest}")

    def _of(self, name: str) -> str:
        return str(uuid.uuid5(self.base, f"xdomea/{name}"))
