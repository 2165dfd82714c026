"""Groups of commands whose commands have German names as well."""

from typing import Any

from typer.core import TyperGroup


def with_aliases(aliases: dict[str, str]) -> type[TyperGroup]:
    """A group that knows its commands by other names, too: other name → name. `--help` lists the names alone."""

    class Aliased(TyperGroup):
        """A group with aliases."""

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """The command of that name or alias; None if there is none."""
            return super().get_command(ctx, aliases.get(cmd_name, cmd_name))

    return Aliased
