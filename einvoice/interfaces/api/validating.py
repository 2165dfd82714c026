"""POST /validate: a verdict at once, nothing kept; as our JSON or in the form of KoSIT's report, by Accept."""

import io
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from einvoice.interfaces.api.bearer import Anyone, Speech
from einvoice.interfaces.api.bodies import DESCRIBED, Body
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import TooMany
from einvoice.interfaces.web.limits import Rate, network
from einvoice.interfaces.web.portal import open_to_all
from einvoice.pipeline.house import release_options
from einvoice.render.viewing import viewed
from einvoice.rulebook.releases import today
from einvoice.validation.report import Report
from einvoice.validation.reports import writer

router = APIRouter(tags=["validate"])

_JSON, _XML = "application/json", "application/xml"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One report per invoice in the file: a JSON list (CONTRACT), or KoSIT's report",
        "content": {
            _JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
            _XML: {"schema": {"type": "string"}},
        },
    }
}


@router.post("/validate", responses=_ANSWERS, openapi_extra=DESCRIBED, response_model=None)
def validate(request: Request, who: Anyone, lang: Speech, body: Body, name: str = "") -> Response:
    """Checks a file. Without a token only where some town lets suppliers check, so many per hour and address."""
    desk = desk_of(request)
    if who is None:
        if not open_to_all(desk):
            raise HTTPException(401, headers={"www-authenticate": "Bearer"})
        address = network(request.client.host if request.client else "")
        if seconds := desk.limits.over("check", address, Rate(desk.settings.checks_per_hour, 3600)):
            raise TooMany(seconds)
    data, given = body
    options = replace(release_options(desk.place, today()), lang=lang)
    with desk.busy():
        reports = [one.report for one in viewed(data, name[:200] or given or "upload", options, 0)]
    return answer(request, reports, lang)


def answer(request: Request, reports: list[Report], lang: str) -> Response:
    """Reports in the form that Accept asks for. Raises 406 for another."""
    accepts = request.headers.get("accept", "*/*").lower()
    for part in accepts.split(","):
        kind = part.partition(";")[0].strip()
        if kind in (_JSON, "*/*", "application/*"):
            return JSONResponse([one.as_dict() for one in reports])
        if kind in (_XML, "text/xml"):
            text = io.StringIO()
            writer("kosit")(reports, text, lang)
            return Response(text.getvalue(), media_type=_XML)
    raise HTTPException(406)
