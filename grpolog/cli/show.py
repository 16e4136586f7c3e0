"""`grpolog show SRC...`: the report in the terminal."""

from pathlib import Path

import click

from grpolog.cli import screen
from grpolog.cli.allowing import allowed
from grpolog.cli.working import working


@click.command(short_help="Show verdict, key numbers and findings of a log in the terminal.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@allowed
@click.option("--json", "as_json", is_flag=True, help="The same values as one line of JSON a log.")
def show(sources: tuple[Path, ...], pairs: tuple[str, ...], as_json: bool) -> None:
    """Show the report of each log SRC in 80 columns: verdict, key numbers and their course, functions, findings.

    It says what the page of `grpolog report` says. Colours are for terminals only, and NO_COLOR turns them off.

    \b
    grpolog show runs/exp1.jsonl
    grpolog show runs/*.jsonl | less
    grpolog show runs/*.jsonl --json | jq -r '[.title, .status, .verdict.word] | @tsv'
    watch grpolog show runs/exp1.jsonl             a run that is being written
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.sources.renaming import parsed

    mapping = parsed(pairs)
    for number, source in enumerate(sources):
        with working(f"reading {source}"):
            from grpolog.analysis import read
            from grpolog.report import build_report, data, terminal

            report = build_report(read(source, mapping=mapping))
        if as_json:
            click.echo(screen.safe_json(data.render(report, terminal.SHOWN)), nl=False)
            continue
        if number:
            click.echo()
        text = terminal.render(report, width=screen.width(terminal.WIDTH), colour=screen.coloured())
        click.echo(text, nl=False, color=screen.coloured())
