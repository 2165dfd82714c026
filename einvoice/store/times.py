"""Times as the store writes them: UTC, ISO 8601, microseconds and `Z`, so that text sorts as time does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
"""Where the days of people begin and end."""

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def utc_now() -> str:
    """The time of the machine's clock, as stored."""
    return stamp(datetime.now(UTC))


def stamp(time: datetime) -> str:
    """A time with zone, as stored."""
    return time.astimezone(UTC).strftime(_FORMAT)


def moment(text: str) -> datetime:
    """A stored time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def in_berlin(text: str) -> datetime:
    """A stored time as clocks in Berlin showed it."""
    return moment(text).astimezone(BERLIN)


def day_of(text: str) -> date:
    """The day in Berlin of a stored time."""
    return in_berlin(text).date()


def later(text: str, seconds: float) -> str:
    """The stored time `seconds` after a stored time."""
    return stamp(moment(text) + timedelta(seconds=seconds))
