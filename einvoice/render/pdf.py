"""An invoice as PDF/A-3a (tagged, fonts embedded), typeset by typst in a limited process.

The only door to typst. Its template is ours; the invoice comes as JSON, so that no text of it is ever markup.
Nothing is read but the template, no package is fetched, the fonts are typst's own and those in EINVOICE_FONTS;
the same invoice gives the same bytes.
"""

import datetime
import json
import os
import re
import tempfile
from collections.abc import Sequence
from importlib import resources
from importlib.util import find_spec
from typing import Any

from einvoice import confined
from einvoice.errors import UsageError
from einvoice.model.content import Content
from einvoice.model.lexical import iso_date
from einvoice.render import forms
from einvoice.render.forms import Form
from einvoice.render.plain import plain
from einvoice.render.sheet import Sheet, sheet
from einvoice.validation.report import Finding

SECONDS = 120.0
MEMORY_MB = 3000
_MISSING = re.compile(r"the text `\"(.+?)\"` could not be displayed", re.DOTALL)
_ROUNDS = 8


def page(
    content: Content,
    lang: str = "de",
    *,
    syntax: str | None = None,
    findings: Sequence[Finding] = (),
    further: Sequence[tuple[str, str]] = (),
) -> bytes:
    """An invoice as PDF/A-3a without the embedded XML. `further` are (place, text) of what no term holds.

    Raises UsageError where typst is not installed, Unchecked if typesetting takes more than it may.
    """
    return typeset(sheet(content, lang, syntax=syntax, findings=findings, further=further))


def typeset(shown: Sheet, seconds: float = SECONDS) -> bytes:
    """A page as PDF/A-3a; raises as `page`."""
    return typeset_plain(plain(shown), shown.issued, seconds)


def typeset_plain(said: dict[str, Any], issued: str | None, seconds: float = SECONDS) -> bytes:
    """As `typeset`, of what `plain` made of a page; issued: the invoice date (ISO)."""
    return _typeset(said, _timestamp(issued), "page.typ", seconds)


def form(shown: Form, seconds: float = SECONDS) -> bytes:
    """A form as PDF/A-3a, dated by its own time; raises as `page`."""
    return _typeset(forms.plain(shown), max(0, shown.time), "form.typ", seconds)


def available() -> bool:
    """Whether the extra is installed without which there is no PDF."""
    return find_spec("typst") is not None


def needed() -> None:
    """Raises UsageError where the extra is missing."""
    if not available():
        raise UsageError(
            "PDF needs typst: pip install 'einvoice-pipeline[pdf]'.",
            "Für PDF fehlt typst: pip install 'einvoice-pipeline[pdf]'.",
        )


def _typeset(said: dict[str, Any], timestamp: int, template: str, seconds: float) -> bytes:
    needed()
    arguments = {
        "sheet": json.dumps(said, ensure_ascii=False),
        "timestamp": timestamp,
        "fonts": os.environ.get("EINVOICE_FONTS", ""),
        "template": template,
    }
    with confined.borrowed(MEMORY_MB) as child:
        made: bytes = child.call("einvoice.render.pdf:compiled", arguments, seconds)
    return made


def _timestamp(issued: str | None) -> int:
    """Seconds since 1970 of the invoice date, so that the bytes depend on the invoice alone."""
    day = iso_date(issued or "") or datetime.date(2000, 1, 1)
    return max(0, (day - datetime.date(1970, 1, 1)).days * 86400)


def compiled(sheet: str, timestamp: int, fonts: str, template: str = "page.typ") -> bytes:
    """What the limited process runs: the PDF. Characters that no font has are written as [U+4E2D]."""
    import typst

    source = resources.files("einvoice.render").joinpath(template).read_bytes()
    with tempfile.TemporaryDirectory(prefix="einvoice-") as nothing:
        found = typst.Fonts(include_system_fonts=False, font_paths=[fonts] if fonts else [])
        for _ in range(_ROUNDS):
            try:
                compiler = typst.Compiler(source, root=nothing, font_paths=found, sys_inputs={"sheet": sheet})
                made = compiler.compile(format="pdf", pdf_standards=["a-3a"], timestamp=timestamp)
                assert isinstance(made, bytes)
                return made
            except typst.TypstError as error:
                unshown = set("".join(_MISSING.findall(error.diagnostic)))
                if not unshown:
                    raise
                sheet = _written_out(sheet, unshown)
    raise ValueError("characters without a font remain")


def _written_out(sheet: str, unshown: set[str]) -> str:
    names = {ord(char): f"[U+{ord(char):04X}]" for char in unshown}
    return sheet.translate(names)
