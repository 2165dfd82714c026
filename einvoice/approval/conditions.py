"""The conditions of a chain (`when`), in the language of the rules on any term: checked, written as a rule file."""

import json
import tempfile
from pathlib import Path

from einvoice.approval.chain import Chain
from einvoice.errors import RulebookError, UsageError
from einvoice.rulebook import release
from einvoice.rulebook.names import SYNTAXES
from einvoice.rulebook.routing import routes


def rule_text(chain: Chain) -> str:
    """The conditions as a file of rules: one named after the act of each step that has one; empty if none has."""
    return "".join(f"[{step.act}]\nif = {json.dumps(step.when)}\n\n" for step in chain.conditional())


def check(chain: Chain) -> None:
    """Compiles all conditions. Raises UsageError, naming the step, for one that does not make sense."""
    text = rule_text(chain)
    if not text:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.toml"
        file.write_text(text, "utf-8")
        for syntax in SYNTAXES:
            try:
                routes(file, release(), syntax, own=True)
            except RulebookError as error:
                en, de = (_without(text, file) for text in (str(error), error.said("de")))
                raise UsageError(f"chain: step {en}", f"chain: Schritt {de}") from None


def _without(text: str, file: Path) -> str:
    """What is wrong, with the name of the step in place of file and line."""
    return text.partition(f"{file}:")[2].partition(": ")[2].replace(": if: ", ": when: ", 1)
