"""What stands in the database that einvoice did not make: triggers, rules and views could change what is written;
and whether the database file itself is whole."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlmodel import Session

from einvoice.store.differences import Difference

_SQLITE = "SELECT type || ' ' || name FROM sqlite_master WHERE type IN ('trigger', 'view')"
_POSTGRES = """
SELECT 'trigger ' || tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
UNION ALL SELECT 'rule ' || rulename FROM pg_rules WHERE schemaname = current_schema()
UNION ALL SELECT 'view ' || viewname FROM pg_views WHERE schemaname = current_schema()
"""


def foreign(session: Session) -> Iterator[Difference]:
    """Triggers, rules and views, and what the database finds wrong with itself."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    connection = session.connection()
    for what in connection.execute(text(_SQLITE if sqlite else _POSTGRES)).scalars():
        yield Difference("schema-foreign", "store", {"what": what})
    if sqlite:
        for what in connection.execute(text("PRAGMA integrity_check(20)")).scalars():
            if what != "ok":
                yield Difference("store-broken", "store", {"what": what})
