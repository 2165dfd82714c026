"""The reply to a supplier whose invoice is returned: built from the findings and the reason a person gives.

It says what the supplier's own invoice says, what was found in it, and that reason; nothing else that the town knows.
A town's own templates (policy `reply`) are filled by a sandboxed Jinja2 in a limited process.
"""

from collections.abc import Mapping
from typing import Any

from einvoice import confined
from einvoice.errors import ConfigurationError, Unchecked, UsageError
from einvoice.intake.addressed import told
from einvoice.intake.answers import LETTERS, Words
from einvoice.render.words import amount, day
from einvoice.store.times import BERLIN, moment
from einvoice.validation.report import Report

POLICY = "reply"
PARTS = ("subject", "text", "html")
LANGUAGES = ("de", "en")
LONGEST_TEMPLATE = 20_000
LONGEST_REPLY = 200_000
_SECONDS = 5.0
_MOST = 50
"""Findings that a reply lists."""

_SUBJECTS = {
    "de": "Ihre Rechnung {{ number or 'vom ' + received }}: zurückgegeben",
    "en": "Your invoice {{ number or 'of ' + received }}: returned",
}


def reply(
    report: Report,
    received: str,
    reason: str,
    lang: str,
    tenant: str,
    settings: Mapping[str, Any],
    *,
    warnings: bool = False,
) -> Words:
    """The reply in "de" or "en". received: as stored; settings: the town's policy `reply`, or none.

    warnings: warnings are told as well. Raises ConfigurationError for a template that does not work.
    """
    said = report.invoice
    levels = ("error", "warning") if warnings else ("error",)
    found = [
        one for one in report.findings if one.severity in levels and not one.rule.startswith("EI-HOUSE-")
    ]
    values: dict[str, Any] = {
        "lang": lang,
        "tenant": tenant,
        "contact": str(settings.get("contact", "")),
        "received": moment(received).astimezone(BERLIN).strftime("%d.%m.%Y" if lang == "de" else "%Y-%m-%d"),
        "reason": reason,
        "number": said.number if said else None,
        "issue_date": day(said.issue_date, lang) if said and said.issue_date else None,
        "seller": said.seller if said else None,
        "gross": amount(said.gross, lang, said.currency) if said and said.gross else None,
        "findings": [told(one) for one in found[:_MOST]],
        "more": max(0, len(found) - _MOST),
    }
    return filled(lang, values, settings.get(lang, {}))


def as_page(text: str, lang: str) -> str:
    """A reply that a person has written or changed, as the page that goes along with it."""
    template = (LETTERS / "return.html.j2").read_text("utf-8")
    return _fill("html", template, {"text": text, "lang": lang})


def checked_settings(table: Mapping[str, Any]) -> dict[str, Any]:
    """A town's templates, tried out: `contact`, and for `de` and `en` any of `subject`, `text`, `html`.

    Raises UsageError naming what is wrong, ConfigurationError for a template that cannot be filled.
    """
    for key, value in table.items():
        if key == "contact" and isinstance(value, str):
            continue
        if key not in LANGUAGES or not isinstance(value, Mapping):
            raise UsageError(
                f"reply: {key}: there are contact, de, en", f"reply: {key}: es gibt contact, de, en"
            )
        for part, text in value.items():
            if part not in PARTS or not isinstance(text, str) or len(text) > LONGEST_TEMPLATE:
                raise UsageError(
                    f"reply: {key}.{part}: one of {', '.join(PARTS)}, at most {LONGEST_TEMPLATE} characters",
                    f"reply: {key}.{part}: eines von {', '.join(PARTS)}, höchstens {LONGEST_TEMPLATE} Zeichen",
                )
        filled(key, {**_SAMPLE, "lang": key}, value)
    return {key: dict(value) if isinstance(value, Mapping) else value for key, value in table.items()}


_SAMPLE: dict[str, Any] = {
    "tenant": "Stadt Musterlippe", "contact": "", "received": "01.12.2026", "reason": "…", "number": "R-1",
    "issue_date": "2026-11-30", "seller": "Muster GmbH", "gross": "119,00 €",
    "findings": [{"rule": "BR-1", "message": "…", "hint": "…"}], "more": 0,
}  # fmt: skip


def filled(lang: str, values: dict[str, Any], own: Mapping[str, str]) -> Words:
    """A reply out of the town's own templates, and ours where it has none."""
    templates = {
        "subject": own.get("subject", _SUBJECTS[lang]),
        "text": own.get("text") or (LETTERS / f"return.{lang}.txt.j2").read_text("utf-8"),
        "html": own.get("html") or (LETTERS / "return.html.j2").read_text("utf-8"),
    }
    arguments = {"templates": templates, "values": values}
    try:
        if not own:
            return Words(**in_child(**arguments))
        with confined.borrowed() as child:
            child.call("einvoice.intake.returns:load", {}, 60.0)
            return Words(**child.call("einvoice.intake.returns:in_child", arguments, _SECONDS))
    except Unchecked as error:
        raise ConfigurationError(
            f"A template of the reply takes too long or too much: {error}",
            f"Eine Vorlage der Antwort braucht zu viel Zeit oder Platz: {error.said('de')}",
        ) from None


def load() -> None:
    """Loads what filling needs, so that no template waits for it."""
    in_child({"subject": "", "text": "", "html": ""}, {})


def in_child(templates: dict[str, str], values: dict[str, Any]) -> dict[str, str]:
    """What a limited process runs: subject, text and HTML (escaped), from templates that see these values alone."""
    text = _fill("text", templates["text"], values)
    return {
        "subject": " ".join(_fill("subject", templates["subject"], values).split())[:200],
        "text": text,
        "html": _fill("html", templates["html"], {**values, "text": text}),
    }


def _fill(name: str, template: str, values: dict[str, Any]) -> str:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        autoescape=name == "html", undefined=StrictUndefined, keep_trailing_newline=True
    )
    try:
        made: list[str] = []
        size = 0
        for piece in environment.from_string(template).generate(values):
            size += len(piece)
            if size > LONGEST_REPLY:
                raise ValueError(f"more than {LONGEST_REPLY} characters")
            made.append(piece)
        return "".join(made)
    except (TemplateError, ArithmeticError, TypeError, ValueError, AttributeError, LookupError) as error:
        raise ConfigurationError(
            f"The template {name} of the reply cannot be filled: {error}",
            f"Die Vorlage {name} der Antwort lässt sich nicht füllen: {error}",
        ) from None
