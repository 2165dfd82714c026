"""Checked → which tenant: the layers of intake.routing, asked with what store, archive and policies hold."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.persons import Actor
from einvoice.approval.proposals import propose
from einvoice.errors import Refused, UsageError
from einvoice.formats.mail import heads
from einvoice.formats.opening import open_safely
from einvoice.formats.sbdh import receiver
from einvoice.intake.checking import Facts, check
from einvoice.intake.routing import Answer, Claims, Question, Route, answers
from einvoice.intake.ruling import ruled
from einvoice.pipeline.house import part_of, release_options
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook import release
from einvoice.rulebook.names import SYNTAXES
from einvoice.rulebook.releases import today
from einvoice.rulebook.routing import routes
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import (
    Address,
    ArchiveObject,
    Delivery,
    Invoice,
    LeitwegPattern,
    Policy,
    Proposal,
    Report,
    Source,
    Tenant,
)
from einvoice.store.times import day_of
from einvoice.validation.options import Options

POLICY = "routing"
"""The policy that holds the text of routing rules, of the installation or of a town."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What routing asks the store for, read once for many invoices: claims of the towns, their numbers by name, the
    rules in force (owner, file) and the sources by number.
    """

    claims: Claims
    towns: Mapping[str, int]
    rules: Sequence[tuple[str | None, Path]]
    sources: Mapping[int, Source]


def tables(place: Opened, session: Session) -> Tables:
    """The tables as they are now."""
    return Tables(
        claims(session),
        {one.name: one.id or 0 for one in people.tenants(session)},
        [(owner, laid(place, POLICY, str((row.value or {})["text"]))) for owner, row in _policies(session)],
        {one.id or 0: one for one in session.exec(select(Source))},
    )


def claims(session: Session) -> Claims:
    """How all towns are addressed."""
    return Claims(
        [(row.pattern, row.tenant_id) for row in session.exec(select(LeitwegPattern))],
        {(row.kind, row.value): row.tenant_id for row in session.exec(select(Address))},
    )


def question(
    known: Tables,
    reference: str | None,
    facts: Facts,
    source: int,
    kept: "Kept",
    options: Options,
) -> Question:
    """What is asked about one invoice: BT-10, its facts, its source, and what it came in."""
    one = known.sources[source]
    return Question(
        reference,
        facts.get("buyer_address"),
        kept.fields,
        kept.envelope,
        (one.name, one.tenant_id) if one.tenant_id is not None else None,
        _rules(known, kept.document, options),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery as it was kept, opened as far as something asks for it: its kind of container, its bytes, and those
    of the invoice in question.
    """

    container: str | None
    whole: Callable[[], bytes]
    document: Callable[[], bytes]

    def fields(self) -> Sequence[tuple[str, str]]:
        """The fields of a mail; none of anything else."""
        return heads(self.whole()) if self.container == "eml" else []

    def envelope(self) -> tuple[str, str] | None:
        """The receiver that an envelope (SBDH) names."""
        return receiver(self.whole()) if self.container == "sbdh" else None


def explained(place: Opened, invoice_id: int) -> list[Answer]:
    """What every layer answers about an invoice now, also those that were not asked. Raises Refused."""
    with place.store.reading() as session:
        invoice = session.get(Invoice, invoice_id)
        if invoice is None:
            raise Refused(f"There is no invoice {invoice_id}.", f"Es gibt keine Rechnung {invoice_id}.")
        return list(answers(_question(place, session, invoice), claims(session)))


def kept(place: Opened, invoice_id: int) -> dict[str, Any]:
    """Why an invoice lies with its tenant, as its transfer recorded it; empty while it lies with nobody."""
    with place.store.reading() as session:
        invoice = session.get(Invoice, invoice_id)
        if invoice is None or invoice.tenant_id is None:
            return {}
        return {**(invoice.routed_by or {}), "tenant": invoice.tenant_id}


def tried(place: Opened, path: Path) -> list[tuple[str, list[Answer]]]:
    """What every layer would answer about the invoices in a file: (name, answers). Raises UsageError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror})", f"{path}: nicht lesbar ({error.strerror})"
        ) from None
    options = release_options(place, today())
    parts = {one.path: one.data for one in open_safely(data, path.name, options.seconds(len(data))).documents}
    found = []
    with place.store.reading() as session:
        known = tables(place, session)
    for report, facts in check(data, path.name, options):
        kept = Kept(report.container, lambda: data, lambda one=report.document: parts.get(one, b""))  # type: ignore[misc]
        summary = report.invoice
        asked = Question(
            summary.buyer_reference if summary else None,
            facts.get("buyer_address"),
            kept.fields,
            kept.envelope,
            None,
            _rules(known, kept.document, options),
        )
        found.append((report.document or path.name, list(answers(asked, known.claims))))
    return found


def facts_of(session: Session, invoice_id: int) -> Facts:
    """The facts that the last report of an invoice keeps."""
    last = select(Report).where(Report.invoice_id == invoice_id).order_by(col(Report.id).desc())
    report = session.exec(last).first()
    return dict((report.content or {}).get("facts", {})) if report else {}


def area_of(session: Session, delivery: Delivery) -> str | None:
    """The area in which the bytes of a delivery lie now; None where they were erased."""
    query = select(ArchiveObject.area).where(
        ArchiveObject.sha256 == delivery.sha256, col(ArchiveObject.gone).is_(None)
    )
    return session.exec(query).first()


def _question(place: Opened, session: Session, invoice: Invoice) -> Question:
    delivery = session.exec(select(Delivery).where(Delivery.id == invoice.delivery_id)).one()

    def whole() -> bytes:
        area = area_of(session, delivery)
        return place.archive.read(area, delivery.sha256) if area else b""

    def document() -> bytes:
        area = area_of(session, delivery)
        return part_of(place, delivery, invoice, area) if area else b""

    options = release_options(place, day_of(delivery.received))
    facts = facts_of(session, invoice.id or 0)
    known = tables(place, session)
    kept = Kept(delivery.container, whole, document)
    return question(known, invoice.buyer_reference, facts, delivery.source_id, kept, options)


def _rules(known: Tables, document: Callable[[], bytes], options: Options) -> Callable[[], Answer]:
    """What the rules answer: the first that fits of the installation's, else the one town whose own rules fit."""

    def ask() -> Answer:
        data = document() if known.rules else b""
        if not data:
            return Answer("rules", "")
        said = ruled(data, known.rules, options)
        general = [(rule, town) for owner, rule, town in said["fits"] if owner is None]
        fitting = general[:1] or [(rule, owner) for owner, rule, _ in said["fits"]]
        value = ", ".join(rule for rule, _ in fitting)
        if len(fitting) == 1 and (tenant := known.towns.get(fitting[0][1])) is not None:
            return Answer("rules", value, Route(tenant, "rules", value, fitting[0][0]))
        failed = f"failed: {said['failed']}" if said["failed"] else None
        return Answer("rules", value, None, "several" if len(fitting) > 1 else failed)

    return ask


def _policies(session: Session) -> list[tuple[str | None, Policy]]:
    """The routing rules in force: the installation's first, then the towns' by name."""
    query = (
        select(Policy, Tenant).join(Tenant, col(Tenant.id) == Policy.tenant_id, isouter=True)
        .where(Policy.name == POLICY, col(Policy.until).is_(None)).order_by(col(Policy.id))
    )  # fmt: skip
    last = {tenant.name if tenant else None: row for row, tenant in session.exec(query)}
    return [
        (name, last[name])
        for name in sorted(last, key=lambda one: one or "")
        if (last[name].value or {}).get("text")
    ]


def laid(place: Opened, kind: str, text: str) -> Path:
    """The file of some rules of a kind in the folder of the workplace, made again where it is missing."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    path = place.workplace.rules / kind / digest[:32] / f"{kind}.toml"
    if not path.is_file() or path.read_text("utf-8") != text:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{os.getpid()}")
        draft.write_text(text, "utf-8")
        os.replace(draft, path)
    return path


def set_rules(store: Store, who: Actor, path: Path | None, tenant: str | None) -> tuple[int, Proposal]:
    """Proposes the rules of a file in place of those there are (None: no rules): how many, and the proposal.

    Raises RulebookError (file:line) for what does not make sense, UsageError for a file that cannot be read.
    """
    with store.reading() as session:
        names = {one.name for one in people.tenants(session)}

    def count(path: Path, syntax: str) -> int:
        return len(routes(path, release(), syntax, names.__contains__, own=tenant is not None).towns)

    return propose_rules(store, who, POLICY, path, tenant, count)


def propose_rules(
    store: Store,
    who: Actor,
    policy: str,
    path: Path | None,
    tenant: str | None,
    count: Callable[[Path, str], int],
) -> tuple[int, Proposal]:
    """Proposes the text of a rule file as a policy (None: no rules): how many rules it has, and the proposal.

    count: compiles the file for a syntax. Raises what it raises, UsageError for a file that cannot be read.
    """
    text, rules = "", 0
    if path is not None:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: cannot be read ({error})", f"{path}: nicht lesbar ({error})") from None
        rules = max(count(path, syntax) for syntax in SYNTAXES)
    return rules, propose(store, who, "policy", policy, tenant, {"text": text})
