"""Layers of routing end to end: who knew the town is kept with the transfer, and can be asked again; and of two
invoices that may be one, checked by several runs at once, one is payable."""

from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval.persons import Actor
from einvoice.errors import RulebookError
from einvoice.pipeline.routing import explained, kept, set_rules, tried
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Event, Invoice, Payload, Tenant
from tests.interfaces.calls import call
from tests.pipeline.place import SAMPLE, demo, differences, once
from tests.pipeline.test_run import at_once

SERVICE = Actor(people.SERVICE, "einvoice", True)
NOWHERE = "10-unbekannte-leitweg-id.xml"
RULES = """\
[NICHTS]
to = "testfurt"
if = "invoice.number == 'X'"

[UMLAND]
to = "beispielhausen"
for = "line in invoice.lines"
when = "line.price"
if = "line.price > 0.01"
"""


def _mail(to: str, body: bytes) -> bytes:
    head = f"From: x@supplier.example\r\n{to}\r\nSubject: R\r\nMIME-Version: 1.0\r\nContent-Type: application/xml\r\n"
    return head.encode() + b'Content-Disposition: attachment; filename="r.xml"\r\n\r\n' + body


def _town(here: Opened, number: int = 1) -> tuple[str | None, dict[str, object]]:
    with here.store.reading() as session:
        row = session.exec(select(Invoice).where(Invoice.id == number)).one()
        town = session.get(Tenant, row.tenant_id) if row.tenant_id else None
        return town.name if town else None, row.routed_by or {}


RECIPIENTS = [
    ("To: rechnung@musterlippe.example", "musterlippe", "recipient"),
    (
        "Delivered-To: rechnung@kreis-testfurt.example\r\nTo: rechnung@musterlippe.example",
        "testfurt",
        "recipient",
    ),
    ("To: RECHNUNG@Musterlippe.example, x@y.example", "musterlippe", "recipient"),
    ("To: rechnung@musterlippe.example, rechnung@kreis-testfurt.example", None, "nobody"),
    ("To: someone@elsewhere.example", None, "nobody"),
    ("To: ;;@@<", None, "nobody"),
]


@pytest.mark.parametrize(("to", "town", "by"), RECIPIENTS)
def test_where_no_leitweg_id_fits_the_recipient_decides(
    tmp_path: Path, to: str, town: str | None, by: str
) -> None:
    place = demo(tmp_path, NOWHERE)
    body = (place / "inbox" / NOWHERE).read_bytes()
    (place / "inbox" / NOWHERE).unlink()
    (place / "inbox" / "mail.eml").write_bytes(_mail(to, body))
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        found, why = _town(here)
        assert (found, why["by"]) == (town, by)
        assert [one["layer"] for one in why["asked"]][:3] == ["BT-10", "BT-49", "recipient"]  # type: ignore[attr-defined]
        if town:
            with here.store.reading() as session:
                payload = session.exec(
                    select(Payload).join(Event, (Event.chain == Payload.chain) & (Event.sequence == Payload.sequence))  # type: ignore[arg-type]
                    .where(Event.kind == "invoice-arrived")
                ).one()  # fmt: skip
            assert (payload.content or {})["by"] == why
    assert differences(place) == []


ENVELOPE = b"""<StandardBusinessDocument
 xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"><StandardBusinessDocumentHeader>
<HeaderVersion>1.0</HeaderVersion>%s</StandardBusinessDocumentHeader>%s</StandardBusinessDocument>"""
RECEIVER = b'<Receiver><Identifier Authority="iso6523-actorid-upis">%s</Identifier></Receiver>'


@pytest.mark.parametrize(
    ("receivers", "town", "by"),
    [
        ([b"0204:05766999-WERK-09"], "musterlippe", "recipient"),
        ([b" 0204:05766999-WERK-09\n"], "musterlippe", "recipient"),
        ([b"9930:DE123456789"], None, "nobody"),
        ([b"0204:05766999-WERK-09", b"0204:05766999-WERK-10"], None, "nobody"),
        ([b"0204:"], None, "nobody"),
        ([b""], None, "nobody"),
        ([], None, "nobody"),
    ],
)
def test_whom_the_envelope_of_an_access_point_names(
    tmp_path: Path, receivers: list[bytes], town: str | None, by: str
) -> None:
    place = demo(tmp_path, NOWHERE)
    body = (place / "inbox" / NOWHERE).read_bytes().partition(b"?>")[2]
    (place / "inbox" / NOWHERE).unlink()
    (place / "inbox" / "as4.xml").write_bytes(ENVELOPE % (b"".join(RECEIVER % r for r in receivers), body))
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        found, why = _town(here)
        assert (found, why["by"]) == (town, by)
        (_, asked), *_ = tried(here, place / "inbox" / "processed" / "as4.xml")
        assert [one.route and one.route.by for one in asked][2] == (by if town else None)


def test_rules_decide_last_and_say_which(tmp_path: Path) -> None:
    place = demo(tmp_path, NOWHERE, SAMPLE)
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        assert set_rules(here.store, SERVICE, rules, None)[0] == 2
        assert [a.route.pattern for a in tried(here, place / "inbox" / NOWHERE)[0][1] if a.route] == [
            "UMLAND"
        ]
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        assert _town(here, 1)[0] == "musterlippe"
        assert _town(here, 2)[0] == "beispielhausen"
        assert kept(here, 2)["by"] == "rules"
        assert kept(here, 2)["pattern"] == "UMLAND"
        assert [a.layer for a in explained(here, 1)] == ["BT-10", "BT-49", "recipient", "rules"]
        assert set_rules(here.store, SERVICE, None, None)[0] == 0
        assert not [a for a in explained(here, 2) if a.route]
    assert differences(place) == []


def test_two_towns_whose_own_rules_fit_are_no_answer(tmp_path: Path) -> None:
    place = demo(tmp_path, NOWHERE)
    rules = tmp_path / "own.toml"
    rules.write_text('[ALLES]\nif = "invoice.number"\n')
    with opened(read_workplace(place / "einvoice.toml")) as here:
        set_rules(here.store, SERVICE, rules, "testfurt")
        answers = tried(here, place / "inbox" / NOWHERE)[0][1]
        assert [a.route.pattern for a in answers if a.route] == ["ALLES"]
        set_rules(here.store, SERVICE, rules, "musterlippe")
        (answer,) = [a for a in tried(here, place / "inbox" / NOWHERE)[0][1] if a.layer == "rules"]
        assert (answer.route, answer.hint) == (None, "several")


WRONG = [
    ('[A]\nto = "nirgends"\nif = "invoice.number"\n', 2, "nirgends"),
    ('[A]\nto = "testfurt"\n', 1, "if"),
    ('[A]\nif = "invoice.number"\n', 1, "town"),
    ('[A]\nto = "testfurt"\nif = "invoice.numbr"\n', 3, "if: invoice has no 'numbr'"),
    ('[A]\nto = "testfurt"\nif = "__import__(\'os\')"\n', 3, "if: "),
    ('[A]\nto = "testfurt"\nif = "invoice.totals.payable > 5"\n', 3, "if: "),
    ('[A]\nto = "testfurt"\nif = "invoice.number"\nassert = "invoice.number"\n', 4, "routing rule"),
    ("", 1, "no routing rules"),
    ("[A\n", 1, ":1: "),
]


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_a_rule_that_makes_no_sense_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    place = demo(tmp_path, SAMPLE)
    rules = tmp_path / "rules.toml"
    rules.write_text(text)
    with (
        opened(read_workplace(place / "einvoice.toml")) as here,
        pytest.raises(RulebookError, match=said) as caught,
    ):
        set_rules(here.store, SERVICE, rules, None)
    assert str(caught.value).startswith(f"{rules}:{line}: ")


def test_the_command_says_what_each_layer_answers(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    once(place)
    said = call("tenant", "route", "1", "--explain", "--config", str(place))
    assert said.code == 0
    assert said.out.startswith("Zugeordnet an Stadt Musterlippe: Leitweg-ID (BT-10)")
    assert "  3. Empfänger der Mail: nichts angegeben" in said.out
    file = Path(__file__).parents[2] / "samples" / NOWHERE
    queue = call("tenant", "route", str(file), "--config", str(place), lang="en")
    assert (queue.code, queue.out) == (1, f"{NOWHERE}: no town: to be assigned by hand\n")
    assert call("tenant", "route", "nirgends.xml", "--config", str(place)).code == 2
    assert call("tenant", "route", "77", "--config", str(place)).code == 1


def test_of_several_with_one_number_at_once_one_is_payable(tmp_path: Path, store_url: str) -> None:
    place = demo(tmp_path, SAMPLE, url=store_url)
    text = (place / "inbox" / SAMPLE).read_bytes()
    for number in range(5):
        (place / "inbox" / f"{number}.xml").write_bytes(text.replace(b"Werre", f"Werre{number}".encode(), 1))
    assert at_once(place, 2) == [0, 0]
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        states = sorted(row.state for row in session.exec(select(Invoice)))
    assert states == ["held"] * 5 + ["routed"]
    assert differences(place) == []
