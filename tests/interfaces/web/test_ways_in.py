"""How the first administrator comes in, what doctor says of [web], and values as TOML."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.approval.access import accounts
from einvoice.approval.access.first import way_in
from einvoice.approval.proposals import propose
from einvoice.errors import Refused
from einvoice.interfaces.web.administration.written import toml
from einvoice.pipeline.condition.desk import desk
from einvoice.pipeline.workplace import Opened, init, opened, read_workplace
from tests.interfaces.web.browsing import PASSWORD


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with opened(init(tmp_path / "place")) as made:
        yield made


def test_the_first_administrator_gets_one_link_at_a_time_and_only_where_a_person_sees_it(
    place: Opened,
) -> None:
    assert way_in(place.store, shown=False).state == "invite"
    first, second = (way_in(place.store, shown=True) for _ in range(2))
    assert (first.state, second.state, first.login) == ("link", "link", second.login)
    with pytest.raises(Refused):
        accounts.accept(place.store, first.secret, PASSWORD)
    accounts.accept(place.store, second.secret, PASSWORD)
    assert way_in(place.store, shown=True).state == "open"


def test_of_several_administrators_a_person_says_who_is_invited(place: Opened) -> None:
    from einvoice.approval.newcomers import take_up
    from einvoice.approval.persons import actor

    me = actor(place.store)
    second = take_up(place.store, me, "Bernd  Betreiber", None)
    assert second.name == "Bernd Betreiber"
    assert propose(place.store, me, "role", f"{second.id}/administrator", None, {}).state == "accepted"
    assert way_in(place.store, shown=True).state == "invite"


def test_a_demo_needs_no_first_administrator(tmp_path: Path) -> None:
    with opened(init(tmp_path / "demo", demo=True)) as made:
        assert way_in(made.store, shown=True).state == "open"


@pytest.mark.parametrize(
    ("stated", "ok", "words"),
    [
        ("", None, "url fehlt"),
        ('url = "https://r.example"\nproxies = ["127.0.0.1"]', True, "__Host-"),
        ('url = "https://r.example"', None, "--tls-certificate"),
        ('url = "http://r.example"', False, "kein TLS"),
        ('url = "http://127.0.0.1:8000"', None, "kein TLS"),
        ('url = "https://r.example"\nproxies = ["*"]', False, "X-Forwarded-For"),
        ("upload_mb = 400", None, "400 MB"),
    ],
)
def test_doctor_looks_at_the_desk(place: Opened, stated: str, ok: bool | None, words: str) -> None:
    file = place.workplace.file
    file.write_text(file.read_text() + f"\n[web]\n{stated}\n")
    here = Opened(read_workplace(file), place.store, place.archive)
    found = {one.de: one.ok for one in desk(here)}
    assert [found[text] for text in found if words in text] == [ok], found


def test_doctor_looks_at_the_key(place: Opened) -> None:
    file = place.workplace.desk.key_file
    file.write_bytes(b"x" * 32)
    for mode, ok in ((0o600, True), (0o644, False)):
        file.chmod(mode)
        assert [one.ok for one in desk(place) if str(file) in one.de] == [ok]


VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_values_written_as_toml_are_read_back(table: dict[str, object]) -> None:
    assert tomllib.loads(toml(table)) == table
