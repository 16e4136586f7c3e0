"""Keys as tables of notebooks spell them."""

import re
from typing import Final

from grpolog.metrics.vocabulary import metric

_LABELS: Final = {
    "step": "step",
    "epoch": "epoch",
    "training loss": "loss",
    "validation loss": "eval_loss",
}
"""Columns of the table that Hugging Face shows in notebooks."""


def normalised(key: str) -> str:
    """A key without the spaces and capitals of a notebook's table: `rewards / f / mean`, `Training Loss`, `Reward Std`.

    What stands between slashes keeps its capitals, since functions may be named so. A key that is not canonical after
    that keeps its spelling, without the spaces around it and around slashes.
    """
    text = re.sub(r"\s+", " ", key).strip()
    if text.lower() in _LABELS:
        return _LABELS[text.lower()]
    text = re.sub(r" ?/ ?", "/", text)
    for candidate in (text, text.replace(" ", "_"), text.lower().replace(" ", "_")):
        if metric(candidate):
            return candidate
    return text
