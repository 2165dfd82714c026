"""Rule sets of a workplace: installed, used, removed. Each is a policy in the store, each change an event of a chain.

The store keeps the whole text of a rule set for ever, so that a past verdict can be repeated; the folder of the
workplace (see validation.rulesets.installed) is made of it, and made again where it is missing.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from sqlmodel import Session, col, select

from einvoice.approval.agreeing import spend
from einvoice.errors import Refused
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook.releases import release, releases, today
from einvoice.store import people
from einvoice.store.tables import Policy, Tenant
from einvoice.store.times import day_of
from einvoice.validation.rulesets.installed import Index, Installed, read_index, write_index
from einvoice.validation.rulesets.package import RuleSet
from einvoice.validation.rulesets.proving import prove
from einvoice.validation.rulesets.trees import lay_down

_SET, _USE = "rules/", "release"


def install(place: Opened, ruleset: RuleSet, tenant: str | None, since: date | None, actor: int) -> int:
    """Proves a rule set and puts it into force; how many of its examples ran. One transaction: all or nothing.

    Where two persons administer, a second one has agreed before (approval.agreeing); so for `use` and `remove`.
    House rules need a tenant and are in force from `since`, their own day, or today; a release from its own day
    (without: by name only). What had the name before judges until that day. Raises RulebookError for one that does
    not hold, Refused for a name that is taken.
    """
    if ruleset.name in releases():
        raise Refused(
            f"{ruleset.name} is a release that comes with einvoice: give yours another name.",
            f"{ruleset.name} ist eine mitgelieferte Ausgabe: bitte einen anderen Namen geben.",
        )
    ran = prove(ruleset, release())
    said = said_of(ruleset, since)
    with place.store.writing(actor) as work:
        owner = people.tenant(work.session, tenant) if tenant else None
        spend(work, owner, f"rules install {ruleset.name}", said)
        _retire(work.session, ruleset.name, owner, work.time, ruleset)
        value = {"kind": ruleset.kind, "digest": ruleset.digest, "files": dict(ruleset.files)}
        row = Policy(
            tenant_id=owner.id if owner else None,
            name=_SET + ruleset.name,
            value={**value, "since": said["since"]},
            since=work.time,
        )
        work.add(row)
        work.session.flush()
        work.event("rules-installed", row, {"name": ruleset.name, **said})
    refresh(place)
    return ran


def said_of(ruleset: RuleSet, since: date | None) -> dict[str, str | None]:
    """What two persons agree on before a rule set is installed: its digest, and from when it judges."""
    day = ruleset.since if ruleset.kind == "release" else since or ruleset.since or today()
    return {"digest": ruleset.digest, "since": day.isoformat() if day else None}


def remove(place: Opened, name: str, tenant: str | None, actor: int) -> None:
    """Takes a rule set out of force. Its text is kept, so that verdicts by it can be repeated by name.

    Raises Refused where it is not installed, or is the release in use.
    """
    with place.store.writing(actor) as work:
        owner = people.tenant(work.session, tenant) if tenant else None
        if owner is None and name in _wanted(read_index(place.workplace.rules)):
            raise Refused(
                f"{name} is the release in use: first `einvoice rules use` another.",
                f"{name} ist die verwendete Ausgabe: bitte erst mit `einvoice rules use` eine andere wählen.",
            )
        spend(work, owner, f"rules remove {name}", {"name": name})
        row = _retire(work.session, name, owner, work.time)
        if row is None:
            raise Refused(
                f"No rule set {name} is installed here: see `einvoice rules list --installed`.",
                f"Ein Regelsatz {name} ist hier nicht installiert: siehe `einvoice rules list --installed`.",
            )
        work.session.add(row)
        work.event("rules-removed", row, {"name": name})
    refresh(place)


def use(place: Opened, name: str, since: date | None, actor: int) -> date:
    """Makes a release, shipped or installed, the one that judges from a day on (default: today); the day.

    Raises UsageError for a release there is not.
    """
    release(name, installed=map(Path, read_index(place.workplace.rules).trees()))
    day = since or today()
    with place.store.writing(actor) as work:
        spend(work, None, f"rules use {name}", {"since": day.isoformat()})
        row = Policy(name=_USE, value={"name": name, "since": day.isoformat()}, since=work.time)
        work.add(row)
        work.session.flush()
        work.event("release-used", row, {"name": name, "since": day.isoformat()})
    refresh(place)
    return day


def refresh(place: Opened) -> Index:
    """Brings the folder of the workplace in step with the store."""
    home = place.workplace.rules
    with place.store.reading() as session:
        rows = _rows(session)
        sets = [_laid(row, _last_day(row, rows), session, home) for row in rows]
        used = session.exec(select(Policy).where(Policy.name == _USE).order_by(col(Policy.id))).all()
        uses = [(str((row.value or {})["name"]), _day((row.value or {})["since"])) for row in used]
    wanted = Index(
        tuple(sets), tuple((name, day) for name, day in sorted(_dated(uses), key=lambda one: one[1]))
    )
    if (sets or uses) and read_index(home) != wanted:
        write_index(home, wanted.sets, wanted.uses)
    return wanted


def _wanted(index: Index) -> set[str | None]:
    """The releases that `einvoice rules use` has put in use, now or from a day to come."""
    return {index.used(today()), *(name for name, since in index.uses if since > today())}


def _dated(uses: Iterable[tuple[str, date | None]]) -> Iterable[tuple[str, date]]:
    return ((name, day) for name, day in uses if day is not None)


def _last_day(row: Policy, rows: list[Policy]) -> date | None:
    """The day from which a set judges no more: it goes on until the one of its name that follows begins."""
    if row.until is None:
        return None
    ended = day_of(row.until)
    following = next(
        (one for one in rows if (one.name, one.tenant_id, one.since) == (row.name, row.tenant_id, row.until)),
        None,
    )
    begins = _day((following.value or {}).get("since")) if following else None
    return max(ended, begins) if begins else ended


def _laid(row: Policy, until: date | None, session: Session, home: Path) -> Installed:
    value, name = row.value or {}, row.name.removeprefix(_SET)
    owner = session.get(Tenant, row.tenant_id) if row.tenant_id else None
    ruleset = RuleSet(value["kind"], name, value["files"], _day(value["since"]))
    return Installed(
        kind=ruleset.kind,
        name=name,
        digest=ruleset.digest,
        folder=str(lay_down(ruleset, home)),
        tenant=owner.name if owner else None,
        since=ruleset.since,
        until=until,
    )


def _rows(session: Session) -> list[Policy]:
    query = select(Policy).where(col(Policy.name).startswith(_SET)).order_by(col(Policy.id))
    return list(session.exec(query))


def _retire(
    session: Session, name: str, owner: Tenant | None, now: str, by: RuleSet | None = None
) -> Policy | None:
    """Ends what is in force under a name, for the installation or a tenant; refused where it is the same again."""
    tenant = owner.id if owner else None
    query = select(Policy).where(
        Policy.name == _SET + name,
        Policy.tenant_id == tenant if tenant else col(Policy.tenant_id).is_(None),
        col(Policy.until).is_(None),
    )
    row = session.exec(query).one_or_none()
    if row is None:
        return None
    if by is not None and (row.value or {}).get("digest") == by.digest:
        raise Refused(
            f"{name} is installed already, exactly so (sha256 {by.digest[:16]}).",
            f"{name} ist schon installiert, genau so (sha256 {by.digest[:16]}).",
        )
    row.until = now
    session.add(row)
    return row


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
