"""The message FVDaten.SGOAblegen.0605: a specialised procedure hands new records to a document system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from einvoice.exports.xdomea.cases import Case, vorgang
from einvoice.exports.xdomea.identity import Identity
from einvoice.exports.xdomea.markup import Part, code, document, part
from einvoice.exports.xdomea.settings import MESSAGES, Settings

TYPE = "FVDaten.SGOAblegen.0605"
_NUMBER = "0605"


@dataclass(frozen=True, slots=True)
class Message:
    """What a message hands over. batch: by the names of profiles, with `id`; process: its ProzessID."""

    batch: Mapping[str, Any]
    process: str
    cases: Sequence[Case]
    identity: Identity
    settings: Settings

    @property
    def stem(self) -> str:
        """How file and zip are called by the specification: ProzessID_Nachrichtentyp."""
        return f"{self.process}_{TYPE}"


def written(message: Message) -> bytes:
    """The message as XML; the same batch gives the same bytes."""
    return document(
        part(
            TYPE,
            _head(message),
            *(_object(message, number, case) for number, case in enumerate(message.cases, 1)),
        ),
        MESSAGES,
    )


def _head(message: Message) -> Part:
    batch, settings = message.batch, message.settings
    town = batch["tenant_title"]
    note = (
        f"{'DEMO: nicht für den echten Betrieb. ' if batch['demo'] else ''}Zahlungsstapel {batch['number']}"
    )
    return part(
        "Kopf",
        part("ProzessID", message.process),
        code("Nachrichtentyp", "nachrichtentyp", "2.0", _NUMBER),
        part("Erstellungszeitpunkt", batch["closed_time"]),
        _contact("Absender", settings.sender or town),
        _contact("Empfaenger", settings.receiver or town),
        part(
            "SendendesSystem",
            part("InstanzID", f"{message.identity.base}/{batch['tenant']}"),
            part("Produktname", "einvoice"),
        ),
        part("Hinweis", note),
        part("Empfangsbestaetigung", "0"),
        part("Importbestaetigung", "1"),
        part("Erstellerkennung", settings.user),
        part("Stapel", "1"),
        part("Stapellaenge", len(message.cases)),
    )


def _contact(name: str, institution: str) -> Part:
    return part(name, part("Institution", part("Name", institution)))


def _object(message: Message, number: int, case: Case) -> Part:
    return part(
        "SchriftgutobjektZumAblegen",
        part("NummerImStapel", number),
        part("FachverfahrenObjektID", f"{message.batch['tenant']}/{case.invoice}"),
        part("IDContainer", message.settings.container),
        part("Schriftgutobjekt", vorgang(case, message.identity, message.settings)),
        part("Ablageort", message.settings.location),
    )
