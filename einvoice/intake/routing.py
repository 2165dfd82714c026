"""To which tenant an invoice belongs: layers that are asked in turn until one knows, else the manual queue.

BT-10 (Leitweg-ID) · BT-49 (EAS 0204, other schemes a town has) · recipient (whom the envelope of Peppol names, the
mail address it came to, then the town of its source) · rules (the checked expression language). Of several claims
that fit the longest fixed part wins; two equal claims cannot be stored.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from einvoice.formats.mail import addresses
from einvoice.model.lexical import trim

LEITWEG_SCHEME = "0204"
MAIL = "mail"
"""The kind of an address that is a mailbox."""

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")
"""Fields in which the own server writes to whom it delivered; first what it wrote last, at the top."""

_STATED = ("to", "cc")


@dataclass(frozen=True, slots=True)
class Route:
    """A tenant, and why: the layer (or the term), its value and the claim or rule that fits."""

    tenant_id: int
    by: str
    value: str
    pattern: str

    def reason(self) -> dict[str, str]:
        """For the record."""
        return {"by": self.by, "value": self.value, "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a layer answers: the value it looked at, and its route. hint: `check-digits`, `several`, `failed: …`."""

    layer: str
    value: str
    route: Route | None = None
    hint: str | None = None

    def plain(self) -> dict[str, str]:
        """For the record: what was asked, and what it said."""
        said = {"layer": self.layer, "value": self.value}
        if self.route is not None:
            said |= {"by": self.route.by, "pattern": self.route.pattern}
        return said | ({"hint": self.hint} if self.hint else {})


@dataclass(frozen=True, slots=True)
class Claims:
    """How the towns are addressed: (pattern, tenant id), `*` at the end fits any rest, those that go before others
    first; (kind, value) → tenant id.
    """

    patterns: Sequence[tuple[str, int]] = ()
    addresses: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Puts the patterns in order, once for all questions."""
        ordered = sorted(
            self.patterns, key=lambda claim: (-len(claim[0].rstrip("*")), claim[0].endswith("*"))
        )
        object.__setattr__(self, "patterns", ordered)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be routed. heads: the fields of the mail it came in; envelope: scheme and id of the receiver in its
    Peppol envelope; source: its name and town, if it has one.

    rules: what the routing rules answer, asked last and only if nobody else knew.
    """

    buyer_reference: str | None
    buyer_address: Mapping[str, Any] | None
    heads: Callable[[], Sequence[tuple[str, str]]] = tuple
    envelope: Callable[[], tuple[str, str] | None] = lambda: None
    source: tuple[str, int] | None = None
    rules: Callable[[], Answer] = lambda: Answer("rules", "")


def answers(question: Question, claims: Claims) -> Iterator[Answer]:
    """What each layer says, in the order of their weight."""
    yield _by_pattern("BT-10", question.buyer_reference, claims)
    address = question.buyer_address or {}
    yield _by_address("BT-49", str(address.get("scheme") or ""), address.get("id"), claims)
    envelope = question.envelope()
    yield _by_address("recipient", *envelope, claims) if envelope else _by_recipient(question.heads(), claims)
    if question.source is not None:
        name, tenant = question.source
        yield Answer("source", name, Route(tenant, "source", name, ""))
    yield question.rules()


def decided(question: Question, claims: Claims) -> list[Answer]:
    """The answers up to the first that knows a town."""
    said = []
    for answer in answers(question, claims):
        said.append(answer)
        if answer.route is not None:
            break
    return said


def route(
    buyer_reference: str | None, buyer_address: Mapping[str, Any] | None, claims: Iterable[tuple[str, int]]
) -> Route | None:
    """The route of an invoice by its Leitweg-IDs alone; None if no claim fits."""
    return decided(Question(buyer_reference, buyer_address), Claims(list(claims)))[-1].route


def fits(pattern: str, value: str) -> bool:
    """Whether a Leitweg-ID is what a claim names."""
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def check_digits(leitweg: str) -> bool:
    """Whether the last two digits are right (ISO 7064 mod 97-10); a wrong one is a hint, never a reason to reject."""
    text = leitweg.replace("-", "").upper()
    if len(text) < 4 or not text.isascii() or not text.isalnum():
        return False
    return int("".join(str(int(char, 36)) for char in text)) % 97 == 1


def _by_pattern(layer: str, text: Any, claims: Claims) -> Answer:
    value = trim(text or "").upper()
    hint = "check-digits" if value and not check_digits(value) else None
    for pattern, tenant in claims.patterns:
        if value and fits(pattern, value):
            return Answer(layer, value, Route(tenant, layer, value, pattern), hint)
    return Answer(layer, value, None, hint)


def _by_address(layer: str, scheme: str, text: Any, claims: Claims) -> Answer:
    value = trim(text or "").upper()
    tenant = claims.addresses.get((scheme, value)) if value else None
    if tenant is not None:
        return Answer(layer, value, Route(tenant, layer, value, f"{scheme}:{value}"))
    return _by_pattern(layer, text, claims) if scheme == LEITWEG_SCHEME else Answer(layer, value)


def _by_recipient(heads: Sequence[tuple[str, str]], claims: Claims) -> Answer:
    """What the own server wrote goes before what the sender wrote; several towns in one field are no answer."""
    seen: list[str] = []
    for name in _DELIVERED:
        for one in (value for field_, value in heads if field_ == name):
            answer = _one_town(addresses(one), claims)
            if answer.route or answer.hint:
                return answer
            seen.append(answer.value)
    answer = _one_town(
        [one for field_, value in heads if field_ in _STATED for one in addresses(value)], claims
    )
    return (
        answer
        if answer.route or answer.hint
        else Answer("recipient", ", ".join(filter(None, [*seen, answer.value])))
    )


def _one_town(found: Sequence[str], claims: Claims) -> Answer:
    towns = {claims.addresses[MAIL, one]: one for one in found if (MAIL, one) in claims.addresses}
    value = ", ".join(dict.fromkeys(found))
    if len(towns) == 1:
        tenant, mailbox = towns.popitem()
        return Answer("recipient", value, Route(tenant, "recipient", mailbox, mailbox))
    return Answer("recipient", value, None, "several" if towns else None)
