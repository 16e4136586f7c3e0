"""`grpolog prompts SRC`: how each prompt did, and which to take out of a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grpolog.cli import destination, screen
from grpolog.cli.allowing import allowed
from grpolog.cli.expressions import understood
from grpolog.cli.working import working

if TYPE_CHECKING:
    import polars as pl

    from grpolog.analysis import Run
    from grpolog.analysis.prompts import Choice, Prompts

_SHOWN = 20  # prompts in a terminal, unless told otherwise
_WIDEST = 120  # columns


@click.command(short_help="Say which prompts are solved, regressed, hard or unstable.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.option(
    "--solved",
    type=click.Choice(["never", "sometimes", "always", "unknown", "regressed"]),
    help="Only these: no answer over the whole run was right, some were, all were; or it was solved better before.",
)
@click.option("--where", "asked", metavar="EXPRESSION", help="Only these, as in `grpolog examples`; names see below.")
@click.option("--sort", metavar="EXPRESSION", help="Lowest first; -swing has the highest first.  [default: hardest]")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="At most, 0 for all.  [default: 20]")
@click.option("--eval", "evaluated", is_flag=True, help="Prompts of the evaluation instead of training.")
@click.option("--eval-set", metavar="NAME", help="Prompts of this evaluation set.")
@click.option("--ids", "file", metavar="FILE", help="Write their ids to FILE, or - for stdout, one a line.")
@click.option("--map", "pairs", metavar="OURS=THEIRS", multiple=True, help="What a key of a foreign log means.")
@allowed
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all statistics.")
def prompts(
    source: Path,
    solved: "Choice | None",
    asked: str | None,
    sort: str | None,
    limit: int | None,
    evaluated: bool,
    eval_set: str | None,
    file: str | None,
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say how the prompts of the log SRC did over all their groups, whether texts were kept or not.

    A prompt is solved where the primary reward function gives its best value; where the log does not tell, prompts are
    measured by their mean total. Names for EXPRESSIONs are pass_rate, score, mean, std, visits, completions, passes,
    first, best, last, best_step, regressed, swing, mean_length, truncated_share, signal_share, first_step, last_step,
    outcome, source, prompt_id and row_id.

    \b
    grpolog prompts runs/exp1.jsonl                          counts, sources, hardest, regressed, unstable
    grpolog prompts runs/exp1.jsonl --solved never --limit 0
    grpolog prompts runs/exp1.jsonl --sort -swing --eval
    grpolog prompts runs/exp1.jsonl --solved always --ids solved.txt
    grpolog prompts runs/exp1.jsonl --where "pass_rate < 0.05 and completions >= 32" --ids hard.txt

    Ids are those of the dataset's rows where it names them, else hashes of the prompts, which are the same in every
    run: grpolog.generation.prompts.prompt_id makes them.
    """  # noqa: D301 - click wants the character \b itself
    from grpolog.sources.renaming import parsed

    mapping = parsed(pairs)
    with working(f"reading {source}"):
        from grpolog.analysis import read
        from grpolog.analysis.prompts import prompt_texts, prompts_of
        from grpolog.report import prompts as page
        from grpolog.report.numbers import count
        from grpolog.report.terminal import Paint

        run = read(source, mapping=mapping)
        known = prompts_of(run, mode="eval" if evaluated or eval_set else "train", eval_name=eval_set)
        found = _chosen(known, solved, asked, sort)
    if not known.table.height:
        click.echo(_nothing(run, evaluated or eval_set is not None), err=True)
    chosen = solved is not None or asked is not None or sort is not None
    limit = (0 if as_json or file else _SHOWN) if limit is None else limit
    shown = found.head(limit) if limit else found
    if file is not None:
        kind, lines = page.ids(shown)
        _write(file, "".join(f"{line}\n" for line in lines), count(len(lines), f"{kind} id"))
    if as_json:
        click.echo(screen.safe_json(page.as_json(known, shown, prompt_texts(run, shown["prompt_id"]))))
    elif file is None and known.table.height:
        width, colour = screen.width(_WIDEST), screen.coloured()
        texts = prompt_texts(run, known.table["prompt_id"])
        printed = page.Page(known, texts, width, Paint(colour))
        for line in printed.listed(shown) if chosen else printed.overview():
            click.echo(line, color=colour)
        if chosen:
            said = f"{shown.height:,} of {found.height:,} that match; the log has {known.table.height:,} prompts."
            click.echo(said, err=True)


def _nothing(run: "Run", evaluated: bool) -> str:
    """What to say where no group is known; of an evaluation with the sets that there are."""
    said = "The log holds no group of these prompts, so nothing is known of them."
    names = run.events["group"]["eval_name"].drop_nulls().unique().sort().to_list() if evaluated else []
    return (
        f"{said} Name one of its evaluation sets with --eval-set: {screen.safe(', '.join(names))}." if names else said
    )


def _chosen(known: "Prompts", solved: "Choice | None", asked: str | None, sort: str | None) -> "pl.DataFrame":
    """The prompts that are asked for, in the order that is asked for."""
    import polars as pl

    from grpolog.analysis import where
    from grpolog.report.prompts import names_of

    names = names_of(known)
    unscored = known.table.filter(pl.col("score").is_null())
    found = known.select(solved) if solved else pl.concat([known.select("hardest"), unscored])
    for term in understood(where.condition, asked, names, "--where") if asked is not None else ():
        found = found.filter(term.expression)
    if sort is None:
        return found
    order = understood(where.order, sort, names, "--sort")
    return found.sort(order.expression, nulls_last=True, maintain_order=True)


def _write(file: str, text: str, what: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
        return
    destination.write(Path(file), text)
    click.echo(f"Wrote {what} to {screen.safe(file)}", err=True)
