"""`grpolog completion SHELL`: the script that teaches a shell to complete grpolog's commands."""

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash: eval "$(grpolog completion bash)"      in ~/.bashrc
    zsh:  eval "$(grpolog completion zsh)"       in ~/.zshrc
    fish: grpolog completion fish | source       in ~/.config/fish/config.fish
    """  # noqa: D301 - click wants the character \b itself
    found = get_completion_class(shell)
    assert found is not None  # the three are click's own
    click.echo(found(ctx.find_root().command, {}, "grpolog", "_GRPOLOG_COMPLETE").source())
