"""The command line: one file per verb, imported when the verb is used.

A verb's file imports nothing heavier than click at its top, so that help and completion answer at once.
"""

from difflib import get_close_matches
from importlib import import_module

import click

from grpolog import __version__

VERBS = {
    "report": "report",
    "show": "show",
    "check": "check",
    "rules": "rules",
    "audit": "audit",
    "import": "import_",
    "metrics": "metrics",
    "schema": "schema",
    "demo": "demo",
    "completion": "completion",
}
"""Each verb's module in this package, in the order of the help text. The command has the module's name."""


class Verbs(click.Group):
    """Finds the verbs in their modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or None."""
        if cmd_name not in VERBS:
            return None
        module = VERBS[cmd_name]
        command = getattr(import_module(f"grpolog.cli.{module}"), module)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; an unknown name fails with the nearest ones."""
        name = args[0]
        if not name.startswith("-") and name not in VERBS and not ctx.resilient_parsing:
            near = get_close_matches(name, VERBS)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"The commands are {', '.join(VERBS)}."
            ctx.fail(f"No such command {name!r}. {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="grpolog", message="%(prog)s %(version)s")
def cli() -> None:
    """The flight recorder of GRPO training runs."""
