"""The `run` event: what was trained, with what, and how it ended."""

from typing import Any, Final, Literal

from grpolog.events._envelope import Envelope

Capture = Literal["trainer", "reward_functions", "callback", "manual", "imported"]
"""How completions were taken, from the most complete to the least: `trainer` (where the trainer scores them,
with its own advantages), `reward_functions` (around the reward functions; advantages recomputed), `callback`
(what a callback can see: the trainer's scalars), `manual` (handed over by the caller), `imported`."""


UNTOLD: Final = frozenset({"on_alert", "webhook"})
"""Kinds of `lost` that are no part of the log: alerts that are in it and did not reach who was to hear of them."""


UNSAVED: Final = ("damaged line", "changed part", "missing attempt", "missing rank", "torn line")
"""Kinds of `lost` that `grpolog repair` adds: what was damaged and could not be saved."""


class RunEvent(Envelope):
    """Opens an attempt (`start`), opens a part (`part`), closes an attempt (`end`).

    `part` repeats the description, so that every part of a rotated log can be read alone.
    """

    event: Literal["run"] = "run"
    """Type of the event."""

    phase: Literal["start", "part", "end"]
    """start: the first event of an attempt; part: the first event of a later part; end: the last event."""

    status: Literal["running", "finished", "stopped", "failed"]
    """running until the end event; finished: training reached its end; stopped: a stop was asked for; failed:
    an exception ended it. A log whose last attempt has no end event belongs to a run that still runs or died."""

    run_id: str
    """Random identifier of the attempt, 16 hex digits."""

    name: str
    """Name of the run: that of the log file unless given."""

    grpolog_version: str
    """Version of grpolog that wrote the event."""

    framework: str | None = None
    """Training framework, such as `trl`; null for a hand-written loop that did not say."""

    trainer: str | None = None
    """Class name of the trainer."""

    versions: dict[str, str] | None = None
    """Versions of python and of the packages that matter (torch, transformers, trl, ...)."""

    model: str | None = None
    """Name or path of the model."""

    config: dict[str, Any] | None = None
    """The trainer's configuration; values that look like credentials are masked."""

    reward_functions: list[str] | None = None
    """Names of the reward functions, in the trainer's order."""

    reward_weights: dict[str, float] | None = None
    """Weight of each reward function in the total."""

    reward_range: dict[str, tuple[float, float]] | None = None
    """Lowest and highest value of each reward function whose range was given."""

    primary: str | None = None
    """The reward function that is the task itself; null when unknown."""

    primary_source: Literal["given", "guessed", "unknown"] = "unknown"
    """given by the caller; guessed (the only function, or by its name); unknown."""

    group_size: int | None = None
    """Completions per prompt in training."""

    completions_per_step: int | None = None
    """Completions behind one optimizer step, of all ranks; null when unknown."""

    eval_group_size: int | None = None
    """Completions per prompt in evaluation."""

    max_completion_length: int | None = None
    """Limit of a completion, tokens; null when unknown."""

    max_steps: int | None = None
    """Optimizer steps that the run will make; null when unknown."""

    beta: float | None = None
    """Weight of the KL term; 0 means that no KL is measured; null when unknown."""

    advantage_mode: str | None = None
    """How the trainer turns rewards into advantages: `sum_then_normalize` or `normalize_then_sum`, with the
    scale after a slash (`group`, `batch`, `none`), or `rloo`."""

    world_size: int | None = None
    """Number of ranks."""

    capture: Capture | None = None
    """How completions were taken."""

    capture_note: str | None = None
    """Why the capture is not the most complete one, or what is missing; null when nothing is."""

    host: str | None = None
    """Host name."""

    pid: int | None = None
    """Process id."""

    command: str | None = None
    """Command line of the process; arguments that look like credentials are masked."""

    git_commit: str | None = None
    """Commit of the working directory, with `+` appended when it had uncommitted changes."""

    rules_hash: str | None = None
    """Hash of the detection rules and thresholds in force: equal hashes must give equal alerts."""

    trend_window: int | None = None
    """Rows in a window of the 10 % trend rule, the one threshold that can be chosen; null when unknown."""

    resumed_from_step: int | None = None
    """Step that the attempt continued from. Rows of earlier attempts after it are superseded. 0 for a start
    from scratch."""

    previous_part: str | None = None
    """File name of the closed part before this one; null in the first part."""

    previous_part_sha256: str | None = None
    """SHA-256 of that part's uncompressed bytes."""

    recovered_tail: str | None = None
    """The torn last line that was cut off when this attempt opened the log, as text with escapes; null when the
    log ended cleanly."""

    lost: dict[str, int] | None = None
    """What this rank could not record so far, counted by kind; null when nothing was lost. `webhook` and `on_alert`
    count alerts that are in the log and did not arrive there; `damaged line`, `changed part`, `missing attempt`,
    `missing rank` and `torn line` what `grpolog repair` could not save."""

    first_error: str | None = None
    """The first recording error in one line; null when there was none."""

    error: str | None = None
    """The exception that ended the run, one line, in the end event; null when none did."""

    stopped_by: str | None = None
    """The alert that the run was stopped for, as `rule: message`, in the end event; null when none was."""

    totals: dict[str, float] | None = None
    """The trainer's closing totals (`train_runtime`, `train_loss`, ...), in the end event."""

    events_written: int | None = None
    """Events written by this attempt and rank, in the end event."""
