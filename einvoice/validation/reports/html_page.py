"""What all our HTML pages share: one style sheet inside the page, a policy that allows nothing else, text escaped."""

import base64
import functools
import hashlib
from html import escape
from importlib import resources

from einvoice.validation.reports.visible import visible

_SKIP = {"de": "Zum Inhalt springen", "en": "Skip to content"}


def opening(title: str, lang: str) -> str:
    """Everything up to the page's own content, which begins with `<main id="inhalt">` sooner or later."""
    style, digest = _style()
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{digest}'; "
        f"base-uri 'none'; form-action 'none'\">\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>{text(title)}</title>\n'
        f"<style>{style}</style>\n</head>\n"
        f'<body>\n<a class="skip" href="#inhalt">{_SKIP[lang]}</a>\n<div class="page">\n'
    )


def closing() -> str:
    """The end of the page."""
    return "</div>\n</body>\n</html>\n"


@functools.cache
def _style() -> tuple[str, str]:
    """The style sheet, and its digest for the content security policy."""
    style = resources.files("einvoice.validation.reports").joinpath("page.css").read_text("utf-8")
    return style, "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def text(value: str) -> str:
    """A value as HTML text or attribute value."""
    shown = visible(value).replace("\r\n", "\n").replace("\r", "\n")
    return escape(shown.encode("utf-8", "replace").decode())


def own(value: str) -> str:
    """A value of an invoice: its direction (Arabic, Hebrew) is its own and touches nothing around it."""
    return f'<bdi dir="auto">{text(value)}</bdi>'
