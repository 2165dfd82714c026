"""The fields of a form, the numbers in them, and the way back to a page that says what became of it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from einvoice.errors import Refused
from einvoice.store.tables import Proposal

MOST = 2**62
"""No number of a row is greater; every store can hold it."""

Id = Annotated[int, Field(ge=1, le=MOST)]
Number = Annotated[Id, Path()]
"""The number of a row in a form or query, and in an address; what cannot be one is refused unasked."""


async def fields(request: Request) -> Mapping[str, str]:
    """What a form says, without blanks around it ("" where it does not say a thing); files are none of it."""
    form = await request.form()
    return defaultdict(str, {key: one.strip() for key, one in form.items() if isinstance(one, str)})


Fields = Annotated[Mapping[str, str], Depends(fields)]


def number_in(text: str) -> int:
    """A number of a row that a form names; -1, which no row has, for whatever is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def day_in(text: str) -> date:
    """A day that a form names. Raises Refused for whatever is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("A day is written 2026-12-24.", "Ein Tag wird 2026-12-24 geschrieben.") from None


def outcome(request: Request) -> dict[str, str]:
    """What `after` put into the address: what became of the change, and the number of its proposal."""
    query = request.query_params
    return {"done": query.get("done", "")[:20], "nr": query.get("nr", "")[:12]}


def after(path: str, row: Proposal | None = None, done: str = "done") -> Response:
    """Back to the page, which says what became of the change."""
    if row is not None:
        done = f"{row.state}&nr={row.id}" if row.id else row.state
    return RedirectResponse(f"{path}?done={done}", 303)
