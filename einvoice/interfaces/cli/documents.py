"""The bytes of what a command was given, and our findings as exceptions for commands that make no report."""

from typing import TYPE_CHECKING

from einvoice.errors import EinvoiceError, NotAnInvoice, Unchecked
from einvoice.model.problem import Problem

if TYPE_CHECKING:
    from einvoice.validation.files import Found


def data_of(found: "Found") -> bytes:
    """The bytes of a file or of standard input. Raises Unchecked for what is not opened or cannot be read."""
    if found.problem is not None:
        raise failure(found.problem)
    try:
        return found.read()
    except OSError as error:
        raise failure(
            Problem("EI-FILE", {"why": "unreadable", "detail": error.strerror or str(error)})
        ) from None


def failure(problem: Problem) -> EinvoiceError:
    """Why a document cannot be read: Unchecked where it could not be had, NotAnInvoice for what it is."""
    from einvoice.validation import own

    kind = Unchecked if problem.rule == "EI-FILE" else NotAnInvoice
    return kind(own.finding(problem, "en").message, own.finding(problem, "de").message)
