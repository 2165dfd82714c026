"""The web application of one workplace: pages, API, files, and the wall around them."""

from importlib import resources

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.telemetry import TelemetryConfig
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from einvoice.interfaces.api import validating
from einvoice.interfaces.api.application import ROOT, api
from einvoice.interfaces.web import (
    batch,
    batch_files,
    batches,
    check,
    choosing,
    due,
    faults,
    files,
    invoice,
    oidc,
    opening,
    own_account,
    posting,
    proposals,
    receipt,
    returning,
    sheets,
    signing,
    suppliers,
    work,
)
from einvoice.interfaces.web.administration import (
    keys,
    overview,
    people,
    person,
    policies,
    signed_in,
    sources,
    targets,
    towns,
)
from einvoice.interfaces.web.desk import made
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Anyone
from einvoice.interfaces.web.wall import Wall
from einvoice.pipeline.course import Journal
from einvoice.pipeline.workplace import Opened

ADMINISTRATION = (overview, people, person, towns, policies, targets, sources, keys, signed_in)
PAGES = (
    *(signing, oidc, choosing, own_account, work, invoice, returning, posting, files, check, receipt, sheets),
    *(due, batches, batch, batch_files, opening, proposals, suppliers, *ADMINISTRATION),
)
"""The modules of the pages, each with a `router`."""

_QUIET: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
"""Nothing is told to anybody; the log is ours."""

HOSTS = ("127.0.0.1", "localhost", "::1")
"""Names this machine has for itself."""


def create_app(place: Opened, journal: Journal | None = None, hosts: tuple[str, ...] = HOSTS) -> ASGIApp:
    """The application; `hosts` are the names it answers to besides that of [web] url.

    Raises ConfigurationError for settings that cannot be used.
    """
    app = application(place, journal)
    wall: ASGIApp = Wall(app, place.workplace.desk, hosts)
    if not place.workplace.desk.proxies:
        return wall
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    return ProxyHeadersMiddleware(wall, trusted_hosts=place.workplace.desk.proxies)  # type: ignore[arg-type,return-value]


def application(place: Opened, journal: Journal | None = None) -> FastAPI:
    """The application without its wall: all routes there are."""
    app = FastAPI(title="einvoice", docs_url=None, redoc_url=None, openapi_url=None, telemetry=_QUIET)
    app.state.desk = made(place, journal)
    faults.install(app)
    for module in PAGES:
        app.include_router(module.router)
    app.include_router(_home())
    app.include_router(validating.router, include_in_schema=False)
    app.mount(ROOT, api(app.state.desk))
    static = resources.files("einvoice.interfaces.web") / "static"
    app.mount("/static", StaticFiles(directory=str(static)))
    return app


def _home() -> APIRouter:
    router = pages()

    @router.get("/")
    def home(request: Request, who: Anyone) -> Response:
        """The first page: one's work, or the page to sign in."""
        return RedirectResponse("/work" if who.here else "/login", 303)

    return router
