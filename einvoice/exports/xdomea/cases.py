"""An invoice as a Vorgang: what it says, who confirmed and authorised it, and its papers as Dokumente."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from einvoice.approval.chain import act_name
from einvoice.exports.about import SAID
from einvoice.exports.xdomea.identity import Identity
from einvoice.exports.xdomea.markup import Part, code, part
from einvoice.exports.xdomea.settings import Settings
from einvoice.store.seals import sha256

ELECTRONIC = "001"
FORMATS: Mapping[str, tuple[str, str]] = {
    "xml": ("030", "1.0"),
    "html": ("008", "5"),
    "json": ("100", "1.0"),
    "pdf": ("018", "1.7"),
    "pdf/a": ("044", "A-3a"),
}
"""Code (list Dateiformat 1.0) and version of the forms of our papers; 100 is any other, named beside it."""

PAPERS: Mapping[str, tuple[str, str]] = {
    "original": ("rechnung", "Rechnung"),
    "ansicht": ("rechnung", "Rechnung"),
    "anordnung": ("anordnung", "Anordnungsbeleg"),
    "pruefbericht": ("pruefbericht", "Prüfbericht"),
}
"""Paper → the Dokument that it is a form of, and what that is called."""

_POSTING = (
    "amount", "account", "contra_account", "product", "cost_centre", "cost_object", "investment", "budget_year",
    "tax_key", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paper:
    """A file of an invoice: its name in papers.py, its bytes, and its name in the zip."""

    name: str
    data: bytes
    stored: str

    @property
    def kind(self) -> str:
        """Which of PAPERS it is."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice of a batch: its id, content by the names of profiles, approved amount, and papers. demo: as said."""

    invoice: int
    said: Mapping[str, Any]
    approved: str
    papers: Sequence[Paper]
    demo: bool = False


def stored(identity: Identity, invoice: int, name: str, data: bytes) -> Paper:
    """A paper with its name in the zip: a UUID, what it is, its ending."""
    return Paper(name, data, f"{identity.file(invoice, name, sha256(data))}_{name}")


def vorgang(case: Case, identity: Identity, settings: Settings) -> Part:
    """The Vorgang of an invoice (VorgangType), elements in their order."""
    said = case.said
    subject = ["DEMO" if case.demo else "", "Rechnung", said.get("number") or ""]
    subject += ["von", said["seller"]] if said.get("seller") else []
    kinds = dict.fromkeys(PAPERS[one.kind] for one in case.papers)
    return part(
        "Vorgang",
        part("Identifikation", part("ID", identity.case(case.invoice))),
        part(
            "AllgemeineMetadaten",
            part("Betreff", " ".join(one for one in subject if one)),
            part("Federfuehrung", said.get("office_name")),
            code("Medium", "medium", "1.0", ELECTRONIC),
            part("Aktenplaneinheit", part("Kennzeichen", settings.plan)) if settings.plan else None,
        ),
        part("Aktenbetreff", settings.title),
        part("Typ", "Eingangsrechnung"),
        part("Laufzeit", part("Beginn", said.get("received"))) if said.get("received") else None,
        *(_history(act) for act in said.get("acts", ()) if act.get("time")),
        *(
            _dokument(number, kind, [one for one in case.papers if PAPERS[one.kind] == kind], case, identity)
            for number, kind in enumerate(kinds, 1)
        ),
        _details(case),
    )


def _history(act: Mapping[str, Any]) -> Part:
    return part(
        "HistorienProtokollInformation",
        part("Akteur", act.get("person") or "einvoice"),
        part("DatumUhrzeit", act["time"]),
        part("Bemerkung", act.get("statement")),
        part("Aktion", act_name(act["kind"], "de")),
    )


def _dokument(
    number: int, kind: tuple[str, str], forms: Sequence[Paper], case: Case, identity: Identity
) -> Part:
    key, title = kind
    invoice = key == "rechnung"
    return part(
        "Dokument",
        part(
            "Identifikation",
            part("ID", identity.paper(case.invoice, key)),
            part("NummerImUebergeordnetenContainer", number),
        ),
        part(
            "AllgemeineMetadaten",
            part("Betreff", f"{title} {case.said.get('number') or ''}".strip()),
            code("Medium", "medium", "1.0", ELECTRONIC),
        ),
        part("Posteingangsdatum", case.said.get("received") if invoice else None),
        part("DatumDesSchreibens", case.said.get("issue_date") if invoice else None),
        part("Typ", title),
        part("Version", part("Nummer", "1"), *(_form(one) for one in forms)),
        _contact("Absender", case.said.get("seller")) if invoice else None,
        _contact("Empfaenger", case.said.get("buyer")) if invoice else None,
    )


def _form(paper: Paper) -> Part:
    ending = paper.name.rpartition(".")[2]
    archival = ending == "pdf" and paper.kind != "original"
    number, version = FORMATS["pdf/a" if archival else ending]
    if ending == "pdf" and not archival:
        version = _pdf_version(paper.data) or version
    return part(
        "Format",
        code("Name", "dateiformat", "1.0", number),
        part("SonstigerName", ending if number == "100" else None),
        part("Version", version),
        part("Primaerdokument", part("Dateiname", paper.stored), part("DateinameOriginal", paper.name)),
    )


def _pdf_version(data: bytes) -> str | None:
    """What a PDF says of itself in its first line."""
    head, found = data[:16].partition(b"%PDF-")[1:]
    text = found[:3].decode("ascii", "replace")
    return text if head and text.replace(".", "").isdigit() else None


def _contact(name: str, institution: Any) -> Part | None:
    return part(name, part("Institution", part("Name", institution))) if institution else None


def _details(case: Case) -> Part:
    """What xdomea has no place for: the figures of the invoice, and its postings."""
    invoice = [part("Feld", part("Name", key), part("Wert", case.said.get(key))) for key in SAID
               if case.said.get(key) is not None]  # fmt: skip
    approved = part("Feld", part("Name", "approved"), part("Wert", case.approved))
    return part(
        "AnwendungsspezifischeErweiterung",
        part("Kennung", "einvoice.rechnung"),
        part("Name", "Angaben der Rechnung"),
        part("Versionsnummer", "1"),
        _group("Rechnung", "Was die Rechnung sagt", [*invoice, approved]),
        *(_group("Kontierung", f"Kontierung {number}", [part("Feld", part("Name", key), part("Wert", one[key]))
                 for key in _POSTING if one.get(key) is not None])
          for number, one in enumerate(case.said.get("postings", ()), 1)),
    )  # fmt: skip


def _group(name: str, about: str, fields: Sequence[Part]) -> Part:
    return part("Feldgruppe", part("Name", name), part("Beschreibung", about), *fields)
