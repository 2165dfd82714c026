"""What `verify` can say: each difference by a code, in words of both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

WORDS: Mapping[str, tuple[str, str]] = {
    "event-order": (
        "Davor steht Ereignis {before}: Ereignisse fehlen oder sind umgestellt.",
        "It follows event {before}: events are missing or out of order.",
    ),
    "event-link": (
        "Es schließt nicht an das Ereignis davor an.",
        "It does not follow the event before it.",
    ),
    "event-changed": (
        "Es wurde verändert, nachdem es geschrieben war.",
        "It was changed after it was written.",
    ),
    "event-none": ("Es gibt überhaupt kein Ereignis.", "There is no event at all."),
    "head-end": (
        "Der Kopf ist nicht das letzte Ereignis: Ereignisse wurden abgeschnitten oder angehängt.",
        "The head is not the last event: events were cut off or added.",
    ),
    "head-missing": (
        "Ereignis {sequence}, veröffentlicht am {time}, gibt es nicht: abgeschnitten, oder eine ältere Sicherung.",
        "Event {sequence}, published on {time}, is not there: cut off, or an older backup.",
    ),
    "head-other": (
        "Ereignis {sequence} ist nicht das am {time} veröffentlichte: die Kette wurde neu geschrieben.",
        "Event {sequence} is not the one published on {time}: the chain was written anew.",
    ),
    "head-objects": (
        "Die Liste der Objekte ist nicht die am {time} veröffentlichte.",
        "The list of objects is not the one published on {time}.",
    ),
    "payload-stray": ("Sie gehört zu keinem Ereignis.", "It belongs to no event."),
    "payload-changed": (
        "Sie wurde verändert, nachdem sie geschrieben war.",
        "It was changed after it was written.",
    ),
    "payload-missing": ("Sie fehlt.", "It is missing."),
    "payload-erased": (
        "Sie wurde ohne Protokoll {protocol} gelöscht.",
        "It was erased without protocol {protocol}.",
    ),
    "row-stray": (
        "Kein Ereignis sagt, dass sie geschrieben wurde.",
        "No event says that it was written.",
    ),
    "row-changed": (
        "Sie wurde verändert, nachdem sie geschrieben war.",
        "It was changed after it was written.",
    ),
    "row-missing": ("Sie fehlt.", "It is missing."),
    "row-twice": (
        "Die Ketten {chains} beanspruchen sie beide.",
        "The chains {chains} both claim it.",
    ),
    "object-stray": (
        "Kein Ereignis sagt, dass es archiviert wurde (ein abgebrochener Lauf kann es hinterlassen haben; der "
        "nächste nimmt es an).",
        "No event says that it was archived (a run that was broken off may have left it; the next adopts it).",
    ),
    "object-changed": (
        "Es ist nicht mehr, was archiviert wurde.",
        "It is no longer what was archived.",
    ),
    "object-missing": ("Es fehlt.", "It is missing."),
    "schema-foreign": (
        "So etwas gehört nicht in den Speicher: {what}.",
        "The store should have no such thing: {what}.",
    ),
    "store-broken": ("Die Datenbank meldet: {what}.", "The database says: {what}."),
}
"""Code → (German, English). The part before the hyphen is the kind."""

KINDS: Mapping[str, tuple[str, str]] = {
    "event": ("Ereignis", "event"),
    "head": ("Kopf", "head"),
    "payload": ("Nutzlast", "payload"),
    "row": ("Zeile", "row"),
    "object": ("Objekt", "object"),
    "schema": ("Schema", "schema"),
    "store": ("Speicher", "store"),
}
"""What a kind is called."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was written. where: its name (chain/sequence, table/key, area/object)."""

    code: str
    where: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """event, payload, row, object, head, schema or store."""
        return self.code.partition("-")[0]

    def said(self, lang: str = "en") -> str:
        """The sentence in "de" or "en"."""
        return WORDS[self.code][lang != "de"].format(**self.values)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A payload that was erased under a protocol event: as it should be, and told."""

    where: str
    protocol: str
