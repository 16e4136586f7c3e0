"""`grpolog metrics [NAME]`: what a number means, what it should do, when to worry."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from grpolog.cli import screen

if TYPE_CHECKING:
    from grpolog.metrics import Metric
    from grpolog.metrics.lookup import Answer, Spelling

_WIDTH = 100  # columns of an explanation at most
_DIRECTION = {"up": "up", "down": "down", "none": "-"}


@click.command(short_help="Explain a metric: meaning, direction, when to worry.")
@click.argument("name", required=False)
@click.option("--framework", metavar="NAME", help="Only the keys of this framework: trl, verl, openrlhf, ...")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def metrics(name: str | None, framework: str | None, as_json: bool) -> None:
    """Explain the metric NAME, or list all of them.

    NAME is a name of ours or a key of a framework; parts such as the name of a reward function may be anything.

    \b
    grpolog metrics                        all metrics, one a line
    grpolog metrics kl                     what it is, what it should do, when to worry, who logs it as what
    grpolog metrics critic/score/mean      what verl means by it
    grpolog metrics --framework verl       verl's keys
    """  # noqa: D301 - click wants the character \b itself
    from grpolog import metrics as vocabulary
    from grpolog.errors import UsageError
    from grpolog.metrics import lookup

    if framework is not None and framework not in vocabulary.FRAMEWORKS:
        raise UsageError(f"no framework is called {framework!r}; known are {', '.join(vocabulary.FRAMEWORKS)}")
    if name is None:
        rows = vocabulary.METRICS if framework is None else lookup.spellings(framework)
        _print([asdict(row) for row in rows] if as_json else _table(rows))
        return
    answer = lookup.look_up(name, framework)
    if answer is None:
        if framework is not None and lookup.look_up(name):
            raise UsageError(f"{framework} has no key {name}; grpolog metrics {name} says whose it is")
        close = lookup.near(name)
        hint = f"did you mean {' or '.join(close)}?" if close else "grpolog metrics lists all"
        raise UsageError(f"no metric {name} is known; {hint}")
    keys = {metric.name: lookup.spellings_of(metric, framework) for metric in answer.metrics}
    if as_json:
        read_by = [asdict(spelling) for spelling in answer.read_by]
        known = [asdict(metric) | {"keys": [asdict(key) for key in keys[metric.name]]} for metric in answer.metrics]
        _print({"name": name, "read_by": read_by, "metrics": known})
    else:
        _print("\n".join(_explained(name, answer, keys)))


def _print(content: Any) -> None:
    click.echo(content if isinstance(content, str) else screen.json_of(content))


def _table(rows: "Sequence[Metric] | Sequence[Spelling]") -> str:
    """One line a row: name, unit and direction of a metric, or what a key stands for; then what there is to say."""
    from grpolog.metrics import Metric

    cells = []
    for row in rows:
        if isinstance(row, Metric):
            cells.append((row.name, row.unit, _DIRECTION[row.better], _first_sentence(row.definition)))
        else:
            cells.append((row.key, _stands_for(row), row.mode, row.caveat))
    heading = ("NAME", "UNIT", "BETTER", "MEANING")
    if rows and not isinstance(rows[0], Metric):
        heading = ("KEY", "METRIC", "MODE", "CAVEAT")
    widths = [max(len(line[column]) for line in (heading, *cells)) for column in range(3)]
    lines = ["  ".join((*map(str.ljust, line, widths), line[3])).rstrip() for line in (heading, *cells)]
    if sys.stdout.isatty():
        columns = shutil.get_terminal_size().columns
        lines = [line if len(line) <= columns else f"{line[: columns - 1]}…" for line in lines]
    return "\n".join(lines)


def _explained(name: str, answer: "Answer", keys: "dict[str, list[Spelling]]") -> Iterator[str]:
    for spelling in answer.read_by:
        meaning = f"{spelling.framework} means {_stands_for(spelling)}" + _scale(spelling)
        if not spelling.metric:
            meaning = f"{spelling.framework}'s own, kept under its name"
        yield from _wrapped("", f"{name}: {meaning}" + (f"; {spelling.caveat}" if spelling.caveat else "") + ".")
    for number, metric in enumerate(answer.metrics):
        if number or answer.read_by:
            yield ""
        yield from _of_metric(metric, keys[metric.name])


def _of_metric(metric: "Metric", keys: "Sequence[Spelling]") -> Iterator[str]:
    low, high = metric.bounds
    span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
    yield metric.name
    yield from _wrapped("  ", metric.definition)
    facts = (
        ("unit", metric.unit or "none"),
        ("bounds", "none" if low is None and high is None else span),
        ("better", {"up": "up", "down": "down", "none": "depends"}[metric.better]),
        ("combined", metric.aggregation),
        ("worry", metric.worry or "No warning sign is known."),
        ("kept in", f"{metric.event} events, `{metric.field}`"),
    )
    for label, text in facts:
        yield from _wrapped(f"  {label:<9} ", text)
    if keys:
        yield "  keys"
    for key in keys:
        caveat = f": {key.caveat}" if key.caveat else ""
        evaluated = " (evaluation)" if key.mode == "eval" else ""
        yield from _wrapped(f"    {key.framework:<9} ", f"{key.key}{evaluated}{_scale(key)}{caveat}")


def _stands_for(spelling: "Spelling") -> str:
    return spelling.metric or "(its own name)"


def _scale(spelling: "Spelling") -> str:
    """How a value becomes the canonical one, where it does not stay as it is."""
    if spelling.factor == 1.0 and spelling.offset == 0.0:
        return ""
    if spelling.factor == -1.0:
        return f", as {spelling.offset:g} minus the value"
    return f", times {spelling.factor:g}" + (f" plus {spelling.offset:g}" if spelling.offset else "")


def _first_sentence(text: str) -> str:
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _wrapped(head: str, text: str) -> list[str]:
    """`text` after `head`, in lines of at most `_WIDTH` columns that begin below where it began."""
    lines = textwrap.wrap(text, _WIDTH - len(head), break_long_words=False, break_on_hyphens=False)
    return [f"{head if not number else ' ' * len(head)}{line}" for number, line in enumerate(lines)]
