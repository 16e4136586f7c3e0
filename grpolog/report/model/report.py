"""A report as values, and what can be made of it."""

from dataclasses import dataclass
from pathlib import Path

from grpolog.report.model.chart import Question
from grpolog.report.model.example import Group
from grpolog.report.model.finding import AlertRow, FindingRow
from grpolog.report.model.prompt import PromptSet
from grpolog.report.model.verdict import Verdict


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

    def to_json(self, *, max_bytes: int = 1_000_000) -> str:
        """These values as one line of JSON; NaN and infinities are null.

        Args:
            max_bytes: size up to which recorded groups are left out, the last ones first.
        """
        from grpolog.report import data

        return data.render_within(self, max_bytes)

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
