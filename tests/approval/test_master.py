"""Master data from files as offices save them: found out, checked row by row, brought wholly or not at all."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from einvoice.approval.master import Brought, bring, known
from einvoice.approval.master_files import read, shape_of
from einvoice.approval.persons import Actor
from einvoice.errors import Refused, UsageError
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Creditor, CreditorAccount, Event, Master
from einvoice.store.verify import verify
from tests.store.installation import Made, make

TOWN = "musterlippe"
ACCOUNTS = "Sachkonto;Bezeichnung\n5231000;Unterhaltung Gebäude\n5241000;Bewirtschaftung\n"


@pytest.fixture
def made(tmp_path: Path, store_url: str) -> Iterator[Made]:
    found = make(tmp_path, store_url)
    with found.store.writing(people.SERVICE) as work:
        person = people.add_person(work, "Karin Kasse", ("kasse",))
        people.add_role(work, person, people.tenant(work.session, TOWN), "cash")
    yield found
    found.store.close()


def cash(store: Store) -> Actor:
    with store.reading() as session:
        person = people.person_of(session, "kasse")
    return Actor(person.id or 0, "Karin Kasse")


def brought(made: Made, path: Path, kind: str, text: str | bytes, **how: object) -> Brought:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    table = read(path, shape_of(kind))
    assert not table.wrong
    return bring(made.store, cash(made.store), TOWN, shape_of(kind), table.entries, **how)  # type: ignore[arg-type]


def test_the_same_file_again_changes_nothing_and_what_is_gone_is_retired_on_request(
    made: Made, tmp_path: Path
) -> None:
    file = tmp_path / "konten.csv"
    assert len(brought(made, file, "konten", ACCOUNTS, dry=True).changes) == 2
    with made.store.reading() as session:
        assert session.exec(select(Master)).all() == []
    brought(made, file, "konten", ACCOUNTS)
    again = brought(made, file, "konten", ACCOUNTS)
    assert (again.changes, again.unchanged) == ([], 2)
    less = ACCOUNTS.rsplit("\n", 2)[0] + "\n"
    assert brought(made, file, "konten", less).changes == []
    assert [one.what for one in brought(made, file, "konten", less, retire=True).changes] == ["retired"]
    with made.store.reading() as session:
        town = people.tenant(session, TOWN).id or 0
        assert known(session, town, "account", "5231000")
        assert not known(session, town, "account", "5241000")
    assert [one.what for one in brought(made, file, "konten", ACCOUNTS).changes] == ["revived"]
    assert verify(made.store, made.archive) == []


def test_suppliers_are_known_by_number_and_vat_id_and_their_ibans_are_not_confirmed(
    made: Made, tmp_path: Path
) -> None:
    with made.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, TOWN)
        row = Creditor(tenant_id=town.id or 0, name="Werre", vat_id="DE123456789")
        work.add(row)
        work.session.flush()
        work.event("creditor-seen", row)
    text = (
        "Kreditor;Name;USt-IdNr.;E-Mail;IBAN\n"
        "70815;Werre Bürobedarf GmbH;DE 123456789;rechnung@werre.example;DE02 1203 0000 0000 2020 51\n"
        "70816;Nordfunk AG;;;\n"
    )
    brought(made, tmp_path / "l.csv", "lieferanten", text)
    brought(made, tmp_path / "l.csv", "lieferanten", text)
    with made.store.reading() as session:
        town_id = people.tenant(session, TOWN).id or 0
        assert len(session.exec(select(Creditor)).all()) == 2
        (account,) = session.exec(select(CreditorAccount)).all()
        assert (account.iban, account.confirmed_by, account.confirmed_at) == (
            "DE02120300000000202051",
            None,
            None,
        )
        rows = session.exec(select(Creditor).where(Creditor.tenant_id == town_id)).all()
    assert sorted((row.number, row.vat_id, row.mail) for row in rows) == [
        ("70815", "DE123456789", "rechnung@werre.example"),
        ("70816", None, None),
    ]
    less = "\n".join(text.splitlines()[:2]) + "\n"
    assert [
        one.code for one in brought(made, tmp_path / "l.csv", "lieferanten", less, retire=True).changes
    ] == ["70816"]


def test_orders_have_an_open_amount_as_of_a_day(made: Made, tmp_path: Path) -> None:
    text = 'Mittelbindung,Bezeichnung,Offen,Vertrag\n2026-17,Dach Schule,"12.500,00",V-9\n'
    brought(made, tmp_path / "m.csv", "mittelbindungen", text, as_of=date(2026, 11, 24))
    with made.store.reading() as session:
        row = session.exec(select(Master)).one()
    assert (row.open_amount, row.content) == (Decimal("12500.00"), {"as_of": "2026-11-24", "contract": "V-9"})


def test_who_may_not_bring_is_refused(made: Made, tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text(ACCOUNTS)
    entries = read(tmp_path / "k.csv", shape_of("konten")).entries
    with made.store.reading() as session:
        person = people.person_of(session, "erika")
    with pytest.raises(Refused, match="role"):
        bring(made.store, Actor(person.id or 0, "Erika"), TOWN, shape_of("konten"), entries)
    with made.store.reading() as session:
        assert not [one for one in session.exec(select(Event)) if one.kind == "master-imported"]


ENCODED = {
    "utf-8": ACCOUNTS.encode(),
    "utf-8-sig": ACCOUNTS.encode("utf-8-sig"),
    "cp1252": ACCOUNTS.encode("cp1252"),
    "utf-16": ACCOUNTS.encode("utf-16"),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encoding_and_separator_are_found_out(tmp_path: Path, encoding: str, separator: str) -> None:
    text = ENCODED[encoding].decode(encoding).replace(";", separator).replace("\n", "\r\n")
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    table = read(tmp_path / "a.csv", shape_of("konten"))
    assert (table.encoding, table.separator, table.wrong) == (encoding, separator, [])
    assert table.entries[0].said == {"code": "5231000", "text": "Unterhaltung Gebäude"}


WRONG_ROWS = {
    "too few columns": ("Konto;Name\n1;a;b\n", 2),
    "no number": ("Konto;Name\n;a\n", 2),
    "the same number again": ("Konto;Name\n1;a\n\n1;b\n", 4),
    "a number a spreadsheet has shortened": ("Konto;Name\n5,23E+06;a\n", 2),
    "a number that is too long": (f"Konto;Name\n{'9' * 41};a\n", 2),
    "after a text of two lines": ('Konto;Name\n1;"a\nb"\n;c\n', 4),
    "no day": ("Konto;Name;bis\n1;a;32.12.2026\n", 2),
}


@pytest.mark.parametrize("wrong", WRONG_ROWS)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, wrong: str) -> None:
    text, line = WRONG_ROWS[wrong]
    (tmp_path / "a.csv").write_text(text)
    table = read(tmp_path / "a.csv", shape_of("konten"))
    assert [where for where, _, _ in table.wrong] == [line]


NO_TABLES = {
    "no column of the number": ("konten", b"Farbe;Name\n1;a\n"),
    "orders without amounts": ("orders", b"Auftrag;Name\n1;a\n"),
    "an open quotation mark": ("konten", b'Konto;Name\n1;"a\n'),
    "something else": ("konten", b"PK\x03\x04\x00\x00"),
    "nothing": ("konten", b""),
    "half a character": ("konten", b"\xef\xbb\xbfKonto;Name\n1;\xc3\n"),
}


@pytest.mark.parametrize("wrong", NO_TABLES)
def test_what_is_no_table_is_refused_with_its_place(tmp_path: Path, wrong: str) -> None:
    kind, data = NO_TABLES[wrong]
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(UsageError, match=r"a\.csv"):
        read(tmp_path / "a.csv", shape_of(kind))


@given(st.binary(max_size=400))
def test_no_file_does_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("x") / "a.csv"
    path.write_bytes(b"Konto;Name\n" + data)
    try:
        table = read(path, shape_of("konten"))
    except UsageError:
        return
    assert all(entry.said["code"] for entry in table.entries)


def test_a_heading_that_is_not_known_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("NR_FIBU;TXT\n1;a\n")
    table = read(tmp_path / "a.csv", shape_of("konten"), {"NR_FIBU": "code", "TXT": "text"})
    assert table.entries[0].said == {"code": "1", "text": "a"}
    with pytest.raises(UsageError, match="NR_FIBU"):
        read(tmp_path / "a.csv", shape_of("konten"), {"Nummer": "code"})


CHANGED = {
    "another VAT id": "K-1;Bau GmbH;DE999999999\n",
    "another name": "K-1;Anders AG;DE111111111\n",
    "the same": "K-1;BAU  GmbH;DE111111111\n",
}


@pytest.mark.parametrize("row", CHANGED)
def test_a_file_that_makes_a_supplier_another_takes_what_was_confirmed_for_him(
    made: Made, tmp_path: Path, row: str
) -> None:
    """Else an account confirmed for one would be good for the invoices of another."""
    head, iban = "Nummer;Name;USt-IdNr\n", "DE89370400440532013000"
    brought(made, tmp_path / "1.csv", "lieferanten", head + "K-1;Bau GmbH;DE111111111\n")
    with made.store.writing(people.SERVICE) as work:
        one = work.session.exec(select(Creditor).where(Creditor.number == "K-1")).one()
        said: dict[str, Any] = {
            "confirmed_by": people.SERVICE,
            "confirmed_at": work.time,
            "source": "Vertrag",
        }
        work.add(
            CreditorAccount(
                tenant_id=one.tenant_id, creditor_id=one.id or 0, iban=iban, seen=work.time, **said
            )
        )
        work.event("account-confirmed", one)
    found = brought(made, tmp_path / "2.csv", "lieferanten", head + CHANGED[row])
    with made.store.reading() as session:
        (account,) = session.exec(select(CreditorAccount))
        assert (account.confirmed_by is not None) == (row == "the same")
    assert any(one.code == "K-1/IBAN" for one in found.changes) == (row != "the same")
    assert verify(made.store, made.archive) == []
