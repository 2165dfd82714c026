"""The style sheet of renderings within our pages: that of `einvoice show`, kept to its own part of the page."""

import functools
from importlib import resources

from fastapi import Response

from einvoice.interfaces.web.guard import pages

router = pages()


@router.get("/static/sheet.css")
def style() -> Response:
    """The style sheet."""
    return Response(_scoped(), media_type="text/css", headers={"cache-control": "public, max-age=3600"})


@functools.cache
def _scoped() -> str:
    """page.css for what stands in `.sheet` only; always light, as the page around it is."""
    text = resources.files("einvoice.validation.reports").joinpath("page.css").read_text("utf-8")
    begin = text.index("@media (prefers-color-scheme: dark)")
    end = text.index("}}", begin) if "}}" in text[begin:] else text.index("} }", begin) + 1
    text = text[:begin] + text[end + 2 :]
    text = text.replace("color-scheme: light dark", "color-scheme: light")
    text = text.replace(":root {", ":scope {").replace("\nbody { margin: 0;", "\n:scope {")
    page_rule = text.index("  @page {")
    text = text[:page_rule] + text[text.index("\n", page_rule) + 1 :]
    return f"@scope (.sheet) {{\n{text}\n}}\n"
