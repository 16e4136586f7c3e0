"""How a framework's key and its meaning are written down."""

from dataclasses import dataclass

from grpolog.events import Mode


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a framework, or a pattern of keys."""

    key: str
    """The key as the framework logs it; `<f>` stands for a reward function, `<*>` for anything that is dropped from
    the name, such as an environment."""

    metric: str
    """Canonical name, with `<f>` where the key has it."""

    caveat: str = ""
    """How its meaning differs from the canonical definition; empty where it does not."""

    factor: float = 1.0
    """What a value is multiplied by to have the canonical unit."""

    since: str = ""
    """First version of the framework with this meaning; empty for all."""

    until: str = ""
    """Last version with this meaning; empty for all."""

    mode: Mode = "train"
    """Whether it speaks of training or of an evaluation."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a key is called here."""

    metric: str
    """Canonical name without `eval_`, or the key itself where the vocabulary does not know it."""

    caveat: str = ""
    factor: float = 1.0
    mode: Mode = "train"
    eval_name: str | None = None
    known: bool = True
    """Whether the vocabulary knows the key."""
