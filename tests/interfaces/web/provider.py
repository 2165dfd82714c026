"""A small OpenID Connect provider of our own, on this machine: discovery, keys, tokens; it can be told to lie."""

import base64
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "einvoice"


class Provider:
    """Whom it proves, what it demands, and how it lies: claims that replace the right ones, another key."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.lies: dict[str, Any] = {}
        self.signs_with: RSAKey | None = None

    def authorise(self, address: str, subject: str) -> tuple[str, str]:
        """What the provider's own pages do: (code, state) for an authorization request."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = hashlib.sha256(asked["state"].encode()).hexdigest()
        self.codes[code] = {**asked, "subject": subject}
        return code, asked["state"]

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """The token for a code, once, and only for whoever began with it."""
        asked = self.codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return None
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": asked["subject"],
            "nonce": asked["nonce"],
        }
        claims |= {"iat": now, "exp": now + 60, **self.lies}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs_with or self.key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A provider that runs until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = Provider(server.server_port)
    server.provider = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        one = self._provider()
        pages: dict[str, dict[str, Any]] = {
            "/.well-known/openid-configuration": {
                "issuer": one.issuer,
                "authorization_endpoint": f"{one.issuer}/authorize",
                "token_endpoint": f"{one.issuer}/token",
                "jwks_uri": f"{one.issuer}/keys",
            },
            "/keys": {"keys": [one.key.as_dict(private=False)]},
        }
        said = pages.get(self.path)
        self._answer(200 if said else 404, said or {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {key: values[0] for key, values in parse_qs(body).items()}
        said = self._provider().token(form)
        self._answer(200 if said else 400, said or {"error": "invalid_grant"})

    def _provider(self) -> Provider:
        found = self.server.provider  # type: ignore[attr-defined]
        assert isinstance(found, Provider)
        return found

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name of the library
        pass
