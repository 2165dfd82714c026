"""The chain of approval of a town as data: its policy `chain`, read, checked, stored.

    [[chain.step]]
    act = "confirm-factual"     # assign, confirm-factual, confirm-arithmetic, budget, authorise, visa
    roles = ["confirmer"]       # any of these; limits of amount stand with the role
    offices = ["66"]            # only roles in these offices; without: in none, or in the invoice's own
    days = 5                    # until when it should be done
    above = 10000               # optional steps only: needed above this sum (EUR)
    when = "invoice.contract"   # optional steps only: needed where this holds, in the language of the rules

    [[chain.combine]]           # what one person may do together
    acts = ["confirm-factual", "confirm-arithmetic"]
    up_to = 5000

What no chain can switch off stands in rights.py.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from einvoice.errors import UsageError
from einvoice.model.lexical import decimal
from einvoice.store import people
from einvoice.store.once import once
from einvoice.store.tables import canonical

POLICY = "chain"

CONFIRMS = ("confirm-factual", "confirm-arithmetic", "budget")
"""Acts that state something of the claim: none of them goes together with authorising."""

FIXED = ("confirm-factual", "confirm-arithmetic", "authorise")
"""Steps that every chain has and every invoice needs (KomHVO NRW §31)."""

ACTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "assign": ("Amt zuordnen", "assign an office", ("clerk", "confirmer")),
    "confirm-factual": ("sachlich richtig", "right in substance", ("confirmer",)),
    "confirm-arithmetic": ("rechnerisch richtig", "right in figures", ("confirmer",)),
    "budget": ("Mittel und Kontierung", "funds and posting", ("clerk", "confirmer")),
    "authorise": ("Anordnung", "authorisation", ("authoriser",)),
    "visa": ("Visum der Rechnungsprüfung", "visa of the audit office", ("audit",)),
}
"""Act of a step → its name in German and English, and who does it unless the chain says otherwise. In their order."""


_BESIDE = {"return": ("Rückgabe", "return"), "take-over": ("Übernahme", "taking over")}


def act_name(act: str, lang: str) -> str:
    """What the act of a step, or one beside the chain (a return, a take-over), is called in "de" or "en"."""
    de, en, *_ = ACTS.get(act) or _BESIDE.get(act) or (act, act)
    return de if lang == "de" else en


_ROLES = frozenset({"clerk", "confirmer", "authoriser", "audit"})
_KEYS = frozenset({"act", "roles", "offices", "days", "above", "when"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step. above, when: it is needed only above a sum (EUR), or where a condition holds (None: always)."""

    act: str
    roles: tuple[str, ...]
    offices: tuple[str, ...] = ()
    days: int | None = None
    above: Decimal | None = None
    when: str | None = None

    def name(self, lang: str) -> str:
        """What the step is called in "de" or "en"."""
        return act_name(self.act, lang)

    def stored(self) -> dict[str, Any]:
        """The step as the store keeps it."""
        said: dict[str, Any] = {"act": self.act, "roles": list(self.roles), "offices": list(self.offices)}
        said |= {"days": self.days, "above": _text(self.above), "when": self.when}
        return {key: value for key, value in said.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True)
class Together:
    """Acts that one person may do on the same invoice, up to a sum (EUR; None: any)."""

    acts: frozenset[str]
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps in order, and what one person may combine. take_over: rejected invoices may be, with a reason."""

    steps: tuple[Step, ...]
    combine: tuple[Together, ...] = ()
    take_over: bool = False

    def combinable(self, one: str, other: str, amount: Decimal | None) -> bool:
        """Whether one person may do both acts on an invoice of this amount (None: not known, or no EUR).

        Who took a rejected invoice over may confirm it, never authorise it.
        """
        if "assign" in (one, other) or (one == "take-over" and other in CONFIRMS):
            return True
        return any(
            {one, other} <= found.acts
            and (found.up_to is None or (amount is not None and amount <= found.up_to))
            for found in self.combine
        )

    def stored(self) -> dict[str, Any]:
        """The chain as the store keeps it."""
        together = [
            {"acts": sorted(one.acts), **({"up_to": _text(one.up_to)} if one.up_to is not None else {})}
            for one in self.combine
        ]
        return {
            "step": [one.stored() for one in self.steps],
            "combine": together,
            "take_over": self.take_over,
        }

    @property
    def digest(self) -> str:
        """What conditions were evaluated for (`Invoice.fits`)."""
        return hashlib.sha256(canonical(self.stored()).encode()).hexdigest()

    def conditional(self) -> list[Step]:
        """The steps whose need depends on what the invoice says."""
        return [one for one in self.steps if one.when is not None]


DEFAULT = Chain(
    steps=tuple(Step(act, ACTS[act][2]) for act in FIXED),
    combine=(Together(frozenset({"confirm-factual", "confirm-arithmetic"})),),
)
"""The chain of a town that says nothing: one person confirms both, another authorises."""


def chain_of(session: Session, tenant: int) -> Chain:
    """The chain of a town in force."""

    def ask() -> Chain:
        stated = people.policy(session, tenant, POLICY)
        return chain_from(stated) if stated else DEFAULT

    return once(session, ("chain", tenant), ask)


def chain_from(table: Mapping[str, Any]) -> Chain:
    """A chain out of a table `[chain]`. Raises UsageError, naming the step and the key."""
    for key in set(table) - {"step", "combine", "take_over"}:
        raise _wrong("", str(key), "is not known", "ist unbekannt")
    rows = _rows(table, "step")
    steps = tuple(_step(row, f"step {number}") for number, row in enumerate(rows, 1))
    _in_order(steps)
    together = tuple(
        _together(row, steps, f"combine {number}")
        for number, row in enumerate(_rows(table, "combine") if "combine" in table else [], 1)
    )
    take_over = table.get("take_over", False)
    if not isinstance(take_over, bool):
        raise _wrong("", "take_over", "is true or false", "ist true oder false")
    return Chain(steps, together, take_over)


def _rows(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = table.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise _wrong("", key, f"is written as tables [[chain.{key}]]", f"sind Tabellen [[chain.{key}]]")
    return rows


def _step(row: Mapping[str, Any], where: str) -> Step:
    act = row.get("act")
    if act not in ACTS:
        raise _wrong(where, "act", f"is one of {', '.join(ACTS)}", f"ist eines von {', '.join(ACTS)}")
    where = f"{where} ({act})"
    for key in set(row) - _KEYS:
        raise _wrong(where, key, "is not known", "ist unbekannt")
    roles = _texts(row, where, "roles") or ACTS[act][2]
    for role in roles:
        if role not in _ROLES:
            known = ", ".join(sorted(_ROLES))
            raise _wrong(where, "roles", f"{role} is none of {known}", f"{role} ist keine von {known}")
    days, when = row.get("days"), row.get("when")
    if days is not None and (type(days) is not int or not 0 <= days <= 365):
        raise _wrong(where, "days", "is a number of days up to 365", "ist eine Zahl von Tagen bis 365")
    if when is not None and (not isinstance(when, str) or not when.strip()):
        raise _wrong(where, "when", "is a condition as a text", "ist eine Bedingung als Text")
    above = _amount(row, where, "above")
    if act in FIXED and (above is not None or when is not None):
        key = "above" if above is not None else "when"
        raise _wrong(where, key, "every invoice needs this step", "diesen Schritt braucht jede Rechnung")
    return Step(act, tuple(roles), tuple(_texts(row, where, "offices")), days, above, when)


def _in_order(steps: tuple[Step, ...]) -> None:
    acts = [step.act for step in steps]
    for act in ACTS:
        if acts.count(act) > 1:
            raise _wrong("step", act, "stands there twice", "steht zweimal da")
    for act in FIXED:
        if act not in acts:
            raise _wrong(
                "step", act, "is missing: no chain does without", "fehlt: keine Kette kommt ohne aus"
            )
    for act in CONFIRMS:
        if act in acts and acts.index(act) > acts.index("authorise"):
            raise _wrong("step", act, "comes before authorise", "kommt vor authorise")
    if "visa" in acts and acts.index("visa") < max(acts.index(one) for one in FIXED[:2]):
        raise _wrong("step", "visa", "comes after the confirmations", "kommt nach den Bestätigungen")
    if "assign" in acts and acts[0] != "assign":
        raise _wrong("step", "assign", "comes first", "kommt zuerst")


def _together(row: Mapping[str, Any], steps: tuple[Step, ...], where: str) -> Together:
    for key in set(row) - {"acts", "up_to"}:
        raise _wrong(where, key, "is not known", "ist unbekannt")
    acts = _texts(row, where, "acts")
    for act in acts:
        if act not in CONFIRMS:
            raise _wrong(
                where,
                "acts",
                f"{act}: only {', '.join(CONFIRMS)} may be combined",
                f"{act}: verbinden lassen sich nur {', '.join(CONFIRMS)}",
            )
        if act not in {step.act for step in steps}:
            raise _wrong(
                where, "acts", f"{act} is no step of this chain", f"{act} ist kein Schritt der Kette"
            )
    return Together(frozenset(acts), _amount(row, where, "up_to"))


def _texts(row: Mapping[str, Any], where: str, key: str) -> tuple[str, ...]:
    found = row.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise _wrong(where, key, "is a list of texts", "ist eine Liste von Texten")
    return tuple(found)


def _amount(row: Mapping[str, Any], where: str, key: str) -> Decimal | None:
    stated = row.get(key)
    if stated is None:
        return None
    amount = decimal(str(stated)) if isinstance(stated, (int, float, str)) else None
    if amount is None or amount < 0 or isinstance(stated, bool):
        raise _wrong(where, key, "is a sum such as 10000.00", "ist ein Betrag wie 10000.00")
    return amount


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _wrong(where: str, key: str, en: str, de: str) -> UsageError:
    place = ": ".join(one for one in ("chain", where, key) if one)
    return UsageError(f"{place}: {en}", f"{place}: {de}")
