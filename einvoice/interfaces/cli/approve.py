"""`einvoice approve`: the steps of the chain, what takes an invoice out of it or back, several at once."""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.interfaces.cli.aliases import with_aliases
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.approve_choosing import (
    Mine,
    Numbers,
    Reason,
    Seller,
    Statement,
    TenantOnly,
    UpTo,
    chosen,
    each,
)
from einvoice.interfaces.cli.approve_listing import app as of_listing
from einvoice.interfaces.cli.approve_proposals import app as of_proposals
from einvoice.interfaces.cli.approve_returning import app as of_returning
from einvoice.interfaces.cli.approve_voucher import app as of_voucher
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import say, session

if TYPE_CHECKING:
    from einvoice.approval.persons import Actor
    from einvoice.pipeline.workplace import Opened

ALIASES = {
    "liste": "list",
    "bestätigen": "confirm",
    "bestaetigen": "confirm",
    "mittel": "budget",
    "anordnen": "authorise",
    "visum": "visa",
    "zuordnen": "assign",
    "zurückgeben": "return",
    "zurueckgeben": "return",
    "zurückstellen": "hold",
    "zurueckstellen": "hold",
    "freigeben": "release",
    "übernehmen": "take-over",
    "uebernehmen": "take-over",
    "zurücknehmen": "undo",
    "zuruecknehmen": "undo",
    "vorschläge": "proposals",
    "vorschlaege": "proposals",
    "zustimmen": "accept",
    "ablehnen": "decline",
    "beleg": "voucher",
}
"""German names of the commands."""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    cls=with_aliases(ALIASES),
    help=say(
        "Die Freigabe, vier Augen. Beispiel: einvoice approve confirm 1 2 3",
        "Approval by four eyes. Example: einvoice approve confirm 1 2 3",
    ),
)


_DONE = {
    **dict.fromkeys(
        ("confirm-factual", "confirm-arithmetic", "budget"), ("bestätigt: {0}", "confirmed: {0}")
    ),
    "authorise": ("angeordnet", "authorised"),
    "visa": ("Visum erteilt", "visa given"),
}


class Only(enum.Enum):
    """One of the two confirmations."""

    factual = "factual"
    arithmetic = "arithmetic"


@app.command(
    help=told(
        "Bestätigt sachlich und rechnerisch, so weit es die Kette der Kommune dieser Person erlaubt.",
        "Confirms substance and figures, as far as the tenant's chain lets this person.",
        "einvoice approve confirm 1 2 3",
    )
)
def confirm(
    numbers: Numbers = None,
    only: Annotated[
        Only | None, typer.Option(help=say("Nur sachlich (factual) oder rechnerisch", "Only one of the two"))
    ] = None,
    statement: Statement = "",
    mine: Mine = False,
    tenant: TenantOnly = None,
    seller: Seller = None,
    up_to: UpTo = None,
    as_: As = None,
) -> None:
    """Exit 0 all done, 1 one refused."""
    acts = (f"confirm-{only.value}",) if only else ("confirm-factual", "confirm-arithmetic")
    _steps(acts, numbers, statement, (mine, tenant, seller, up_to), as_)


_STEPS = {
    "budget": (
        "Bestätigt Mittel und Kontierung, wo die Kette diesen Schritt hat.",
        "Confirms funds and posting, where the chain has that step.",
        "einvoice approve budget 7",
    ),
    "authorise": (
        "Ordnet die Zahlung an.",
        "Authorises payment.",
        "einvoice approve authorise --mine --up-to 500",
    ),
    "visa": (
        "Visum der Rechnungsprüfung, wo die Kette diesen Schritt hat.",
        "The visa of the audit office, where the chain has that step.",
        "einvoice approve visa 7",
    ),
}
"""The steps of one act: help in German and English, an example."""


def _step(act: str) -> Callable[..., None]:
    """The command of a step."""

    def step(
        numbers: Numbers = None,
        statement: Statement = "",
        mine: Mine = False,
        tenant: TenantOnly = None,
        seller: Seller = None,
        up_to: UpTo = None,
        as_: As = None,
    ) -> None:
        """Exit 0 all done, 1 one refused."""
        _steps((act,), numbers, statement, (mine, tenant, seller, up_to), as_)

    return step


for _act, _help in _STEPS.items():
    app.command(_act, help=told(*_help))(_step(_act))


@app.command(
    help=told(
        "Ordnet Rechnungen einem Amt oder einer Person zu.",
        "Assigns invoices to an office or a person.",
        'einvoice approve assign 7 --office 66 --person "Sabine Sander"',
    )
)
def assign(
    numbers: Numbers = None,
    office: Annotated[
        str | None, typer.Option(metavar=say("AMT", "OFFICE"), help=say("Amt (Kürzel)", "Office (code)"))
    ] = None,
    person: Annotated[
        str | None, typer.Option(metavar="NAME", help=say("Person oder Konto", "Person or account"))
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 all done, 1 one refused, 2 neither office nor person."""
    from einvoice.approval.assigning import assign as place_with
    from einvoice.interfaces.cli.proposing import person as named

    def act(here: "Opened", who: "Actor", number: int) -> str:
        with here.store.reading() as reading:
            other = named(reading, person).id if person else None
        place_with(here.store, who, number, office, other)
        whom = " / ".join(one for one in (office, person) if one)
        return say(f"zugeordnet: {whom}", f"assigned: {whom}")

    each(as_, lambda here, who: chosen(here, who, numbers, (), False), act)


@app.command(help=told("Stellt zurück.", "Holds.", 'einvoice approve hold 7 --reason "Lieferschein fehlt"'))
def hold(reason: Reason, numbers: Numbers = None, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _aside(numbers, as_, say("zurückgestellt", "held"), "hold", reason)


@app.command(
    help=told(
        "Nimmt eine Zurückstellung zurück.",
        "Releases what was held.",
        'einvoice approve release 7 --reason "Lieferschein liegt vor"',
    )
)
def release(reason: Reason, numbers: Numbers = None, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _aside(numbers, as_, say("wieder offen", "open again"), "release", reason)


@app.command(
    "take-over",
    help=told(
        "Übernimmt abgelehnte Rechnungen mit Grund, wo die Kette der Kommune es erlaubt.",
        "Takes rejected invoices over, with a reason, where the tenant's chain allows it.",
        'einvoice approve take-over 9 --reason "Nur die Leitweg-ID fehlt, Leistung erbracht"',
        'einvoice approve take-over 9 --reason "only the Leitweg-ID is missing, work was done"',
    ),
)
def take_over(reason: Reason, numbers: Numbers = None, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    from einvoice.pipeline.taking_over import take_over as take

    def act(here: "Opened", who: "Actor", number: int) -> str:
        take(here, who, number, reason)
        return say("übernommen, jetzt offen", "taken over, open now")

    each(as_, lambda here, who: chosen(here, who, numbers, (), False), act)


@app.command(
    help=told(
        "Nimmt den eigenen letzten Schritt zurück, solange nichts im Stapel ist.",
        "Takes one's own last step back, as long as nothing is in a batch.",
        'einvoice approve undo 7 --reason "Falsche Rechnung"',
        'einvoice approve undo 7 --reason "wrong invoice"',
    )
)
def undo(reason: Reason, numbers: Numbers = None, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    from einvoice.approval import acts
    from einvoice.approval.chain import act_name

    def act(here: "Opened", who: "Actor", number: int) -> str:
        step = act_name(acts.undo(here.store, who, number, reason), session.lang)
        return say(f"zurückgenommen: {step}", f"taken back: {step}")

    each(as_, lambda here, who: chosen(here, who, numbers, (), False), act)


def _steps(
    acts: tuple[str, ...],
    numbers: list[int] | None,
    statement: str,
    filters: tuple[bool, str | None, str | None, str | None],
    acting_as: str | None,
) -> None:
    from einvoice.approval.acts import sign
    from einvoice.approval.chain import act_name

    def act(here: "Opened", who: "Actor", number: int) -> str:
        done = sign(here.store, who, number, acts, statement)
        words = ", ".join(act_name(step, session.lang) for step in done)
        return say(*_DONE[done[-1]]).format(words)

    each(acting_as, lambda here, who: chosen(here, who, numbers, acts, *filters), act)


def _aside(numbers: list[int] | None, acting_as: str | None, done: str, name: str, reason: str) -> None:
    from einvoice.approval import acts

    what: Callable[..., None] = getattr(acts, name)

    def act(here: "Opened", who: "Actor", number: int) -> str:
        what(here.store, who, number, reason)
        return done

    each(acting_as, lambda here, who: chosen(here, who, numbers, (), False), act)


app.registered_commands += of_returning.registered_commands
app.registered_commands += of_listing.registered_commands
app.registered_commands += of_proposals.registered_commands
app.registered_commands += of_voucher.registered_commands
