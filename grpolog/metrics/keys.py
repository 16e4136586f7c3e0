"""How a framework's key and its meaning are written down."""

from dataclasses import dataclass

from grpolog.events import Mode


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a framework, or a pattern of keys, with the meaning that it has in some versions."""

    key: str
    """The key as the framework logs it. `<f>` stands for a reward function, `<set>` for an eval set, `<*>` for a piece
    between slashes and `<**>` for anything; the last two are dropped from the name."""

    metric: str = ""
    """Canonical name, with `<f>` where the key has it; empty for a key that keeps its own name, deliberately."""

    caveat: str = ""
    """How its meaning differs from the canonical definition; empty where it does not. Of a key that keeps its own name:
    what it is."""

    factor: float = 1.0
    """What a value is multiplied by to have the canonical unit."""

    offset: float = 0.0
    """What is added after that: a share of mixed groups is one minus the share of equal ones."""

    since: str = ""
    """First version of the framework with this meaning; empty for all."""

    until: str = ""
    """Last version with this meaning; empty for all."""

    trainer: str = ""
    """Part of the class name of the only trainer with this meaning; empty for all that have none of their own."""

    mode: Mode = "train"
    """Whether it speaks of training or of an evaluation."""


@dataclass(frozen=True, slots=True)
class Always:
    """A metric that a framework logs in every run, from a version on or in some versions."""

    metric: str
    """Canonical name; with `<f>` one of at least one reward function."""

    unless: str = ""
    """With which settings it is not logged; empty where it always is."""

    shown_by: tuple[str, ...] = ()
    """Metrics that are logged with these settings only."""

    only_with_kl: bool = False
    """Whether it takes a KL term, `beta` above 0."""

    since: str = ""
    """First version that logs it; empty for all."""

    until: str = ""
    """Last version that does; empty for all."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a key is called here."""

    metric: str
    """Canonical name without `eval_`, or the key itself where it keeps its own name."""

    caveat: str = ""
    factor: float = 1.0
    mode: Mode = "train"
    eval_name: str | None = None
    known: bool = True
    """Whether the vocabulary knows the key."""

    offset: float = 0.0

    def scaled(self, value: float) -> float:
        """`value` in the canonical unit; unchanged, to the bit, where the units are the same."""
        return value if self.factor == 1.0 and self.offset == 0.0 else value * self.factor + self.offset
