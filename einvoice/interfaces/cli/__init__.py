"""The command line: `einvoice COMMAND …`. Each command is a module here, loaded only when it is asked for."""

import sys

from einvoice.errors import EinvoiceError, NotAnInvoice, NotCarried, Refused, SeveralDocuments, Unchecked
from einvoice.interfaces.cli import session as _session

INTERRUPTED, TERMINATED = 130, 143


def main() -> None:
    """Runs the command line of this process. Ends with the exit codes of CONTRACT; never shows a stack trace
    unless --debug is given."""
    import signal

    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        arguments = _session.begin(sys.argv[1:], _session.environment())
        from einvoice.interfaces.cli.commands import run

        run(arguments)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except EinvoiceError as error:
        if _session.session.debug:
            raise
        print(f"einvoice: {error.said(_session.session.lang)}", file=sys.stderr)
        raise SystemExit(_exit_code(error)) from None
    except OSError as error:
        if _session.session.debug:
            raise
        print(f"einvoice: {_in_words(error)}", file=sys.stderr)
        raise SystemExit(2) from None


def _exit_code(error: EinvoiceError) -> int:
    if isinstance(error, Unchecked):
        return 3
    return 1 if isinstance(error, (NotCarried, Refused, NotAnInvoice, SeveralDocuments)) else 2


def _in_words(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _terminated(signum: int, frame: object) -> None:
    raise SystemExit(TERMINATED)
