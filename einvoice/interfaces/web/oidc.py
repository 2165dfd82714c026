"""Signing in by another identity provider (OpenID Connect, authorization code with PKCE): it proves who somebody is,
an administrator has said which person that is here, and no right comes from there."""

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from einvoice.approval.access import secrecy, signing_in
from einvoice.errors import Refused, Unchecked
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.limits import LOGIN
from einvoice.interfaces.web.signing import begun, login_page, right
from einvoice.interfaces.web.visitor import Anyone, Visitor, hold, local
from einvoice.pipeline.desk import Provider

router = pages()

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_TEN_MINUTES, _HOUR, _KEPT = 600.0, 3600.0, 10_000
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Begun:
    """A sign-in under way: whose browser began it, what proves it is ours, and where it goes on."""

    browser: str
    verifier: str
    nonce: str
    to: str
    until: float


class Errand:
    """The sign-ins under way at one provider, and what the provider says of itself. Safe under threads."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._begun: OrderedDict[str, _Begun] = OrderedDict()
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None

    def begin(self, who: Visitor, to: str) -> tuple[str, _Begun]:
        """A new sign-in, under a state that cannot be guessed."""
        one = _Begun(
            secrecy.digest(who.secret),
            secrets.token_urlsafe(48),
            secrets.token_urlsafe(16),
            to,
            time.monotonic() + _TEN_MINUTES,
        )
        state = secrecy.fresh()
        with self._lock:
            self._begun[state] = one
            while len(self._begun) > _KEPT:
                self._begun.popitem(last=False)
        return state, one

    def end(self, who: Visitor, state: str) -> _Begun:
        """The sign-in of a state, once. Raises Refused for one that is over, or another browser's."""
        with self._lock:
            one = self._begun.pop(state, None)
        fits = one is not None and secrecy.same(one.browser, secrecy.digest(who.secret))
        if one is None or not fits or one.until < time.monotonic():
            raise Refused(
                "This sign-in is over: please begin anew.",
                "Diese Anmeldung ist abgelaufen: bitte neu beginnen.",
            )
        return one

    def metadata(self, client: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the provider says of itself, and its keys; asked for once an hour. Raises Unchecked."""
        if self._known is None or self._known[0] < time.monotonic():
            issuer = self.provider.issuer.rstrip("/")
            said = _json(client, f"{issuer}/.well-known/openid-configuration")
            if said.get("issuer", "").rstrip("/") != issuer:
                raise _broken("issuer")
            keys = _json(client, _safe(said.get("jwks_uri", "")))
            self._known = (time.monotonic() + _HOUR, said, keys)
        return self._known[1], self._known[2]

    def forget(self) -> None:
        """Asks for the keys anew next time: they may have been changed."""
        self._known = None


@router.get("/oidc/start")
def start(request: Request, who: Anyone, to: str = "") -> Response:
    """Sends the browser to the provider."""
    desk, errand = desk_of(request), _errand(request)
    if seconds := desk.limits.over("login", who.address, LOGIN):
        raise TooMany(seconds)
    state, one = errand.begin(who, local(to, ""))
    with _client(desk, errand.provider) as client:
        said, _ = errand.metadata(client)
        address, _ = client.create_authorization_url(
            _safe(said["authorization_endpoint"]),
            state=state,
            nonce=one.nonce,
            code_verifier=one.verifier,
        )
    answer = RedirectResponse(address, 303)
    if who.new:
        hold(answer, desk, who.secret)
    return answer


@router.get("/oidc/back")
def back(request: Request, who: Anyone, state: str = "", code: str = "") -> Response:
    """The browser is back: its code becomes a token, and the token a session here."""
    desk, errand = desk_of(request), _errand(request)
    try:
        one = errand.end(who, state)
        subject = _subject(desk, errand, one, code)
        secret = signing_in.by_provider(desk.gate, errand.provider.issuer, subject)
    except Refused as error:
        return login_page(request, "", error.said(who.lang), 401)
    right(request, who)
    return begun(request, secret, one.to)


def _subject(desk: Desk, errand: Errand, one: _Begun, code: str) -> str:
    """Who the provider says it is. Raises Refused where it does not say so as it must."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    provider = errand.provider
    with _client(desk, provider) as client:
        said, keys = errand.metadata(client)
        try:
            token = client.fetch_token(_safe(said["token_endpoint"]), code=code, code_verifier=one.verifier)
            decoded = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
            claims = jwt.JWTClaimsRegistry(
                leeway=60,
                iss={"essential": True, "value": said["issuer"]},
                aud={"essential": True, "value": provider.client_id},
                exp={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": one.nonce},
            )
            claims.validate(decoded.claims)
        except (JoseError, AuthlibBaseError, KeyError, ValueError) as error:
            errand.forget()
            desk.journal("oidc-refused", error=type(error).__name__)
            raise Refused(
                "The identity provider did not prove who you are.",
                "Der Anmeldedienst hat nicht bewiesen, wer Sie sind.",
            ) from None
    return str(decoded.claims["sub"])


def _client(desk: Desk, provider: Provider):  # type: ignore[no-untyped-def]
    from authlib.integrations.httpx_client import OAuth2Client

    base = desk.settings.base
    secret = provider.client_secret.reveal(base) if provider.client_secret else None
    verify = str(base / provider.ca_file) if provider.ca_file else True
    url = (desk.settings.url or "").rstrip("/")
    return OAuth2Client(
        provider.client_id,
        secret,
        redirect_uri=f"{url}/oidc/back",
        scope=provider.scope,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        verify=verify,
        timeout=_SECONDS,
        trust_env=False,
    )


def _json(client: Any, address: str) -> dict[str, Any]:
    import httpx

    try:
        answer = client.request("GET", _safe(address), withhold_token=True)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError):
        raise _broken(address) from None
    if not isinstance(found, dict):
        raise _broken(address)
    return found


def _safe(address: str) -> str:
    """An address that is asked by TLS, or on this very machine. Raises Unchecked."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise _broken(address)
    return address


def _broken(what: str) -> Unchecked:
    return Unchecked(
        f"[web.oidc]: the identity provider does not answer as it must ({what}).",
        f"[web.oidc]: Der Anmeldedienst antwortet nicht, wie er muss ({what}).",
    )


def _errand(request: Request) -> Errand:
    """The errand of this application. Raises 404 where no provider is set."""
    provider = desk_of(request).settings.oidc
    if provider is None:
        raise HTTPException(404)
    state = request.app.state
    if not hasattr(state, "errand"):
        state.errand = Errand(provider)
    found = state.errand
    assert isinstance(found, Errand)
    return found
