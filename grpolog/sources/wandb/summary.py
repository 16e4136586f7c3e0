"""`wandb-summary.json`: the last value of each metric, and nothing of the way there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from grpolog import jsonl
from grpolog.errors import LogError
from grpolog.sources.items import Closing, Item, Opening
from grpolog.sources.lenient_json import loads
from grpolog.sources.sample import Note
from grpolog.sources.tracked import taken_totals
from grpolog.sources.wandb.history import Entry, History

_OWN: Final = ("_wandb", "_timestamp", "_runtime", "_step")
"""Keys of W&B itself."""


def is_summary(text: str) -> bool:
    """Whether a text is a summary: an object with W&B's own keys beside single values."""
    if not (text.lstrip().startswith("{") and any(f'"{key}"' in text for key in _OWN)):
        return False
    try:
        value = loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and any(_is_own(key, value.get(key)) for key in _OWN)


def read(path: Path, note: Note) -> Iterator[Item]:
    """The only row, at the last step.

    Raises:
        LogError: the file cannot be opened, is broken or no summary.
    """
    try:
        values = loads(jsonl.whole(path))
    except (ValueError, *jsonl.BROKEN) as error:
        raise LogError(f"cannot be read: {error}", path) from error
    if not isinstance(values, dict):
        raise LogError("is no summary of W&B", path)
    what = "a summary holds only the last value of each metric; the history is not in it"
    note("missing part", path, None, what)
    history = History(path, note)
    rows = history.rows([Entry(1, values)])
    yield Opening(history.framework)
    yield from rows
    totals = taken_totals(values)
    if "train_runtime" in totals:
        yield Closing("finished", totals=totals)


def _is_own(key: str, value: Any) -> bool:
    return isinstance(value, dict) if key == "_wandb" else isinstance(value, (int, float))
