"""Pages from templates: everything a template gets, escaped where it is written, in the visitor's language."""

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from einvoice.interfaces.web.choosing import LETTERS
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.navigation import navigation
from einvoice.interfaces.web.visitor import Visitor, hold, visitor
from einvoice.interfaces.web.words import Words
from einvoice.render import words as local
from einvoice.render.states import BATCHES
from einvoice.render.states import state as called
from einvoice.store.times import in_berlin
from einvoice.validation.reports.visible import visible

_STATIC = resources.files("einvoice.interfaces.web") / "static"


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The answer with a page; the browser keeps the token that its forms repeat."""
    who = visitor(request)
    text = text_of(request, who, template, values)
    answer = HTMLResponse(text, status, headers={"content-language": who.lang})
    if who.new:
        hold(answer, desk_of(request), who.secret)
    return answer


def text_of(request: Request, who: Visitor, template: str, values: Mapping[str, Any]) -> str:
    """A template filled in."""
    desk = desk_of(request)
    common = {
        "w": Words(who.lang),
        "state": lambda name: called(name, who.lang),
        "batch_state": lambda name: who.say(*BATCHES[name]),
        "who": who,
        "lang": who.lang,
        "path": request.url.path,
        "back": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "demo": desk.demo,
        "letters": request.cookies.get(LETTERS) != "off",
        "navigation": navigation(desk, who),
        "kern": desk.settings.theme == "kern" and kern_is_there(),
        "htmx": htmx_is_there(),
        "amount": functools.partial(_amount, who.lang),
        "money": lambda text, currency: local.amount(text, who.lang, currency) if text else "–",
        "day": functools.partial(_day, who.lang),
        "clock": functools.partial(_clock, who.lang),
    }
    return _environment().get_template(template).render({**common, **values})


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("einvoice.interfaces.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["visible"] = visible
    return made


@functools.cache
def kern_is_there() -> bool:
    """Whether KERN UX was fetched (`make assets`); without it our own small style sheet does."""
    return _STATIC.joinpath("kern", "kern.min.css").is_file()


@functools.cache
def htmx_is_there() -> bool:
    """Whether htmx was fetched; without it every form loads its page anew."""
    return _STATIC.joinpath("htmx", "htmx.min.js").is_file()


def _amount(lang: str, value: object, currency: str | None = None) -> str:
    return "" if value is None else local.amount(f"{value:f}", lang, currency)


def _day(lang: str, iso: str | None) -> str:
    return local.day(iso, lang) if iso else ""


def _clock(lang: str, stored: str | None) -> str:
    """A stored time as people read it: of Europe/Berlin, to the minute."""
    if not stored:
        return ""
    here = in_berlin(stored)
    return f"{local.day(here.date().isoformat(), lang)}, {here:%H:%M}"
