"""`grpolog examples SRC`: recorded completions to read, chosen by an expression."""

from pathlib import Path

import click

from grpolog.cli import screen
from grpolog.cli.allowing import allowed
from grpolog.cli.expressions import understood
from grpolog.cli.working import working

_SHOWN = 10  # completions in a terminal, unless told otherwise
_WIDEST = 110  # columns of a text


@click.command(short_help="Print the recorded completions that match an expression.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.option("--where", "asked", metavar="EXPRESSION", help="Which completions; see above.")
@click.option("--step", "span", metavar="FIRST:LAST", help="Steps, both included: 300, 300:, :300 or 100:300.")
@click.option("--sort", metavar="EXPRESSION", help="Lowest first; -total has the highest first.  [default: by step]")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=0), help="At most, 0 for all.  [default: 10; with --json all]"
)
@click.option("--full", is_flag=True, help="Print long texts whole.")
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@allowed
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, one completion a line.")
def examples(
    source: Path,
    asked: str | None,
    span: str | None,
    sort: str | None,
    limit: int | None,
    full: bool,
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print recorded completions of the log SRC with their prompt, rewards and advantage.

    An EXPRESSION compares names with numbers, "texts", true, false and none. Names are the reward functions, in
    backticks where they are no words, and total, advantage, tokens, truncated, finish, step, source, prompt_id, kept,
    mode, eval_name, generation, group, index, attempt, prompt and completion. There are + - * / %, and, or, not,
    contains "text", matches "regular expression", is none and is nan. What is unknown matches no comparison.

    \b
    grpolog examples runs/exp1.jsonl --where "accuracy == 0 and format == 1" --step 300:
    grpolog examples runs/exp1.jsonl --where "truncated and not mode == 'eval'" --sort -tokens --limit 3 --full
    grpolog examples runs/exp1.jsonl --where 'completion contains "sorry" or total - accuracy > 2'
    grpolog examples runs/exp1.jsonl --where '`my-reward.v2` < 0.1' --json | jq -r .completion

    Only groups that were recorded can be found; steps that a later attempt replaced are left out.
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.cli.spans import steps
    from grpolog.sources.renaming import parsed

    mapping, wanted = parsed(pairs), steps(span) if span else (None, None)
    with working(f"reading {source}"):
        from grpolog.analysis import read, where
        from grpolog.analysis.completions import matching, names_of
        from grpolog.report import completions

        run = read(source, mapping=mapping)
        names = names_of(run)
        conditions = understood(where.condition, asked, names, "--where") if asked is not None else ()
        order = understood(where.order, sort, names, "--sort") if sort is not None else None
        found = matching(run, conditions, wanted, order)
    limit = (0 if as_json else _SHOWN) if limit is None else limit
    shown = run.with_texts(found.head(limit) if limit else found)
    if as_json:
        for line in completions.lines_of_json(shown):
            click.echo(screen.safe_json(line))
        return
    width, colour = screen.width(_WIDEST), screen.coloured()
    for line in completions.rendered(shown, width=width, colour=colour, full=full):
        click.echo(line, color=colour)
    recorded = run.kept.height
    said = f"{shown.height:,} of {found.height:,} completions that match; {recorded:,} were recorded."
    click.echo(said if recorded else "The log holds no completion to read.", err=True)
