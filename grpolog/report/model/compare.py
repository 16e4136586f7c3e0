"""Several runs held against each other, as values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grpolog.report.model.chart import Across, Question
from grpolog.report.model.example import Completion, Turn
from grpolog.report.model.verdict import Tone


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Whether arms differ, by what, by how much, and how sure that is."""

    word: str
    """The answer, in capitals."""

    symbol: str
    """A sign that says the same."""

    tone: Tone
    """How alarming it is: that of the state of the better arm."""

    sentence: str
    """The effect that leads, with its interval."""

    points: tuple[str, ...] = ()
    """Other effects, states, and what cannot be said."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """How one arm differs from the baseline by the metric that decides."""

    label: str
    """The arm."""

    other: str
    """The baseline."""

    mean: float
    """Of the part that is compared."""

    other_mean: float
    """The same of the baseline."""

    difference: float
    """The arm less the baseline: the mean of what is paired."""

    low: float | None
    """Lower end of its 95 % interval; null where there are too few values."""

    high: float | None
    """Upper end."""

    shown: bool
    """Whether the interval leaves out zero."""

    values: int
    """Pairs of values that the difference is the mean of; 0 where it is one of seeds."""

    seeds: tuple[int, int]
    """Runs of the arm, and of the baseline."""

    sentence: str
    """The same in words."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column of the leaderboard holds."""

    title: str
    """A few words."""

    about: str
    """What it is, a sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of an arm."""

    value: float | None
    """The figure; null when unknown."""

    text: str
    """As it is shown, with its unit."""

    delta: str = ""
    """Difference to the baseline; empty for the baseline, and where it would mean nothing."""

    best: bool = False
    """Whether no arm has a better one."""

    note: str = ""
    """Where it was reached, or over how many seeds it is a mean."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One arm: a run, or the seeds of one configuration."""

    label: str
    """Short, and unlike that of any other; its place among the contenders is its colour."""

    names: tuple[str, ...]
    """Names of its runs, whole."""

    word: str
    """State by the rules of `check`, of several seeds the gravest."""

    symbol: str
    """Sign of the state."""

    tone: Tone
    """How alarming the state is."""

    reason: str
    """What the state rests on, a sentence."""

    status: str
    """How its newest attempt ended, of several seeds each different word."""

    cells: tuple[Cell, ...]
    """Figures in the order of the columns."""

    spark: tuple[float, ...]
    """At most 48 bucket means of the metric that decides."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting that is not the same in all arms."""

    key: str
    """Dotted name."""

    values: tuple[str, ...]
    """By arm; several seeds' different values one after the other; empty where the log does not tell."""

    kind: Literal["setting", "seed", "place"]
    """Something that may matter, a seed, or only where a run lies and what it is called."""


@dataclass(frozen=True, slots=True)
class Span:
    """A finding on the lane of its run."""

    begin: float
    """Where it is estimated to have begun."""

    end: float
    """Where it was over; the end of the run where it was not."""

    severity: Literal["info", "warning", "error"]
    """The highest it reached."""

    title: str
    """What happened, a sentence."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What happened in one run, along the x axis."""

    name: str
    """The run: the label of its arm, or its own name where that has several."""

    place: int
    """Number of its arm."""

    end: float
    """How far it got."""

    spans: tuple[Span, ...]
    """What the rules of `check` found, by begin."""

    resumes: tuple[float, ...] = ()
    """Where a later attempt went on."""


@dataclass(frozen=True, slots=True)
class RunFinding:
    """One finding."""

    name: str
    """The run, as its lane calls it."""

    place: int
    """Number of its arm."""

    severity: Literal["info", "warning", "error"]
    """The highest it reached."""

    step: int
    """Step at which it is estimated to have begun."""

    state: Literal["open", "resolved"]
    """Whether it still stood at the end."""

    rule: str
    """Rule that found it."""

    metric: str
    """Metric that it is about."""

    message: str
    """What happened, a sentence."""


@dataclass(frozen=True, slots=True)
class Side:
    """The answers of one arm to a prompt."""

    label: str
    """The arm."""

    place: int
    """Its number."""

    step: int
    """Optimizer step at which they were sampled."""

    size: int
    """How many answers."""

    mean: float | None
    """Mean of their totals."""

    std: float | None
    """Spread of their totals."""

    answers: tuple[Completion, ...]
    """The one with the highest total and the one with the lowest; one where all are equal."""


@dataclass(frozen=True, slots=True)
class SharedPrompt:
    """A prompt that several arms kept answers to."""

    prompt_id: str
    """Hash of the prompt, the same in every run."""

    where: str
    """`training`, or which evaluation."""

    why: str
    """Why it is shown, a sentence."""

    prompt: tuple[Turn, ...]
    """What was asked."""

    sides: tuple[Side, ...]
    """By arm."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is said about several runs side by side."""

    title: str
    """The names of the arms."""

    subtitle: tuple[str, ...]
    """Short facts of the title line."""

    verdict: Conclusion
    """What can be said about them as a whole."""

    metric: str
    """The metric that decides; empty where the runs have none in common."""

    across: Across
    """By what they are aligned: what the x axes show."""

    window: tuple[float, float] | None
    """Part of the x axis that the verdict compares; null without a verdict."""

    baseline: int
    """Number of the arm that the others are held against."""

    contrasts: tuple[Contrast, ...]
    """Of every other arm."""

    cautions: tuple[str, ...]
    """Why figures of these runs are not to be held against each other, sentences."""

    columns: tuple[Column, ...]
    """Of the leaderboard."""

    contenders: tuple[Contender, ...]
    """The arms in the order in which they were given."""

    settings: tuple[SettingRow, ...]
    """Settings that differ, what may matter first."""

    settings_note: str
    """How many are the same, and whose are not known."""

    questions: tuple[Question, ...]
    """Charts with one line an arm, its colour the same in all of them."""

    lanes: tuple[Lane, ...]
    """By run what the rules found."""

    findings: tuple[RunFinding, ...]
    """The same as a table, the gravest first."""

    findings_left_out: int
    """Findings that the table has no room for."""

    prompts: tuple[SharedPrompt, ...]
    """Prompts that several arms kept answers to."""

    prompts_note: str
    """Of how many they are a choice."""

    about: tuple[tuple[str, str], ...]
    """How to read the comparison and what it was made from, by heading."""

    grpolog_version: str
    """Version that made it."""

    generated_at: str | None = None
    """ISO 8601, UTC; None when the caller gave no time."""

    # Rendering is imported when it is asked for: the values themselves need neither jinja2 nor templates.

    def to_html(self, *, max_bytes: int = 1_000_000) -> str:
        """The comparison as one self-contained page.

        Args:
            max_bytes: size of the page as UTF-8 up to which prompts and then points of the curves are left out.
        """
        from grpolog.report.comparison import render_html

        return render_html(self, max_bytes)

    def to_markdown(self) -> str:
        """The comparison as GitHub-flavoured Markdown of at most 20 KB, for a pull request."""
        from grpolog.report.comparison import render_markdown

        return render_markdown(self)

    def to_json(self) -> str:
        """These values as one line of JSON; NaN and infinities are null."""
        from grpolog.report import data

        return data.render(self)

    def save(self, path: str | Path) -> Path:
        """Write the comparison in the format that the name's ending says: `.html`, `.md` or `.json`.

        Raises:
            UsageError: another ending.
            OSError: the file cannot be written; nothing half-written is left.
        """
        from grpolog.report.save import save

        return save(self, Path(path))

    def _repr_html_(self) -> str:
        from grpolog.report import html

        return html.framed(self.to_html(), self.title)
