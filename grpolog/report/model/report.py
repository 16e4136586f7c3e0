"""A report as values, and what can be made of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grpolog.report.model.chart import Question
from grpolog.report.model.example import Group
from grpolog.report.model.prompt import PromptSet

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
    """What was found about the machine: time, memory, how training ended."""

    unjudged: tuple[tuple[str, str], ...] = ()
    """What cannot be judged from this log, and why."""


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One tile of the first screen."""

    label: str
    """What is measured."""

    value: float | None
    """Mean over the last tenth of the run; null when unknown."""

    text: str
    """The value as it is shown, with its unit."""

    change: str
    """How it moved from the first to the last tenth of the run, or why that is not known."""

    spark: tuple[float, ...] = ()
    """At most 48 bucket means."""

    panel: str = ""
    """Key of the panel that shows it in full."""


@dataclass(frozen=True, slots=True)
class GroupLink:
    """A recorded group that a finding tells to read."""

    key: str
    """Key of the group in this report; empty where the report does not hold it."""

    name: str
    """Where it was generated."""

    shows: str
    """What it shows of the finding."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """An alert from its opening to its end, explained."""

    key: str
    """Unique in the report: letters, digits and hyphens."""

    rule: str
    """Name of the rule that speaks."""

    severity: Literal["info", "warning", "error"]
    """The highest it reached."""

    state: Literal["open", "resolved"]
    """Whether it still stands at the end of the log."""

    step: int
    """Step at which it was raised."""

    onset_step: int | None
    """Step at which what it tells is estimated to have begun; null when unknown."""

    resolved_step: int | None
    """Step at which it was over; null while it is open."""

    metric: str
    """Canonical name of the metric that it speaks of."""

    panel: str
    """Key of the panel that shows its metric; empty where none does."""

    message: str
    """What happened, one line."""

    evidence: str
    """The values behind it, and the effect against noise; empty where there are none."""

    causes: str
    """Likely ones."""

    remedy: str
    """What to do, the first thing first."""

    source: str
    """Where thresholds and remedy come from."""

    system: bool
    """Whether it is about the machine and not about what is learned."""

    groups: tuple[GroupLink, ...] = ()
    """Recorded groups to read, the most telling first."""

    details: tuple[tuple[str, str], ...] = ()
    """What else it has to say, such as the stacks of a stall."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert."""

    key: str
    """Unique in the report: letters, digits and hyphens."""

    severity: Literal["info", "warning", "error"]
    """How grave it is."""

    state: str
    """Opened, escalated, or resolved."""

    step: int
    """Optimizer step at which it was raised."""

    rule: str
    """Name of the rule that speaks."""

    metric: str
    """Canonical name of the metric that it speaks of."""

    message: str
    """What happened, one line."""

    before: float | None = None
    """The metric before; null when there is no such value."""

    after: float | None = None
    """The metric now; null when there is no such value."""

    origin: str = ""
    """Empty when log and replay agree, else which of the two knows it."""

    panel: str = ""
    """Key of the panel that shows its metric."""

    superseded: bool = False
    """Whether it is of a step that a later attempt replaced."""

    details: tuple[tuple[str, str], ...] = ()
    """What it has to say beside the message, such as the stacks of a stall."""

    onset_step: int | None = None
    """Step at which what it tells is estimated to have begun; null when unknown."""

    remedy: str = ""
    """What to do about it; empty where it is over, where it is no more than a note, and when unknown."""


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One reward function over the whole run."""

    name: str
    """As in the log."""

    primary: bool
    """Whether it is the task."""

    weight: float | None
    """In the total; null when unknown."""

    first: float | None
    """Mean over the first tenth of the run."""

    last: float | None
    """Mean over the last tenth, as are the following."""

    advantage_share: float | None
    """Part of the advantage that comes from it; null when unknown."""

    group_std: float | None
    """Mean standard deviation within a group; null when unknown."""

    equal_share: float | None
    """Share of groups in which it paid all answers the same; null when unknown."""

    spark: tuple[float, ...] = ()
    """At most 48 bucket means."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says about one run."""

    title: str
    """The run's name."""

    subtitle: tuple[str, ...]
    """Short facts of the title line."""

    status: str
    """How the newest attempt ended, or whether it runs: finished, stopped, failed, running, died, unknown."""

    verdict: Verdict
    """What can be said about the run as a whole."""

    numbers: tuple[KeyNumber, ...]
    """Key numbers, in reading order."""

    findings: tuple[FindingRow, ...]
    """Open ones first, the gravest first."""

    findings_left_out: int
    """Findings of lowest rank that the report has no room for."""

    alerts: tuple[AlertRow, ...]
    """Every single word of the rules, as recorded and as judged again: the worst first, then by step."""

    alerts_left_out: int
    """Alerts that the table has no room for."""

    questions: tuple[Question, ...]
    """Charts by the question that they answer."""

    functions: tuple[FunctionRow, ...]
    """Reward functions, the task first."""

    groups: tuple[Group, ...]
    """Groups of answers that were chosen to be read, the most telling first."""

    examples_note: str
    """Of how many recorded completions the groups are a choice, and what was left out."""

    configuration: tuple[tuple[str, str], ...]
    """The trainer's settings by dotted name."""

    environment: tuple[tuple[str, str], ...]
    """Facts about the newest attempt by name."""

    audit: tuple[str, ...]
    """How complete the log is, sentences; the first sums it up."""

    complete: bool
    """Whether nothing of the log was lost."""

    about: tuple[tuple[str, str], ...]
    """How to read the report and what it was made from, by heading."""

    grpolog_version: str
    """Version that made the report."""

    generated_at: str | None = None
    """ISO 8601, UTC; None when the caller gave no time."""

    leading_groups: tuple[str, ...] = ()
    """Keys of up to three of `groups`, for the first screen: a usual recent one, one of the largest jump, one of an
    alert."""

    more_groups: tuple[Group, ...] = ()
    """Further recorded groups, in the order in which they are worth their room."""

    recorded_groups: int = 0
    """Groups whose answers are in the log."""

    prompts: tuple[PromptSet, ...] = ()
    """Of training first, then of evaluations."""

    functions_left_out: int = 0
    """Reward functions that the table has no room for."""

    # Rendering is imported when it is asked for: the values themselves need neither jinja2 nor templates.

    def to_html(self, *, max_bytes: int = 1_000_000) -> str:
        """The report as one self-contained page.

        Args:
            max_bytes: size of the page as UTF-8 up to which groups and then points of the curves are left out.
        """
        from grpolog.report import html

        return html.render(self, max_bytes)

    def to_markdown(self, *, mermaid: bool = False, images: str | None = None) -> str:
        """The report as GitHub-flavoured Markdown of at most 60,000 characters.

        Args:
            mermaid: whether to add a small chart that GitHub and GitLab draw.
            images: where the charts of `save_charts` will be, as an address relative to the text; None: none.
        """
        from grpolog.report import markdown

        return markdown.render(self, mermaid=mermaid, images=images)

    def to_json(self) -> str:
        """These values as one line of JSON; NaN and infinities are null."""
        from grpolog.report import data

        return data.render(self)

    def save_charts(self, folder: str | Path) -> list[Path]:
        """Write each chart as an SVG file into `folder`, for Markdown that refers to them.

        Raises:
            OSError: a file cannot be written.
        """
        from grpolog.report import assets

        return assets.save(self, Path(folder))

    def save(self, path: str | Path) -> Path:
        """Write the report in the format that the name's ending says: `.html`, `.md` or `.json`.

        Raises:
            UsageError: another ending.
            OSError: the file cannot be written; nothing half-written is left.
        """
        from grpolog.report.save import save

        return save(self, Path(path))

    def _repr_html_(self) -> str:
        from grpolog.report import html

        return html.frame(self)
