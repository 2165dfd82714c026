"""The page of a town's exports: which format goes to which of the operator's places; changed by two persons."""

import re
from collections import defaultdict
from collections.abc import Mapping

from fastapi import Request, Response

from einvoice.approval.proposals import propose
from einvoice.errors import EinvoiceError, UsageError
from einvoice.exports.formats import FORMATS
from einvoice.exports.places import Place
from einvoice.exports.profiles.profiled import form_of
from einvoice.exports.profiles.reading import parse
from einvoice.exports.profiles.sample import sample_case
from einvoice.exports.profiles.writing import write
from einvoice.exports.targets import agreed, targets
from einvoice.interfaces.web.administration.access import Administrator, looked, shown, town
from einvoice.interfaces.web.administration.policies import LONGEST
from einvoice.interfaces.web.administration.towns import PATH
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.forms import Fields, after
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.store.times import utc_now

router = pages()


@router.get(PATH + "/{name}/exports")
def listed(request: Request, who: Administrator, name: str) -> Response:
    """The targets, and the form of a new one."""
    with desk_of(request).store.reading() as session:
        number = town(session, who.eyes, name).id
    looked(request, who, "exports", number)
    return _page(request, who, name)


@router.post(PATH + "/{name}/exports")
def change(request: Request, who: Administrator, name: str, form: Fields) -> Response:
    """Proposes a target, or to take one away."""
    desk, target = desk_of(request), form.get("target", "")
    with desk.store.reading() as session:
        town(session, who.eyes, name)
    try:
        new = None if form.get("act") == "remove" else _wanted(desk, name, target, form)
        row = propose(desk.store, who.actor, "export-target", target, name, new)
    except EinvoiceError as error:
        return _page(request, who, name, 409, problem=error.said(who.lang), given=form)
    return after(f"{PATH}/{name}/exports", row)


def _wanted(desk: Desk, town: str, target: str, form: Mapping[str, str]) -> dict[str, object]:
    """The target a form states; a profile of one's own must hold the sample batch. Raises EinvoiceError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", target):
        raise UsageError(
            "A target is named with a-z, 0-9 and hyphens.", "Ein Ziel heißt mit a-z, 0-9 und Bindestrich."
        )
    place = _places(desk, town).get(form.get("place", ""))
    if place is None:
        raise UsageError(
            "Choose one of the places in einvoice.toml.", "Bitte einen der Orte aus einvoice.toml wählen."
        )
    kind, text = form.get("format", ""), None
    if profile := form.get("profile", "")[:LONGEST]:
        found = parse(profile, f"{target}.toml", target)
        write(found, sample_case(found))
        kind, text = form_of(target, found), found.text
    elif kind not in FORMATS:
        raise UsageError(
            "Choose a format, or give a profile.", "Bitte ein Format wählen oder ein Profil angeben."
        )
    since = None if form.get("manual") else utc_now()
    return agreed(place, kind, since=since, profile=text)


def _places(desk: Desk, town: str) -> dict[str, Place]:
    """The places of the operator that a town may name."""
    return {
        name: one for name, one in desk.place.workplace.places.items() if not one.towns or town in one.towns
    }


def _page(request: Request, who: Visitor, name: str, status: int = 200, **values: object) -> Response:
    desk = desk_of(request)
    with desk.store.reading() as session:
        row = town(session, who.eyes, name)
        found = targets(session, row)
    formats = [("", "–"), *((key, who.say(one.de, one.en)) for key, one in FORMATS.items())]
    places = [(key, f"{key} ({one.address})") for key, one in _places(desk, name).items()]
    known = {"given": defaultdict(str), **values}
    return shown(
        request, "exports.html", status, row=row, found=found, formats=formats, places=places, longest=LONGEST,
        **known,
    )  # fmt: skip
