"""What a session that only looks asks once: it sees one moment, so the same question has the same answer."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from sqlmodel import Session

T = TypeVar("T")
_KNOWN = "known"


def remembering(session: Session) -> None:
    """Lets a session that only looks remember answers."""
    session.info[_KNOWN] = {}


def once(session: Session, question: Hashable, ask: Callable[[], T]) -> T:
    """The answer to a question, asked once by a session that only looks, every time by one that writes."""
    known: dict[Hashable, Any] | None = session.info.get(_KNOWN)
    if known is None:
        return ask()
    if question not in known:
        known[question] = ask()
    answer: T = known[question]
    return answer


def read_ahead(session: Session, question: str, answers: Mapping[int, Any]) -> None:
    """Keeps what one statement told about many things, in place of what it told about others before."""
    if (known := session.info.get(_KNOWN)) is not None:
        known[question] = answers


def recalled(session: Session, question: str, about: int | None, ask: Callable[[], T]) -> T:
    """What was read ahead about a thing, else the answer asked now."""
    answers = session.info.get(_KNOWN, {}).get(question, {})
    if about not in answers:
        return ask()
    answer: T = answers[about]
    return answer
