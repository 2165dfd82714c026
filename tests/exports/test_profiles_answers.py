"""What a receiver answers, in the four kinds, and what is no answer."""

import pytest

from einvoice.errors import Refused
from einvoice.exports.profiles.answering import Answered, answers
from einvoice.exports.profiles.form import AnswerForm
from tests.exports.cases import sample

TAKEN = Answered("RE-1", "accepted", "", "4711")
REFUSED = Answered("RE-2", "rejected", "Konto geschlossen", "")

ANSWERS = {
    "hkr-csv": b"Rechnungsnummer;Beleg;Status;Fehler\r\nRE-1;4711;OK;\r\nRE-2;;FEHLER;Konto geschlossen\r\n",
    "hkr-fixed": f"{'RE-1':30}J{'4711':10}{'':60}\r\n{'RE-2':30}N{'':10}{'Konto geschlossen':60}\r\n".encode(),
    "hkr-xml": b"<r xmlns='urn:x'><Quittung><Rechnungsnummer>RE-1</Rechnungsnummer><Ergebnis>ANGENOMMEN</Ergebnis>"
    b"<Buchungsnummer>4711</Buchungsnummer></Quittung><Quittung><Rechnungsnummer>RE-2</Rechnungsnummer>"
    b"<Ergebnis>ABGELEHNT</Ergebnis><Grund>Konto geschlossen</Grund></Quittung></r>",
    "hkr-json": b'{"results": [{"number": "RE-1", "status": "accepted", "voucher": 4711}, '
    b'{"number": "RE-2", "status": "rejected", "message": "Konto geschlossen"}]}',
}  # fmt: skip


def _form(name: str) -> AnswerForm:
    form = sample(name)[0].form.answer
    assert form is not None
    return form


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_read(name: str) -> None:
    assert answers(_form(name), ANSWERS[name], "a") == [TAKEN, REFUSED]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("hkr-csv", b"", "no answers"),
        ("hkr-csv", b"Rechnungsnummer;Status\r\nRE-1;VIELLEICHT\r\n", "row 1: RE-1: state 'VIELLEICHT'"),
        ("hkr-csv", b"Rechnungsnummer;Status\r\nRE-1;OK\r\nRE-1;FEHLER\r\n", "RE-1 stands twice"),
        ("hkr-csv", b"Nummer;Status\r\nRE-1;OK\r\n", "row 1: no invoice"),
        ("hkr-xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "cannot be read"),
        ("hkr-xml", b"<a><b></a>", "cannot be read"),
        ("hkr-json", b'{"results": {}}', "no answers"),
        ("hkr-json", b"[" * 100_000, "cannot be read"),
        ("hkr-json", b'{"x": 1}', "cannot be read|no answers"),
        ("hkr-json", b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_no_answer_is_refused(name: str, content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        answers(_form(name), content, "antwort")
