"""The command line: one file per verb, imported when the verb is used.

A verb's file imports nothing heavier than click at its top, so that help and completion answer at once.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

import click

from grpolog import __version__

VERBS = {
    "report": "report",
    "compare": "compare",
    "show": "show",
    "examples": "examples",
    "prompts": "prompts",
    "check": "check",
    "rules": "rules",
    "audit": "audit",
    "verify": "verify",
    "repair": "repair",
    "archive": "archive",
    "import": "import_",
    "metrics": "metrics",
    "schema": "schema",
    "demo": "demo",
    "completion": "completion",
}
"""Each verb's module in this package, in the order of the help text. The command has the module's name."""

INTERRUPTED: Final = 130
HUNG_UP: Final = 141
"""Exit codes after Ctrl-C and where nobody reads the output any more: what a shell says of SIGINT and SIGPIPE."""


@contextmanager
def _quietly() -> Iterator[None]:
    """End a verb as the signals would; click makes exit code 1 of them, which is that of a bad verdict."""
    try:
        yield
        if sys.stdout is not None:  # it is None where the caller closed it
            sys.stdout.flush()
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # what is still buffered would fail once more when the interpreter closes its files
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(HUNG_UP) from None


class Verbs(click.Group):
    """Finds the verbs in their modules."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """The context; of the group alone, help and version are told here."""
        with _quietly():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        with _quietly():
            return super().invoke(ctx)

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


def _allow(context: click.Context, _parameter: click.Parameter, text: str | None) -> None:
    if text and not context.resilient_parsing:
        from grpolog.archive.unpack import LIMIT
        from grpolog.cli.spans import size

        LIMIT.set(size(text))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="grpolog", message="%(prog)s %(version)s")
@click.option(
    "--max-unpacked",
    metavar="8GB",
    envvar="GRPOLOG_MAX_UNPACKED",
    expose_value=False,
    callback=_allow,
    help="Most that an archive may unpack to.",
)
def cli() -> None:
    """The flight recorder of GRPO training runs."""
