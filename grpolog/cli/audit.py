"""`grpolog audit SRC`: how complete a log is, and what therefore cannot be judged."""

from dataclasses import asdict
from pathlib import Path

import click

from grpolog.cli import screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working


@click.command(short_help="Say how complete a log is.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@allowed
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
def audit(source: Path, pairs: tuple[str, ...], as_json: bool) -> None:
    """Say how complete the log SRC is: attempts, steps, gaps, ranks, what could not be read, what is not finite."""
    from grpolog.analysis import read
    from grpolog.sources.renaming import parsed

    with working(f"reading {source}", shown=not as_json):
        found = read(source, mapping=parsed(pairs)).audit
    if as_json:
        content = asdict(found) | {"complete": found.complete, "losses": [str(loss) for loss in found.losses]}
        click.echo(screen.json_of(content))
        return
    for sentence in found.sentences():
        click.echo(screen.safe(sentence))
    for loss in found.losses:
        click.echo(f"  {screen.safe(loss)}")
