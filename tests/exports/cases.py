"""Batches for tests of profiles: the sample, and hostile ones made by hypothesis."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from einvoice.exports.profiles.case import Case, Row
from einvoice.exports.profiles.profile import Profile
from einvoice.exports.profiles.reading import named, parse, read
from einvoice.exports.profiles.sample import sample_case
from einvoice.exports.profiles.writing import Written, write

HOSTILE = st.text(
    st.sampled_from(list("ab ;,\"'\t\r\n=+-@|äöüßÄÉł€ż\u00a0\u202e\u0000\u001b…„“–日😀＝")),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(text.strip()))
AMOUNTS = st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2, allow_nan=False)


def sample(name: str, old: str = "", new: str = "") -> tuple[Profile, Case]:
    """A shipped profile, with one text changed, and the sample batch for it."""
    path = named(name)
    profile = read(path)
    if old:
        text = path.read_text("utf-8")
        assert old in text
        profile = parse(text.replace(old, new), "changed.toml", "changed")
    return profile, sample_case(profile)


def with_texts(case: Case, number: str, seller: str, text: str, amounts: list[Decimal]) -> Case:
    """The case with one invoice that says these, a posting for each amount."""
    row = case.rows[0]
    postings = [
        {**row.content["postings"][0], "position": n, "amount": str(amount), "text": text}
        for n, amount in enumerate(amounts, 1)
    ]
    said: dict[str, Any] = {**row.content, "number": number, "seller": seller, "postings": postings}
    total = sum(amounts, Decimal())
    return replace(case, rows=[Row(1, 1, total, said)], batch={**case.batch, "total": str(total)})


def made(profile: Profile, case: Case) -> Written:
    """The one file of a case."""
    (file,) = write(profile, case)
    return file
