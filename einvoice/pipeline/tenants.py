"""Towns from a file: what each of them should be, how that differs from the store, and making it so.

A file states towns wholly: claims and addresses of a named town that it does not state are taken away. Towns it does
not name are left as they are. All or nothing; the same file again changes nothing.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from einvoice.approval import deadlines
from einvoice.approval.fields import stored
from einvoice.approval.persons import Actor
from einvoice.approval.proposals import propose
from einvoice.approval.towns import Difference, Town, changes, equal
from einvoice.approval.towns import value as stated
from einvoice.errors import EinvoiceError, UsageError
from einvoice.formats.mail import address
from einvoice.intake.routing import LEITWEG_SCHEME, MAIL, check_digits
from einvoice.store.retention import rules_from
from einvoice.store.store import Store
from einvoice.store.tables import Proposal

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
CLAIM = re.compile(r"[0-9]{2,12}(?:-[A-Z0-9]{1,30}(?:-[0-9]{2})?)?|[0-9]{2,12}[A-Z0-9-]{0,34}\*")
_SCHEMED = re.compile(r"([0-9]{4}|EM|AN|AQ|AS|AU):(\S{1,100})")
_LISTS = ("leitweg", "mail", "addresses")


def read_towns(file: Path) -> list[Town]:
    """The towns of a TOML file. Raises UsageError, naming the file, the town and the key."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})") from None
    rows = table.get("tenant")
    if set(table) != {"tenant"} or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise UsageError(
            f"{file}: towns are tables [[tenant]], and there is nothing else.",
            f"{file}: Kommunen sind Tabellen [[tenant]], sonst steht dort nichts.",
        )
    towns = [
        town_from(f"{file}: tenant {row.get('name', f'number {n}')}", row) for n, row in enumerate(rows, 1)
    ]
    _once(file, towns)
    return towns


def warnings(towns: list[Town]) -> list[tuple[str, str]]:
    """(town, Leitweg-ID) of whole Leitweg-IDs whose check digits are wrong: it may be meant so."""
    whole = re.compile(r"[0-9]{2,12}(?:-[A-Z0-9]{1,30})?-[0-9]{2}")
    return [
        (one.name, claim)
        for one in towns
        for claim in one.leitweg
        if whole.fullmatch(claim) and not check_digits(claim)
    ]


def proper(where: str, name: str, claims: tuple[str, ...]) -> None:
    """Raises UsageError for a name or a claim that cannot be; where: what the sentence begins with."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{where}{name}: a name has a-z, 0-9 and -, and begins with neither -.",
            f"{where}{name}: ein Kürzel besteht aus a-z, 0-9 und - und beginnt nicht mit -.",
        )
    for claim in claims:
        if not CLAIM.fullmatch(claim):
            raise UsageError(
                f"{where}{claim} is no Leitweg-ID and no beginning of one with * at its end.",
                f"{where}{claim} ist keine Leitweg-ID und kein Anfang einer solchen mit * am Ende.",
            )


def town_from(where: str, row: Mapping[str, Any]) -> Town:
    """A town as a table states it. Raises UsageError; where: what the sentence begins with."""
    for key in row:
        if key not in {"name", "title", *_LISTS, *_POLICIES}:
            raise UsageError(f"{where}: unknown key {key}", f"{where}: unbekannte Angabe {key}")
    for key in ("name", "title"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise UsageError(f"{where}: {key} is missing", f"{where}: {key} fehlt")
    texts = {key: row.get(key, []) for key in _LISTS}
    for key, value in texts.items():
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise UsageError(
                f"{where}: {key} is a list of texts", f"{where}: {key} ist eine Liste von Texten"
            )
    leitweg = tuple(dict.fromkeys(one.strip().upper() for one in texts["leitweg"]))
    proper(f"{where}: ", row["name"], leitweg)
    schemed = [_schemed(where, one) for one in texts["addresses"]]
    leitweg += tuple(value for kind, value in schemed if kind == LEITWEG_SCHEME and value not in leitweg)
    addresses = [one for one in schemed if one[0] != LEITWEG_SCHEME]
    addresses += [(MAIL, _mailbox(where, one)) for one in texts["mail"]]
    policies = {key: policy_from(where, key, row[key]) for key in _POLICIES if key in row}
    return Town(row["name"], row["title"].strip(), leitweg, tuple(dict.fromkeys(addresses)), policies)


def _schemed(where: str, text: str) -> tuple[str, str]:
    found = _SCHEMED.fullmatch(text.strip().upper())
    if found is None or (found[1] == LEITWEG_SCHEME and not CLAIM.fullmatch(found[2])):
        raise UsageError(
            f"{where}: addresses: {text}: an EAS scheme, a colon and the id, as in 9930:DE123456789",
            f"{where}: addresses: {text}: EAS-Schema, Doppelpunkt und Kennung, etwa 9930:DE123456789",
        )
    return found[1], found[2]


def _mailbox(where: str, text: str) -> str:
    found = address(text)
    if found is None:
        raise UsageError(
            f"{where}: mail: {text} is no mail address", f"{where}: mail: {text} ist keine Mailadresse"
        )
    return found


def policy_from(where: str, key: str, value: Any) -> dict[str, Any]:
    """What is stored of a policy as a person states it. Raises UsageError; where: what the sentence begins with."""
    try:
        return _POLICIES[key](value)
    except EinvoiceError as error:
        raise UsageError(f"{where}: {key}: {error}", f"{where}: {key}: {error.said('de')}") from None
    except (TypeError, ValueError, AttributeError):
        raise UsageError(
            f"{where}: {key}: {value!r} cannot be: see docs/tenants.md",
            f"{where}: {key}: {value!r} geht nicht: siehe docs/tenants.md",
        ) from None


def _one_of(*modes: str) -> Callable[[Any], dict[str, Any]]:
    def checked(value: Any) -> dict[str, Any]:
        if value not in modes:
            raise ValueError(value)
        return {"mode": value}

    return checked


def _duplicates(value: Any) -> dict[str, Any]:
    known: dict[str, Callable[[Any], bool]] = {
        "near_days": lambda one: type(one) is int and 0 <= one <= 3650,
        "factor": lambda one: type(one) in (int, float) and one >= 1,
        "payees": lambda one: isinstance(one, list) and all(isinstance(name, str) for name in one),
    }
    if not all(key in known and known[key](one) for key, one in value.items()):
        raise ValueError(value)
    return {key: str(one) if isinstance(one, float) else one for key, one in value.items()}


def _findings(value: Any) -> dict[str, Any]:
    if not all(
        key in ("hold", "reject") and isinstance(ids, list) and all(str(one).startswith("EI-") for one in ids)
        for key, ids in value.items()
    ):
        raise ValueError(value)
    return {"hold": sorted(value.get("hold", [])), "reject": sorted(value.get("reject", []))}


_POLICIES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "unknown_profile": _one_of("reject", "check"),
    "answers": _one_of("off", "draft", "send"),
    "portal": _one_of("off", "check", "submit"),
    "duplicates": _duplicates,
    "findings": _findings,
    "deadlines": deadlines.checked,
    "posting": stored,
    "retention": lambda value: rules_from(value).stored(),
}
"""The policies a file may state, and what makes of what it says what is stored."""


def _once(file: Path, towns: list[Town]) -> None:
    names, claimed = dict[str, Town](), dict[str, Town]()
    for town in towns:
        if town.name in names:
            raise UsageError(f"{file}: {town.name} stands twice", f"{file}: {town.name} steht zweimal da")
        names[town.name] = town
        for claim in town.claims():
            if claim in claimed:
                raise equal(f"{file}: ", claim, claimed[claim].title, town.title)
            claimed[claim] = town


def bring(store: Store, who: Actor, towns: list[Town]) -> tuple[list[Difference], Proposal | None]:
    """Proposes to make the store as a file says: the differences, and the one proposal if there are any."""
    with store.reading() as session:
        found = changes(session, towns)
    differing = {one.town for one in found}
    fresh = [town for town in towns if town.name in differing]
    if not fresh:
        return [], None
    names = ",".join(town.name for town in fresh)
    return found, propose(store, who, "towns", names, None, stated(fresh))
