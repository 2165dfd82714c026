"""The exceptions of einvoice. A finding about an invoice is a value; an exception is what a caller cannot go on with.

EinvoiceError
├── UsageError              a wrong option, path or argument                          (exit 2)
├── ConfigurationError      einvoice.toml, a setting or a workplace is not usable     (exit 2)
├── RulebookError           a rule file does not make sense; begins with file:line    (exit 2)
├── BadExample              a rule's example that cannot be written down              (exit 2)
├── SeveralDocuments        a container of several, where exactly one was asked for
├── NotAnInvoice            what was given cannot be read as an invoice; says why
├── Unchecked               our side could not check it: time, memory, a part missing (exit 3)
├── NotEmbedded             a PDF that cannot take an invoice in; says why            (exit 1)
├── NotComputable           data from which the totals of an invoice cannot be computed (exit 1)
├── NotCarried              the target format cannot hold what the invoice says       (exit 1)
├── StoreError              the store or the archive cannot be used                   (exit 2)
├── NotDelivered            an export that did not reach its target; tried again      (exit 3)
└── Refused                 an act that a rule of approval forbids; says which        (exit 1)
    └── Stale               an act on something that is no longer as its person saw it

The text of each is one sentence for the user: what is wrong, where, and what to do.
"""


class EinvoiceError(Exception):
    """The root of all exceptions raised on purpose. `de`: the same sentence in German, if it has one."""

    def __init__(self, text: str, de: str | None = None) -> None:
        super().__init__(text)
        self.de = de

    def said(self, lang: str) -> str:
        """The sentence in "de" or "en"."""
        return self.de if lang == "de" and self.de else str(self)


class UsageError(EinvoiceError):
    """A wrong option, path or argument."""


class ConfigurationError(EinvoiceError):
    """A configuration, setting or workplace that cannot be used."""


class RulebookError(EinvoiceError):
    """A rule file that does not make sense; the text begins with file:line."""

    @classmethod
    def at(cls, place: str, said: str | Exception, de: str | None = None) -> "RulebookError":
        """The error at a place (file:line, and more) in both languages; `said` may be an error found below it."""
        if isinstance(said, EinvoiceError):
            de = said.de
        return cls(f"{place}: {said}", f"{place}: {de or said}")


class BadExample(EinvoiceError, ValueError):
    """An example of a rule that cannot be written down as an invoice."""


class SeveralDocuments(EinvoiceError):
    """A container holds several invoices where exactly one was asked for; `names` lists them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        listed = ", ".join(names)
        super().__init__(
            f"The container holds {len(names)} invoices, name one of them: {listed}",
            f"Der Behälter enthält {len(names)} Rechnungen, bitte eine davon nennen: {listed}",
        )
        self.names = names


class NotAnInvoice(EinvoiceError):
    """What was given cannot be read as an invoice."""


class Unchecked(EinvoiceError):
    """Our side could not check a document: time, memory or a missing part."""


class NotComputable(EinvoiceError, ValueError):
    """Totals cannot be computed; the text begins with the JSON path of what is missing."""


class NotCarried(EinvoiceError):
    """The target format cannot hold what the invoice says; `losses` lists it, by term."""

    def __init__(self, losses: tuple[str, ...]) -> None:
        super().__init__("; ".join(losses))
        self.losses = losses


class NotEmbedded(EinvoiceError):
    """A PDF that cannot take an invoice in, or an XML that belongs into none."""


class StoreError(EinvoiceError):
    """The store or the archive cannot be used."""


class NotDelivered(EinvoiceError):
    """An export that did not reach its target; it is tried again."""


class Refused(EinvoiceError):
    """An act that a rule of approval forbids. `code`: the rule (`four-eyes`, `limit`, …), if its breach is worth an
    event; None for a slip (no reason given, another state).
    """

    def __init__(self, text: str, de: str | None = None, code: str | None = None) -> None:
        super().__init__(text, de)
        self.code = code


class Stale(Refused):
    """An act on something that has changed since its person looked at it; nothing was done."""
