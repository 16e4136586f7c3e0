"""What is said of a run as a whole, as values."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "info", "warning", "error"]
"""How alarming something is; always shown as a word and a symbol too, never by colour alone."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said about the run as a whole."""

    word: str
    """The state, in capitals."""

    symbol: str
    """A sign that says the same."""

    tone: Tone
    """How alarming it is."""

    sentence: str
    """What happened, and since when."""

    ending: str = ""
    """How training ended or whether it runs, one or two words: running, finished, stopped, hung, died, ..."""

    progress: str = ""
    """Step reached, of how many, and of a run that goes on how long ago."""

    first: str = ""
    """What to check first; empty where nothing is wrong."""

    checkpoint: str = ""
    """The checkpoint to use with its path, or why none is named."""

    points: tuple[str, ...] = ()
    """Evidence in further sentences."""

    system: tuple[str, ...] = ()
    """What was found about the machine beside what the sentence says: time, memory, how training ended."""

    unjudged: tuple[tuple[str, str], ...] = ()
    """What cannot be judged from this log, and why."""
