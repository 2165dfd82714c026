"""Data that people or programs write, as JSON, made into an invoice; what does not fit is said with its JSON path."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from einvoice.errors import NotAnInvoice
from einvoice.model.fields import fields, unbase64
from einvoice.model.invoice import Invoice
from einvoice.model.terms import terms

_DEPTH = 100
_SAID = {
    "extra_forbidden": ("there is no such field", "dieses Feld gibt es nicht"),
    "missing": ("is missing", "fehlt"),
    "string_type": (
        'expected a text in quotes, such as "4711"',
        'erwartet: ein Text in Anführungszeichen, etwa "4711"',
    ),
    "list_type": ("expected a list: [ … ]", "erwartet: eine Liste: [ … ]"),
    "model_type": ("expected an object: { … }", "erwartet: ein Objekt: { … }"),
    "dict_type": ("expected an object: { … }", "erwartet: ein Objekt: { … }"),
    "decimal_parsing": ('expected a number, such as "119.00"', 'erwartet: eine Zahl, etwa "119.00"'),
    "decimal_type": ('expected a number, such as "119.00"', 'erwartet: eine Zahl, etwa "119.00"'),
    "finite_number": ('expected a number, such as "119.00"', 'erwartet: eine Zahl, etwa "119.00"'),
    "date": ('expected a day, such as "2026-03-02"', 'erwartet: ein Tag, etwa "2026-03-02"'),
    "value_error": ("expected base64", "erwartet: Base64"),
}
"""Kind of fault as pydantic names it → what is expected, English and German."""


class _Repeated(ValueError):
    """A JSON object states a name twice."""


def invoice_from_json(text: str | bytes, name: str = "JSON") -> Invoice:
    """The invoice that a JSON text states: an invoice by the published schema, or a line of `extract`.

    Numbers may stand with or without quotes and keep their digits. Raises NotAnInvoice, a line for each fault:
    `name`, the JSON path, what stands there and what was expected.
    """
    return invoice_from_data(parsed(text, name), name)


def invoice_from_data(data: Any, name: str = "JSON") -> Invoice:
    """The same from data already parsed (dicts, lists, texts, numbers)."""
    stated = data["invoice"] if isinstance(data, Mapping) and {"invoice", "source"} <= {*data} else data
    if not isinstance(stated, Mapping):
        raise _fault(name, [("", *_SAID["model_type"])])
    faults = list(_attachments(stated))
    if faults:
        raise _fault(name, faults)
    try:
        return Invoice.model_validate(stated)
    except ValidationError as error:
        raise _fault(name, (_said(one) for one in error.errors(include_url=False))) from None


def parsed(text: str | bytes, name: str) -> Any:
    """JSON with exact numbers; NotAnInvoice names line and column, or the name stated twice."""
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
        return json.loads(
            decoded, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse, object_pairs_hook=_once
        )
    except UnicodeDecodeError:
        raise NotAnInvoice(f"{name}: is not UTF-8", f"{name}: ist nicht in UTF-8") from None
    except json.JSONDecodeError as error:
        at = f"{name}:{error.lineno}:{error.colno}"
        raise NotAnInvoice(f"{at}: no JSON: {error.msg}", f"{at}: kein JSON ({error.msg})") from None
    except _Repeated as error:
        raise NotAnInvoice(f"{name}: {error} is stated twice", f"{name}: {error} steht zweimal da") from None
    except RecursionError:
        raise NotAnInvoice(
            f"{name}: no JSON of an invoice: too deeply nested",
            f"{name}: kein JSON einer Rechnung: zu tief geschachtelt",
        ) from None
    except ValueError as error:
        raise NotAnInvoice(
            f"{name}: no JSON of an invoice: {error}", f"{name}: kein JSON einer Rechnung: {error}"
        ) from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise _Repeated(json.dumps(key, ensure_ascii=False))
        table[key] = value
    return table


def _attachments(stated: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """Embedded documents of which only size and digest are stated, or whose digest is another's."""
    if isinstance(stated, list):
        for number, one in enumerate(stated):
            yield from _attachments(one, f"{path}[{number}]", depth + 1)
    elif isinstance(stated, Mapping) and depth < _DEPTH:
        if "sha256" in stated and "mime" in stated:
            yield from _attachment(stated, path)
        for key, one in stated.items():
            yield from _attachments(one, f"{path}.{key}".lstrip("."), depth + 1)


def _attachment(stated: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    content = stated.get("content")
    if content is None:
        yield (
            path,
            "the content is missing (extract with --attachments)",
            "der Inhalt fehlt (beim Auslesen --attachments angeben)",
        )
    elif (
        isinstance(content, str) and hashlib.sha256(unbase64(content) or b"").hexdigest() != stated["sha256"]
    ):
        yield f"{path}.sha256", "is not the digest of the content", "ist nicht die Prüfsumme des Inhalts"


def _fault(name: str, faults: Iterable[tuple[str, str, str]]) -> NotAnInvoice:
    listed = list(faults)
    lines = ([f"{name}: {path or '$'}: {said[number]}" for path, *said in listed] for number in (0, 1))
    return NotAnInvoice(*("\n".join(one) for one in lines))


def _said(error: ErrorDetails) -> tuple[str, str, str]:
    """The JSON path of a fault, and what was expected there, with what stands there if it is short."""
    kind = error["type"]
    known = _SAID.get("date" if kind.startswith("date") else kind, (error["msg"], error["msg"]))
    stated = error["input"]
    shown = (
        "" if isinstance(stated, Mapping | list) or kind in ("missing", "extra_forbidden") else _shown(stated)
    )
    near = _near(error["loc"]) if kind == "extra_forbidden" else ("", "")
    return _path(error["loc"]), f"{known[0]}{shown}{near[0]}", f"{known[1]}{shown}{near[1]}"


def _shown(stated: Any) -> str:
    text = str(stated) if isinstance(stated, Decimal) else json.dumps(stated, ensure_ascii=False, default=str)
    return f" (≠ {text if len(text) <= 40 else text[:39] + '…'})"


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")


def _near(loc: tuple[int | str, ...]) -> tuple[str, str]:
    """The field that was probably meant."""
    names = [step for step in loc if isinstance(step, str)]
    allowed: list[str] = []
    group = ""
    for step in names[:-1]:
        found = fields(group).get(step)
        if found is None:
            return "", ""
        group = found.id
    if group == "" or terms()[group].is_group:
        allowed = list(fields(group))
    found_names = difflib.get_close_matches(names[-1], allowed, 1, 0.5)
    if not found_names:
        listed = ", ".join(allowed)
        return (f" (there are: {listed})", f" (es gibt: {listed})") if allowed else ("", "")
    return f" (did you mean {found_names[0]}?)", f" (gemeint: {found_names[0]}?)"
