"""Where each term of EN 16931 stands in a syntax, as patterns: the paths of schemas/terms.tsv."""

from collections.abc import Iterator

from einvoice.formats.walk.marks import Binding
from einvoice.formats.walk.paths import Pattern, patterns
from einvoice.formats.walk.predicates import predicate
from einvoice.model.terms import SUB_LINE_GROUPS, Term, terms

_LINES = {
    "ubl-invoice": ("/ubl:Invoice/cac:InvoiceLine/", "/ubl:Invoice//cac:SubInvoiceLine/"),
    "ubl-creditnote": ("/cn:CreditNote/cac:CreditNoteLine/", "/cn:CreditNote//cac:SubCreditNoteLine/"),
}
"""syntax -> how the paths of a line begin, and those of its sub lines (CII has none)"""


def term_patterns(syntax: str) -> list[Pattern]:
    """The patterns of all terms and groups in one syntax."""
    return [
        pattern
        for term in terms().values()
        for path, parent in _paths(term, syntax)
        for pattern in patterns(path, _binding(term, parent), predicate)
    ]


def group_of(term: Term) -> str:
    """The group a term stands in; a component (BT-29-1) stands where its term does."""
    return group_of(terms()[term.parent]) if term.is_component else term.parent


def _binding(term: Term, parent: str) -> Binding:
    within = group_of(terms()[parent]) if parent else ""
    return Binding(term.id, parent, within, term.is_group, term.datatype == "Binary object")


def _paths(term: Term, syntax: str) -> Iterator[tuple[str, str]]:
    """(path, group): as the table has it, and again for sub lines, which carry the terms of a line."""
    path, group = term.path(syntax), group_of(term)
    line, sub_line = _LINES.get(syntax, ("", ""))
    if term.id == "BG-DEX-01" and path:
        name = sub_line.rpartition("//")[2].rstrip("/")
        yield line + name, "BG-25"
        yield sub_line + name, "BG-DEX-01"
        return
    if path:
        yield path, group
    if line and line in path and not term.is_group:
        yield path.replace(line, sub_line), SUB_LINE_GROUPS[group]
