"""A creditor's bank accounts: confirmed by two persons against a source outside the invoice, withdrawn by one.

What an invoice or an import brings along is never confirmed by itself; a merger, which two persons decide, takes
along what was confirmed. What is withdrawn, or was never confirmed, stands in the way of ordering a payment and of
putting it into a batch.
"""

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.approval import refusals
from einvoice.approval.creditors import WORDS, account_of, payee, status_of
from einvoice.approval.kind import ADMINISTRATORS, Change, Kind, Value
from einvoice.approval.persons import Actor, holders
from einvoice.approval.seen import record
from einvoice.approval.signing import invoice_in
from einvoice.errors import Refused, UsageError
from einvoice.model import accounts
from einvoice.rulebook.releases import today
from einvoice.store.store import Store
from einvoice.store.tables import Creditor, CreditorAccount, Invoice, Proposal, Tenant
from einvoice.store.work import Work

PROPOSERS = ADMINISTRATORS | {"clerk", "confirmer"}
DECIDERS = PROPOSERS | {"authoriser"}
STOPPERS = DECIDERS | {"cash", "audit"}
"""Who may withdraw an account: blocking a payment is always the safe side."""

SHORTEST = 8
"""Characters that a source has at least: „Rückruf“ alone is none."""

# creditor-account: subject CREDITOR/IBAN; new: source (where it was confirmed, outside the invoice), None: no more


def _parts(session: Session, tenant: int | None, subject: str) -> tuple[Creditor, str]:
    number, _, iban = subject.partition("/")
    found = session.get(Creditor, int(number)) if number.isdigit() else None
    if found is None or found.tenant_id != tenant:
        raise Refused(f"There is no creditor {number}.", f"Es gibt keinen Kreditor {number}.")
    return found, accounts.bare(iban)


def _now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row = account_of(session, *_parts(session, tenant, subject))
    if row is None or status_of(row) == "unconfirmed":
        return None
    return {"withdrawn": row.until} if row.until else {"source": row.source}


def _check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    creditor, iban = _parts(session, tenant, subject)
    if creditor.until is not None:
        raise Refused(f"{creditor.name} is retired.", f"{creditor.name} ist stillgelegt.")
    if wrong := accounts.problem(iban):
        shown = accounts.grouped(iban)
        raise Refused(f"{shown} is no IBAN to be paid to: {wrong[1]}.", f"{shown}: {wrong[0]}.")
    if new is None or len(str(new.get("source") or "").strip()) < SHORTEST:
        raise UsageError(
            "Say against which source outside the invoice the IBAN was confirmed: --source "
            '"Called back on 3 March at the number of the contract, Mrs Meier".',
            "Bitte die Quelle außerhalb der Rechnung nennen, gegen die bestätigt wurde: --source "
            '"Rückruf am 3.3. unter der Nummer aus dem Vertrag, Frau Meier".',
        )


def _apply(work: Work, change: Change) -> None:
    creditor, iban = _parts(work.session, change.tenant_id, change.subject)
    row = account_of(work.session, creditor, iban) or CreditorAccount(
        tenant_id=creditor.tenant_id, creditor_id=creditor.id or 0, iban=iban, seen=work.time
    )
    row.until, row.source = None, (change.new or {})["source"]
    row.confirmed_by, row.confirmed_at = change.decided_by, work.time
    work.add(row)
    work.session.flush()
    said = {"old": change.old, "new": change.new, "proposed_by": change.proposed_by}
    work.event("creditor-account-confirmed", row, said)


def _named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    creditor, iban = _parts(session, tenant, subject)
    name = f"{accounts.grouped(iban)} ({creditor.name})"
    return name, name


BANK = Kind(
    "Bankverbindung",
    "bank account",
    _now,
    _apply,
    _check,
    _named,
    proposers=PROPOSERS,
    deciders=DECIDERS,
    alone=False,
    content=True,
)

# creditor-merge: subject the creditor that is given up; new: into (the one he turned out to be)


def _merge_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row, _ = _parts(session, tenant, subject)
    return {"into": row.merged_into} if row.merged_into else None


def _merge_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    row, _ = _parts(session, tenant, subject)
    target, _ = _parts(session, tenant, str((new or {}).get("into", "")))
    if target.id == row.id or target.until is not None or row.until is not None:
        raise Refused(
            f"Creditor {row.id} cannot be merged into {target.id}: both must be in use, and two.",
            f"Kreditor {row.id} kann nicht in {target.id} aufgehen: beide müssen in Gebrauch und zwei sein.",
        )


def _merge_apply(work: Work, change: Change) -> None:
    row, _ = _parts(work.session, change.tenant_id, change.subject)
    target, _ = _parts(work.session, change.tenant_id, str((change.new or {})["into"]))
    number, row.number = row.number, None
    row.until, row.merged_into = work.time, target.id
    work.session.add(row)
    work.session.flush()
    target.number = target.number or number
    work.session.add(target)
    for old in work.session.exec(select(CreditorAccount).where(CreditorAccount.creditor_id == row.id)):
        if old.until is None and account_of(work.session, target, old.iban) is None:
            said = old.model_dump(exclude={"id", "creditor_id"})
            work.add(CreditorAccount(**said, creditor_id=target.id or 0))
    work.session.flush()
    work.event("creditors-merged", row, {"into": target.id, "proposed_by": change.proposed_by})


def _merge_named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    row, _ = _parts(session, tenant, subject)
    name = f"{row.id} {row.name}"
    return name, name


MERGE = Kind(
    "Zusammenführung von Kreditor",
    "merging of creditor",
    _merge_now,
    _merge_apply,
    _merge_check,
    _merge_named,
    proposers=PROPOSERS,
    deciders=DECIDERS,
    alone=False,
    content=True,
)


def withdraw(store: Store, who: Actor, account: int, reason: str) -> CreditorAccount:
    """Takes an account out of use at once; one person is enough, for blocking is the safe side. Raises Refused.

    Payments to it cannot be ordered any more, nor put into a batch, until two persons confirm it anew.
    """
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with refusals.logged(store, who, "withdraw-iban"), store.writing(who.person_id) as work:
        town = select(CreditorAccount.tenant_id).where(CreditorAccount.id == account)
        owner = work.session.exec(town).one_or_none()
        if owner is None:
            raise Refused(f"There is no account {account}.", f"Es gibt kein Konto {account}.")
        # closing a batch locks the town as well: what was closed before the alarm says so before it
        work.session.exec(select(Tenant.id).where(Tenant.id == owner).with_for_update(key_share=True)).one()
        query = select(CreditorAccount).where(CreditorAccount.id == account).with_for_update()
        row = work.session.exec(query).one()
        if who.person_id not in holders(work.session, STOPPERS, row.tenant_id, today()):
            raise Refused(
                f"{who.name} has no role in this town.",
                f"{who.name} hat in dieser Kommune keine Rolle.",
                "role",
            )
        row.until, row.confirmed_by = work.time, None
        work.session.add(row)
        work.event("creditor-account-withdrawn", row, {"reason": reason})
    return row


def noted(store: Store, who: Actor, number: int) -> int:
    """The number of the account that an invoice names, written down where it was not known. Raises Refused, Stale."""
    with store.writing(who.person_id) as work:
        invoice = work.session.get(Invoice, number)
        if invoice is None or invoice.tenant_id is None:
            raise Refused(f"There is no invoice {number}.", f"Es gibt keine Rechnung {number}.")
        locked = select(Tenant.id).where(Tenant.id == invoice.tenant_id)
        work.session.exec(locked.with_for_update(key_share=True)).one()
        invoice_in(work, who, number, None, "", "")
        record(work, [invoice])
        found = payee(work.session, invoice)
        if found.account is None:
            de, en = WORDS[found.status]
            why = [f" ({one})" if one else "" for one in found.why]
            raise Refused(f"Invoice {number}: {en}{why[1]}.", f"Rechnung {number}: {de}{why[0]}.")
    return found.account.id or 0


def proposed(session: Session, row: CreditorAccount) -> Proposal | None:
    """The open proposal to confirm an account, if there is one."""
    return session.exec(_proposals(row).where(Proposal.state == "open")).first()


def confirmers(session: Session, row: CreditorAccount) -> list[int]:
    """The two persons who confirmed an account, first the one who proposed it; empty if nobody did."""
    if status_of(row) != "confirmed":
        return []
    made = session.exec(_proposals(row).where(Proposal.state == "accepted")).first()
    return [number for number in (made.proposed_by if made else None, row.confirmed_by) if number]


def _proposals(row: CreditorAccount) -> SelectOfScalar[Proposal]:
    """The proposals about an account, newest first."""
    same = select(Proposal).where(
        Proposal.kind == "creditor-account",
        Proposal.tenant_id == row.tenant_id,
        Proposal.subject == f"{row.creditor_id}/{row.iban}",
    )
    return same.order_by(col(Proposal.id).desc())
