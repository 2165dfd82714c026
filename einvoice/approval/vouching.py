"""A person's word for a creditor's account: the first proposes it, the second agrees."""

from einvoice.approval.bank import proposed
from einvoice.approval.persons import Actor
from einvoice.approval.proposals import decide, propose
from einvoice.errors import Refused, Stale
from einvoice.store.store import Store
from einvoice.store.tables import CreditorAccount, Proposal, Tenant


def vouch(store: Store, who: Actor, account: int, source: str, seen: str | None = None) -> Proposal:
    """Proposes an account, or agrees where another person has proposed it; the proposal as it is then.

    source: against what, outside the invoice, it was confirmed. seen: the number of the open proposal he had before
    him, "" for none; None: he acts on whatever stands there. Raises Refused, UsageError; Stale where it is another.
    """
    with store.reading() as session:
        row = session.get(CreditorAccount, account)
        if row is None:
            raise Refused(f"There is no account {account}.", f"Ein Konto {account} gibt es nicht.")
        town, waiting = session.get_one(Tenant, row.tenant_id).name, proposed(session, row)
    if seen is not None and seen != (str(waiting.id) if waiting else ""):
        raise Stale(
            "What was proposed about this account has changed since you looked at it; nothing was done.",
            "Was zu diesem Konto vorgeschlagen ist, hat sich geändert, seit Sie es angesehen haben; es wurde nichts "
            "getan.",
        )
    if waiting is not None and waiting.proposed_by == who.person_id:
        return waiting
    if waiting is not None:
        return decide(store, who, waiting.id or 0, True, source)
    new = {"source": source.strip()}
    return propose(store, who, "creditor-account", f"{row.creditor_id}/{row.iban}", town, new)
