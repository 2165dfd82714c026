"""The command line: `einvoice COMMAND …`. Each command is a module here, loaded only when it is asked for."""

import os
import sys

from einvoice.errors import (
    EinvoiceError,
    NotAnInvoice,
    NotCarried,
    NotComputable,
    NotDelivered,
    NotEmbedded,
    Refused,
    SeveralDocuments,
    Unchecked,
)
from einvoice.interfaces.cli import session as _session

_LATER = (Unchecked, NotDelivered)
_RESULTS = (NotCarried, NotComputable, NotEmbedded, Refused, NotAnInvoice, SeveralDocuments)
"""What is wrong with what was given, not with the call."""

INTERRUPTED, TERMINATED, PIPE_CLOSED = 130, 143, 141


def main() -> None:
    """Runs the command line of this process. Ends with the exit codes of CONTRACT; never shows a stack trace
    unless --debug is given."""
    import signal

    signal.signal(signal.SIGTERM, _terminated)
    _open_streams()
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        _let_go()
        raise SystemExit(PIPE_CLOSED) from None
    except EinvoiceError as error:
        _complain(error, error.said(_session.session.lang))
        raise SystemExit(_exit_code(error)) from None
    except OSError as error:
        _complain(error, _in_words(error))
        raise SystemExit(2) from None
    except Exception as error:  # a mistake of ours: said in a sentence, too, and never taken for a verdict
        _complain(error, _unforeseen(error))
        raise SystemExit(3) from None


def _open_streams() -> None:
    """Closed streams lead nowhere: else the store would get their numbers, and complaints written into its file."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115  lives as long as the process
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _run(arguments: list[str]) -> None:
    arguments = _session.begin(arguments, _session.environment())
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    if arguments[:1] == ["--version"]:
        from importlib.metadata import version

        print(f"einvoice {version('einvoice-pipeline')}")
        return
    from einvoice.confined import relax_collector
    from einvoice.interfaces.cli import application, commands

    relax_collector()
    application.run(commands.top(), arguments)


def _complain(error: BaseException, text: str) -> None:
    """One sentence on stderr; with --debug the stack trace before it."""
    if _session.session.debug:
        import traceback

        traceback.print_exception(error)
    print(f"einvoice: {text}", file=sys.stderr)


def _exit_code(error: EinvoiceError) -> int:
    if isinstance(error, _LATER):
        return 3
    return 1 if isinstance(error, _RESULTS) else 2


def _in_words(error: OSError) -> str:
    why = error.strerror or str(error)
    if error.filename:
        return f"{os.fsdecode(error.filename)}: {why}"
    return _session.say(f"Nicht fertig geworden: {why}.", f"Not finished: {why}.")


def _unforeseen(error: Exception) -> str:
    what = f"{type(error).__name__}: {error}"
    return _session.say(
        f"Unerwarteter Fehler ({what}). Bitte melden, mit der Ausgabe desselben Aufrufs mit --debug.",
        f"Unexpected error ({what}). Please report it with the output of the same call with --debug.",
    )


def _let_go() -> None:
    """The reader is gone: what is still buffered goes nowhere, without another complaint at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _terminated(signum: int, frame: object) -> None:
    raise SystemExit(TERMINATED)
