"""A breach of a Factur-X rule: facts only; words are found when they are asked for."""

from dataclasses import dataclass

from lxml import etree

from einvoice.rulebook.facturx.states import Row
from einvoice.rulebook.facturx.values import Values


@dataclass(frozen=True, slots=True)
class FacturxBreach:
    """A row that a node of the document does not meet."""

    row: Row
    profile: str
    element: etree._Element
    """The context: what the official report calls the location."""
    values: Values

    @property
    def rule(self) -> str:
        """The published id; UNSPECIFIC where the official report has none."""
        return self.row.rule

    @property
    def norm(self) -> str:
        """The rule of EN 16931 (or of EXTENDED) that it stands for; "" if it is one of the profile alone."""
        return self.row.norm

    @property
    def severity(self) -> str:
        """ "error" or "warning"."""
        return self.row.severity

    @property
    def kind(self) -> str:
        """The kind of check that failed (rules/factur-x/README.md)."""
        return self.row.kind
