"""The page `Check a file`: an instant verdict, findings in words and the rendering; kept only if it is handed in."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import File, Form, Request, Response, UploadFile
from markupsafe import Markup

from einvoice.errors import Refused
from einvoice.interfaces.web import portal
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.limits import UPLOAD, Rate
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Anyone, Visitor
from einvoice.pipeline.house import release_options
from einvoice.pipeline.portal import Slip, submit
from einvoice.render.viewing import View, viewed
from einvoice.rulebook.releases import today
from einvoice.store.tables import Tenant

router = pages()
FILES = 20
"""Files of one upload."""

_RENDERED = 5
"""Invoices of one upload that are rendered; of the others the page has verdict and findings."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One file of an upload, what was found in it, and its receipt if it was handed in."""

    name: str
    views: list[View]
    slip: Slip | None = None

    @property
    def good(self) -> bool:
        """Whether all in it is accepted."""
        return all(one.report.verdict == "accepted" for one in self.views)


@router.get("/check")
def check(request: Request, who: Anyone, town: str = "") -> Response:
    """The form."""
    return _page(request, who, town=town)


@router.post("/check")
def checked(
    request: Request,
    who: Anyone,
    files: Annotated[list[UploadFile] | None, File()] = None,
    town: Annotated[str, Form(max_length=100)] = "",
    act: Annotated[str, Form(max_length=10)] = "check",
    anyway: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The verdicts; with `submit` the files are handed in to a town, unless one would be rejected."""
    desk = desk_of(request)
    portal.demand(desk, who)
    given = _read(files or [])
    if not given:
        text = who.say("Bitte mindestens eine Datei wählen.", "Please choose at least one file.")
        return _page(request, who, 422, town=town, problem=text)
    _counted(desk, who, len(given))
    receiver = _receiver(desk, who, town) if act == "submit" else None
    with desk.busy():
        found = [_viewed(desk, who, name, data) for name, data in given]
    held_back = receiver is not None and not anyway and not all(one.good for one in found)
    if receiver is not None and not held_back:
        found = [
            replace(one, slip=submit(desk.place, receiver, name, data, by="desk" if who.here else "portal"))
            for one, (name, data) in zip(found, given, strict=True)
        ]
    _noted(desk, who, found)
    return _page(request, who, town=town, found=found, held_back=held_back, receiver=receiver)


def _page(request: Request, who: Visitor, status: int = 200, **values: object) -> Response:
    desk = desk_of(request)
    portal.demand(desk, who)
    said = {"problem": "", "found": [], "held_back": False, "receiver": None, **values}
    towns = [(one.name, one.title) for one in portal.receivers(desk, who)]
    return page(request, "check.html", status, towns=towns, files=FILES, markup=Markup, **said)


def _read(files: list[UploadFile]) -> list[tuple[str, bytes]]:
    chosen = [one for one in files if one.filename]
    if len(chosen) > FILES:
        raise Refused(f"At most {FILES} files at once.", f"Höchstens {FILES} Dateien auf einmal.")
    return [(_named(one.filename or ""), one.file.read()) for one in chosen]


def _named(given: str) -> str:
    """A file's name without the path some browsers send, and no longer than names are."""
    return given.replace("\\", "/").rpartition("/")[2][:200] or "upload"


def _counted(desk: Desk, who: Visitor, count: int) -> None:
    """A person signed in is counted by himself, everybody else by his address."""
    name = f"person/{who.actor.person_id}" if who.here else who.address
    rate = UPLOAD if who.here else Rate(desk.settings.checks_per_hour, 3600)
    for _ in range(count):
        if seconds := desk.limits.over("check", name, rate):
            raise TooMany(seconds)


def _receiver(desk: Desk, who: Visitor, town: str) -> Tenant:
    for one in portal.receivers(desk, who):
        if one.name == town:
            return one
    raise Refused("Please choose the receiving town.", "Bitte die empfangende Kommune wählen.")


def _viewed(desk: Desk, who: Visitor, name: str, data: bytes) -> Checked:
    options = replace(release_options(desk.place, today()), lang=who.lang)
    return Checked(name, viewed(data, name, options, _RENDERED))


def _noted(desk: Desk, who: Visitor, found: list[Checked]) -> None:
    handed_in = [one.slip.receipt.delivery_id for one in found if one.slip]
    person = who.actor.person_id if who.here else 0
    desk.journal("checked", files=len(found), person=person, deliveries=" ".join(map(str, handed_in)))
