"""The sample batch that a profile is tried on where there is no batch: schemas/exports/sample-batch.json."""

import json
from decimal import Decimal
from typing import Any

from einvoice import data
from einvoice.exports.profiles.case import Case, Row
from einvoice.exports.profiles.counting import keys
from einvoice.exports.profiles.profile import Profile


def sample_case(profile: Profile) -> Case:
    """The sample with counters that begin at their first number; every code a posting names is known."""
    table: dict[str, Any] = json.loads(
        (data.folder("schemas") / "exports" / "sample-batch.json").read_text("utf-8")
    )
    rows = [
        Row(
            one["invoice_id"],
            one["position"],
            Decimal(one["amount"]),
            one["content"],
            tuple(one["attachments"]),
        )
        for one in table["rows"]
    ]
    numbers = {
        (name, key): form.first + place
        for name, form in profile.form.counters.items()
        for place, key in enumerate(keys(form.per, rows))
    }
    return Case(table["batch"], rows, numbers=numbers, known=_known(rows))


def _known(rows: list[Row]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        for posting in row.content["postings"]:
            for kind, code in posting.items():
                found.setdefault(kind, set()).add(str(code))
    return {kind: frozenset(codes) for kind, codes in found.items()}
