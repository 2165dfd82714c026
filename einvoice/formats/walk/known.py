"""What stands in a document beside its terms without saying anything of its own (schemas/discriminators.tsv)."""

import csv
import functools
from collections.abc import Mapping

from einvoice import data
from einvoice.formats.walk.marks import Known
from einvoice.formats.walk.paths import Pattern, Step, patterns
from einvoice.formats.walk.predicates import predicate


@functools.cache
def everywhere(syntax: str) -> Mapping[str, frozenset[str]]:
    """The attributes that say nothing of their own wherever they stand, with the texts meant."""
    return {
        pattern.attribute: pattern.mark.texts
        for pattern in known_patterns(syntax)
        if pattern.attribute is not None
        and isinstance(pattern.mark, Known)
        and len(pattern.steps) == 1
        and pattern.steps[0] == Step(True, None, "", "", ())
    }


def known_patterns(syntax: str) -> list[Pattern]:
    """The patterns of one syntax. Raises ValueError for a row whose path cannot be read."""
    path = data.folder("schemas") / "discriminators.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    found: list[Pattern] = []
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        if syntax.startswith(row["syntax"]):
            texts = frozenset(row["texts"].split("|")) if row["texts"] else frozenset()
            found += patterns(row["path"], Known(texts), predicate)
    return found
