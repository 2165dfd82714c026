"""The API as an application of its own, with its description at /api/v1/openapi.json."""

from importlib.metadata import version

from fastapi import FastAPI

from einvoice.interfaces.api import deliveries, invoices, stacks, validating
from einvoice.interfaces.api.answers import Problem
from einvoice.interfaces.web import faults
from einvoice.interfaces.web.desk import Desk

ROOT = "/api/v1"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_SAID = {
    400: "Not to be understood",
    401: "No token, or one that stands for nobody",
    403: "The token is not for this",
    404: "Not there, or another town's",
    405: "Not in this way",
    406: "No such form of answer",
    408: "Too slow",
    409: "Not possible as things stand",
    413: "Too large",
    415: "No such kind of body",
    422: "Something is missing or does not fit",
    429: "Too often; see Retry-After",
    503: "Not possible just now; see Retry-After",
}


def api(desk: Desk) -> FastAPI:
    """The application of the API."""
    made = FastAPI(
        title="einvoice",
        version=version("einvoice-pipeline"),
        description=__doc__,
        docs_url=None,
        redoc_url=None,
        responses={
            status: {"description": text, "model": Problem, "content": _PROBLEM}
            for status, text in _SAID.items()
        },
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    made.state.desk = desk
    faults.install(made)
    for module in (validating, deliveries, invoices, stacks):
        made.include_router(module.router)
    return made
