"""`einvoice serve`: the desk in the browser, the portal for suppliers and the REST API."""

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import ConfigurationError, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, note, say

if TYPE_CHECKING:
    from einvoice.pipeline.desk import Desk

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Die Arbeitsoberfläche im Browser, das Portal für Lieferanten und die REST-Schnittstelle. Endet mit Strg-C oder "
        "SIGTERM, nachdem laufende Anfragen beantwortet sind.",
        "The desk in the browser, the portal for suppliers and the REST API. Ends with Ctrl-C or SIGTERM once the "
        "requests under way are answered.",
        "einvoice serve --config /srv/einvoice --port 8000",
    )
)
def serve(
    host: Annotated[
        str, typer.Option(metavar=say("ADRESSE", "ADDRESS"), help=say("Worauf gehört wird", "Where to listen"))
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
            help=say("Protokoll, eine JSON-Zeile je Ereignis; - ist stderr", "Log of JSON lines; - is stderr"),
        ),
    ] = None,
) -> None:
    """Exit 130 or 143 after a signal, 2 where it cannot begin."""
    uvicorn = _uvicorn()
    if (certificate is None) != (key is None):
        raise UsageError(
            "--tls-certificate and --tls-key belong together.",
            "--tls-certificate und --tls-key gehören zusammen.",
        )
    with place() as here:
        _exposed(host, certificate is not None, insecure, here.workplace.desk)
        from einvoice.interfaces.web.application import HOSTS, create_app
        from einvoice.pipeline.course import journal

        settings = here.workplace.desk
        stated = Path("-") if settings.log == "-" else settings.base / settings.log if settings.log else None
        with journal(log or stated) as lines:
            config = uvicorn.Config(
                create_app(here, lines, (*HOSTS, host)),
                host=host,
                port=port,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=20,
                timeout_keep_alive=15,
                limit_concurrency=200,
                h11_max_incomplete_event_size=32_768,
            )
            scheme = "https" if certificate else "http"
            address = settings.url or f"{scheme}://{_shown(host)}:{port}"
            note(say(f"einvoice hört auf {address} (Strg-C beendet)", f"einvoice listens at {address} (Ctrl-C ends)"))
            code = _run(uvicorn.Server(config))
        note(say("Beendet.", "Ended."))
    leave(code)


def _run(server):  # type: ignore[no-untyped-def]  # uvicorn is imported only here
    """Serves until a signal; its exit code."""
    import signal

    got: list[int] = []
    handle = server.handle_exit

    def noted(number: int, frame: object) -> None:
        got.append(number)
        handle(number, frame)

    server.handle_exit = noted
    try:
        server.run()
    except KeyboardInterrupt:
        got.append(signal.SIGINT)
    except SystemExit as end:  # the port is taken, or the like: uvicorn has logged why
        if not server.started:
            raise ConfigurationError(
                "The address cannot be listened on: is the port taken, or the address not this machine's?",
                "Auf dieser Adresse lässt sich nicht hören: ist der Port belegt, oder gehört sie einer anderen Maschine?",
            ) from None
        return end.code
    return 128 + got[0] if got else 0


def _uvicorn():  # type: ignore[no-untyped-def]
    try:
        import argon2  # noqa: F401
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise ConfigurationError(
            f"serve needs the extra `web` ({error.name} is missing): pip install 'einvoice-pipeline[web]'",
            f"serve braucht das Extra „web“ ({error.name} fehlt): pip install 'einvoice-pipeline[web]'",
        ) from None
    return uvicorn


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


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
