"""`einvoice serve`: the desk in the browser, the portal for suppliers and the REST API."""

import ipaddress
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import ConfigurationError, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, note, say

if TYPE_CHECKING:
    import uvicorn

    from einvoice.pipeline.desk import Desk
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Die Arbeitsoberfläche im Browser, das Portal für Lieferanten und die REST-Schnittstelle. Endet mit Strg-C "
        "oder SIGTERM, nachdem laufende Anfragen beantwortet sind.",
        "The desk in the browser, the portal for suppliers and the REST API. Ends with Ctrl-C or SIGTERM once the "
        "requests under way are answered.",
        "einvoice serve --config /srv/einvoice --port 8000",
    )
)
def serve(
    host: Annotated[
        str,
        typer.Option(metavar=say("ADRESSE", "ADDRESS"), help=say("Worauf gehört wird", "Where to listen")),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Port")] = 8000,
    certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", metavar="PEM", help=say("Zertifikat", "Certificate"))
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="PEM", help=say("Schlüssel dazu", "Its key"))
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            help=say(
                "Auch ohne TLS auf anderen Adressen als dieser Maschine hören",
                "Listen without TLS on other addresses than this machine's own",
            ),
        ),
    ] = False,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar=say("DATEI", "FILE"),
            help=say(
                "Protokoll, eine JSON-Zeile je Ereignis; - ist stderr", "Log of JSON lines; - is stderr"
            ),
        ),
    ] = None,
) -> None:
    """Exit 130 or 143 after a signal, 2 where it cannot begin."""
    try:
        import argon2  # noqa: F401
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            f"serve needs the extra `web` ({error.name} is missing): pip install 'einvoice-pipeline[web]'",
            f"serve braucht das Extra „web“ ({error.name} fehlt): pip install 'einvoice-pipeline[web]'",
        ) from None
    if (certificate is None) != (key is None):
        raise UsageError(
            "--tls-certificate and --tls-key belong together.",
            "--tls-certificate und --tls-key gehören zusammen.",
        )
    with place() as here:
        _exposed(host, certificate is not None, insecure, here.workplace.desk)
        code = _serve(here, _Ear(host, port, certificate, key), log)
        note(say("Beendet.", "Ended."))
    leave(code)


@dataclass(frozen=True, slots=True)
class _Ear:
    """Where to listen, with TLS if there is a certificate."""

    host: str
    port: int
    certificate: Path | None
    key: Path | None

    @property
    def address(self) -> str:
        """As one types it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def _serve(here: "Opened", ear: _Ear, log: Path | None) -> int:
    """Serves until a signal; the exit code."""
    import uvicorn

    from einvoice.interfaces.web.application import HOSTS, create_app
    from einvoice.pipeline.course import journal

    settings = here.workplace.desk
    stated = Path("-") if settings.log == "-" else settings.base / settings.log if settings.log else None
    with journal(log or stated) as lines:
        config = uvicorn.Config(
            create_app(here, lines, (*HOSTS, ear.host)),
            host=ear.host,
            port=ear.port,
            ssl_certfile=ear.certificate,
            ssl_keyfile=ear.key,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=20,
            timeout_keep_alive=15,
            limit_concurrency=200,
            h11_max_incomplete_event_size=32_768,
        )
        address = settings.url or ear.address
        note(
            say(
                f"einvoice hört auf {address} (Strg-C beendet)",
                f"einvoice listens at {address} (Ctrl-C ends)",
            )
        )
        _first(here, address)
        return _until_a_signal(uvicorn.Server(config))


def _first(here: "Opened", address: str) -> None:
    """How the first administrator comes in, where none can: by a link, told to a terminal and never to a log."""
    from einvoice.approval.access.first import MINUTES, way_in

    way = way_in(here.store, shown=sys.stderr.isatty())
    if way.state == "link":
        note(
            say(
                f"Noch kann niemand verwalten. {way.name} richtet als {way.login} die Administration ein, mit diesem "
                f"Link (gilt einmal, {MINUTES} Minuten; ein neuer Start gibt einen neuen):",
                f"Nobody can administer yet. {way.name} sets up the administration as {way.login}, by this link "
                f"(valid once, for {MINUTES} minutes; a new start gives a new one):",
            )
        )
        note(f"{address.rstrip('/')}/welcome/{way.secret}")
    elif way.state == "invite":
        note(
            say(
                "Noch kann niemand im Browser verwalten: einvoice user web-invite NAME --login KONTO.",
                "Nobody can administer in the browser yet: einvoice user web-invite NAME --login LOGIN.",
            )
        )


def _until_a_signal(server: "uvicorn.Server") -> int:
    got: list[int] = []
    handle = server.handle_exit

    def noted(sig: int, frame: FrameType | None) -> None:
        got.append(sig)
        handle(sig, frame)

    server.handle_exit = noted  # type: ignore[method-assign]
    try:
        server.run()
    except (
        KeyboardInterrupt,
        SystemExit,
    ):  # it raises the signal again once it has ended, or says it cannot begin
        if not server.started:
            raise ConfigurationError(
                "The address cannot be listened on: is the port taken, or the address not this machine's?",
                "Auf dieser Adresse lässt sich nicht hören: Ist der Port belegt oder die Adresse nicht von hier?",
            ) from None
    return 128 + got[0] if got else 0


def _exposed(host: str, tls: bool, insecure: bool, settings: "Desk") -> None:
    """Passwords and invoices do not go over a network in the clear: raises UsageError unless told."""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not (local or tls or insecure or (settings.secure and settings.proxies)):
        raise UsageError(
            f"{host} is reachable from outside without TLS: give --tls-certificate and --tls-key, or put a reverse "
            "proxy before it and say so ([web] url and proxies), or say --insecure.",
            f"{host} ist von außen ohne TLS erreichbar: bitte --tls-certificate und --tls-key angeben, oder einen "
            "Reverse-Proxy davorsetzen und nennen ([web] url und proxies), oder --insecure.",
        )
