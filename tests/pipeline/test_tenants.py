"""Seventy towns from one file: all or nothing, the same file twice changes nothing, equal claims name both towns."""

from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval.persons import actor
from einvoice.approval.towns import Difference, changes, stated
from einvoice.errors import ConfigurationError, UsageError
from einvoice.pipeline.tenants import bring, read_towns, warnings
from einvoice.pipeline.workplace import init, opened
from einvoice.store import people
from einvoice.store.tables import Event, Invoice
from tests.interfaces.calls import call, rows
from tests.pipeline.place import demo, differences, once


def towns(*numbers: int, more: str = "") -> str:
    return "\n".join(
        f'[[tenant]]\nname = "ort-{n}"\ntitle = "Ort {n}"\nleitweg = ["0576{n:04d}*"]\n'
        f'mail = ["rechnung@ort-{n}.example"]\naddresses = ["9930:DE{n:09d}"]\n{more}'
        for n in numbers
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "towns.toml"


def test_seventy_towns_at_once_and_the_same_file_again(tmp_path: Path, file: Path) -> None:
    file.write_text(
        towns(*range(70), more='unknown_profile = "check"\n[tenant.retention]\ninvoice_years = 9\n')
    )
    found = read_towns(file)
    with opened(init(tmp_path / "place")) as here:
        with here.store.reading() as session:
            wanted = changes(session, found)
        assert bring(here.store, actor(here.store), found)[0] == wanted
        with here.store.reading() as session:
            assert len(people.tenants(session)) == 70
            assert people.policy(session, 70, "retention")["invoice_years"] == 9
            assert len(list(stated(session, people.tenant(session, "ort-7")).claims())) == 3
            events = len(session.exec(select(Event)).all())
        assert bring(here.store, actor(here.store), found) == ([], None)
        with here.store.reading() as session:
            assert len(session.exec(select(Event)).all()) == events
    assert differences(tmp_path / "place") == []


def test_a_claim_moves_and_what_is_not_stated_goes(tmp_path: Path, file: Path) -> None:
    with opened(init(tmp_path / "place")) as here:
        file.write_text(towns(1, 2))
        bring(here.store, actor(here.store), read_towns(file))
        file.write_text(
            towns(1, 2)
            .replace("05760001*", "#", 1)
            .replace("05760002*", "05760001*")
            .replace("#", "05760002*")
        )
        found, _ = bring(here.store, actor(here.store), read_towns(file))
        assert Difference("ort-1", "claim", "Leitweg-ID 05760001*", None) in found
        assert Difference("ort-2", "claim", None, "Leitweg-ID 05760001*") in found
        file.write_text('[[tenant]]\nname = "ort-1"\ntitle = "Neuer Name"\n')
        bring(here.store, actor(here.store), read_towns(file))
        with here.store.reading() as session:
            assert list(stated(session, people.tenant(session, "Neuer Name")).claims()) == []
            assert len(list(stated(session, people.tenant(session, "ort-2")).claims())) == 3
    assert differences(tmp_path / "place") == []


def test_equal_claims_name_both(tmp_path: Path, file: Path) -> None:
    file.write_text(towns(1, 2).replace("05760002*", "05760001*"))
    with pytest.raises(ConfigurationError, match=r"05760001\* is claimed by Ort 1 and by Ort 2"):
        read_towns(file)
    with opened(init(tmp_path / "place")) as here:
        file.write_text(towns(1))
        bring(here.store, actor(here.store), read_towns(file))
        file.write_text(towns(3).replace("05760003*", "05760001*"))
        with pytest.raises(ConfigurationError, match="Ort 1 and by Ort 3"):
            bring(here.store, actor(here.store), read_towns(file))
        with here.store.reading() as session:
            assert [one.name for one in people.tenants(session)] == ["ort-1"]


WRONG = [
    ("", "\\[\\[tenant\\]\\]"),
    ("[[tenant", "cannot be read"),
    ('[[tenant]]\nname = "x"\n', "tenant x: title is missing"),
    ('[[tenant]]\nname = "X Y"\ntitle = "x"\n', "a-z"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nleitwek = []\n', "unknown key leitwek"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nleitweg = ["AB*"]\n', "no Leitweg-ID"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nleitweg = "05*"\n', "list of texts"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nmail = ["a"]\n', "no mail address"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\naddresses = ["DE1"]\n', "EAS"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nunknown_profile = "maybe"\n', "unknown_profile"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nduplicates = { near_days = -1 }\n', "duplicates"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nduplicates = 5\n', "duplicates"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nretention = { invoice_years = "8" }\n', "retention"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nposting = { client = 1 }\n', "posting"),
    ('[[tenant]]\nname = "x"\ntitle = "x"\nfindings = { hold = ["BR-1"] }\n', "findings"),
    (towns(1, 1), "stands twice"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_cannot_be_is_said_with_its_place(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        read_towns(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert caught.value.de


def test_wrong_check_digits_are_a_warning_only(file: Path) -> None:
    file.write_text(towns(1).replace('"05760001*"', '"991-33333TEST-33", "991-33333TEST-34"'))
    assert warnings(read_towns(file)) == [("ort-1", "991-33333TEST-34")]


def test_the_command_shows_and_does(tmp_path: Path, file: Path) -> None:
    place = str(init(tmp_path / "place").file)
    file.write_text(towns(1, 2))
    shown = call("tenant", "import", str(file), "--dry-run", "--config", place)
    assert (shown.code, len(rows(shown))) == (0, 8)
    assert rows(call("tenant", "list", "--config", place)) == []
    done = call("tenant", "import", str(file), "--config", place)
    assert done.out == shown.out
    one = call("tenant", "show", "ort-2", "--config", place)
    assert "  Leitweg-ID 05760002*\n  9930 DE000000002\n  mail rechnung@ort-2.example\n" in one.out
    assert call("tenant", "import", "nirgends.toml", "--config", place).code == 2


def test_a_town_may_want_unknown_profiles_checked(tmp_path: Path, file: Path) -> None:
    place = demo(tmp_path, "01-skonto.xml")
    sample = place / "inbox" / "01-skonto.xml"
    text = sample.read_text()
    start, end = text.index("<cbc:CustomizationID>"), text.index("</cbc:CustomizationID>")
    sample.write_text(f"{text[:start]}<cbc:CustomizationID>urn:example:own{text[end:]}")
    file.write_text(
        '[[tenant]]\nname = "musterlippe"\ntitle = "Stadt Musterlippe"\nleitweg = ["05766999*"]\n'
        'unknown_profile = "check"\nduplicates = { payees = ["Lippe-Factoring AG"] }\n'
    )
    assert call("tenant", "import", str(file), "--config", str(place)).code == 0
    once(place)
    from einvoice.pipeline.workplace import read_workplace

    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        (row,) = session.exec(select(Invoice)).all()
        assert (row.verdict, row.state) == ("accepted", "routed")
    assert differences(place) == []
