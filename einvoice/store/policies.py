"""PostgreSQL's own word on who sees what: row-level security on every table that knows tenants.

A session sees the rows of the tenant that the setting `einvoice.tenant` names, all with `all`, and none at all
without it: what connects past einvoice sees nothing until it says for whom. The owner of the tables obeys too.
"""

from sqlalchemy import Connection, Table, inspect, text

from einvoice.store.engines import TENANT_SETTING
from einvoice.store.tables import METADATA

NAME = "one_tenant"
_WISH = f"(SELECT current_setting('{TENANT_SETTING}', true))"


def tenanted() -> list[Table]:
    """The tables with rows of tenants: by `tenant_id`, or by the chain they stand in."""
    return [table for table in METADATA.sorted_tables if table.name != "source" and _owner(table)]


def secure(connection: Connection) -> None:
    """Gives every table that has none its policy. Nothing on other databases than PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return
    there = connection.execute(
        text("SELECT tablename FROM pg_policies WHERE policyname = :name AND schemaname = current_schema()"),
        {"name": NAME},
    )
    done = set(there.scalars())
    made = set(inspect(connection).get_table_names())
    for table in tenanted():
        if table.name in made - done:
            for statement in _statements(table):
                connection.exec_driver_sql(statement)


def _statements(table: Table) -> tuple[str, ...]:
    name = f'"{table.name}"'
    return (
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {NAME} ON {name} USING ({_WISH} = 'all' OR {_owner(table)})",
    )


def _owner(table: Table) -> str:
    if "tenant_id" in table.columns:
        return f"tenant_id::text = {_WISH}"
    return f"chain = 'tenant/' || lpad({_WISH}, 6, '0')" if "chain" in table.columns else ""
