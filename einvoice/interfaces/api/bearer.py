"""Who calls: the token of a call, and whether it is for what is asked."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from einvoice.approval.access import tokens
from einvoice.approval.access.tokens import Bearer
from einvoice.approval.sight import Sight
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import TooMany
from einvoice.interfaces.web.languages import Lang, language
from einvoice.interfaces.web.limits import API, LOGIN, network

_SCHEME = HTTPBearer(auto_error=False, description="einvoice user token add …")
Given = Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)]


def caller(request: Request, given: Given) -> Bearer:
    """Whose token it is. Raises 401 for none, and slows down who tries many."""
    found = anyone(request, given)
    if found is None:
        raise HTTPException(401, headers={"www-authenticate": "Bearer"})
    return found


def anyone(request: Request, given: Given) -> Bearer | None:
    """Whose token it is; None for a call without one. Raises 401 for a token that stands for nobody."""
    if given is None:
        return None
    desk = desk_of(request)
    address = network(request.client.host if request.client else "")
    found = tokens.bearer(desk.store, given.credentials)
    if found is None:
        if seconds := desk.limits.over("token", address, LOGIN):
            raise TooMany(seconds)
        desk.journal("token-refused")
        raise HTTPException(401, headers={"www-authenticate": 'Bearer error="invalid_token"'})
    if seconds := desk.limits.over("api", f"token/{found.token_id}", API):
        raise TooMany(seconds)
    desk.journal("api", token=found.token_id, method=request.method, path=request.url.path)
    return found


def _for(scope: str):  # type: ignore[no-untyped-def]
    def demanded(who: Annotated[Bearer, Depends(caller)]) -> Bearer:
        if scope not in who.scopes:
            raise HTTPException(403)
        return who

    return demanded


Uploader = Annotated[Bearer, Depends(_for("upload"))]
Reader = Annotated[Bearer, Depends(_for("read"))]
Stacks = Annotated[Bearer, Depends(_for("batches"))]
Cashier = Annotated[Bearer, Depends(_for("cash"))]
Anyone = Annotated[Bearer | None, Depends(anyone)]


def speaks(request: Request) -> Lang:
    """The language of an answer."""
    return language(None, request.headers.get("accept-language", ""))


Speech = Annotated[Lang, Depends(speaks)]


def eyes_of(who: Bearer) -> Sight:
    """What a token sees: its one town."""
    return Sight(who.person_id, tenants=frozenset({who.tenant_id}))
