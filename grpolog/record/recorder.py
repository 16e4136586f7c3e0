"""The recorder of any training loop that hands over its batches and rows."""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from grpolog import jsonl
from grpolog.errors import LogError, UsageError
from grpolog.events import AlertEvent, Mode
from grpolog.generation.advantages import advantages as computed_advantages
from grpolog.generation.batch import Batch, Floats, Scoring, Text
from grpolog.masking import mask
from grpolog.metrics.primary import function_names, primary_of
from grpolog.record.event_log import Status
from grpolog.record.options import Options
from grpolog.record.outcome import outcome, stopped_by
from grpolog.record.session import Session
from grpolog.record.step_row import is_evaluation

_PART = re.compile(r".\.(?:[0-9]{4,}|rank[0-9]+)\.jsonl$")


class Recorder:
    """Records one run.

        with grpolog.Recorder("runs/exp1.jsonl", group_size=8) as recorder:
            for step in range(1, 101):
                ...
                recorder.log_batch(step, prompts, completions, {"accuracy": [1.0, 0.0, ...]})
                recorder.log_step(step, {"loss": 0.1, "kl": 0.02})

    After construction nothing raises: what cannot be recorded is warned about once, counted, and said in the log.

    Args:
        path: the log; `.jsonl` is appended if it is missing.
        rank: rank of this process; default: the environment's `RANK`, else 0.
        resumed_from_step: step that training continues from; default: the one before the first recorded.
        clock: Unix time, seconds.
        options: see `grpolog.record.options.Options`.

    Raises:
        LockedError: another live process writes this log.
        LogError: the file cannot be written, or it exists and `existing="error"`.
        UsageError: an option out of range.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rank: int | None = None,
        resumed_from_step: int | None = None,
        clock: Callable[[], float] = time.time,
        **options: Any,
    ) -> None:
        self.options = Options(**options)
        rank = int(os.environ.get("RANK", "0")) if rank is None else rank
        self.session = Session(choose_path(path, self.options, rank), rank, self.options, clock)
        self._resumed_from_step = resumed_from_step
        self._checkpoints: list[str] = []
        self._scoring: Scoring | None = None

    @property
    def path(self) -> Path:
        """The log that is written."""
        return self.session.path

    @property
    def next_step(self) -> int:
        """The step after the newest one that was recorded."""
        return self.session.step + 1

    @property
    def stop_requested(self) -> AlertEvent | None:
        """The alert that `stop_on` asks to stop for; None, so false, as long as there is none.

        Of several ranks only rank 0 knows it: let it decide for all at the same step.
        """
        return self.session.stop_requested

    def log_batch(
        self,
        step: int,
        prompts: Sequence[Text],
        completions: Sequence[Text],
        rewards: Mapping[str, Sequence[float | None]],
        advantages: Sequence[float] | None = None,
        group_size: int | None = None,
        *,
        tokens: Sequence[int] | None = None,
        truncated: Sequence[bool] | None = None,
        mode: Mode = "train",
        eval_name: str | None = None,
    ) -> None:
        """Record one generation: n completions, those of one prompt side by side.

        Args:
            step: optimizer step that the completions are learned in; in evaluation the updates made so far.
            prompts: prompt of each completion, text or messages.
            completions: n texts or conversations.
            rewards: n rewards by function, None where a function did not score.
            advantages: n advantages; default: computed by the formula that the options name.
            group_size: completions per prompt; default: the option, else the longest run of equal prompts at the
                beginning.
            tokens: length of each completion, tokens.
            truncated: whether each was cut off by the length limit.
            mode: train or eval.
            eval_name: name of the eval set, if there are several.
        """
        with self.session.guarded("batch"):
            columns = {"prompts": prompts, "advantages": advantages, "tokens": tokens, "truncated": truncated}
            _check_lengths(len(completions), {**columns, **{f"rewards[{k!r}]": v for k, v in rewards.items()}})
            self._scoring = self._scoring_of(function_names(tuple(rewards)))
            batch = Batch(
                prompts=list(prompts),
                completions=list(completions),
                rewards=_columns(rewards, len(completions)),
                group_size=group_size or self.options.group_size or _first_run(prompts),
                tokens=None if tokens is None else np.asarray(tokens, dtype=np.int64),
                truncated=None if truncated is None else np.asarray(truncated, dtype=np.bool_),
                limit=self.options.max_completion_length,
                advantages=None if advantages is None else np.asarray(advantages, dtype=np.float64),
            )
            if batch.advantages is None:
                batch = replace(batch, advantages=computed_advantages(batch, self._scoring))
            self._start(step, batch)
            self.session.generation(batch, self._scoring, step, mode, eval_name)

    def log_step(
        self, step: int, metrics: Mapping[str, Any], *, mode: Mode | None = None, eval_name: str | None = None
    ) -> None:
        """Record one row of scalars, and in training what the step cost; then judge and print what is due.

        Args:
            step: optimizer step of the row.
            metrics: numbers by name; canonical names fill the event's fields, others are kept as they are.
            mode: train or eval; None: eval where all names but `epoch` begin with `eval_`, else train.
            eval_name: name of the eval set, if there are several.
        """
        with self.session.guarded("step"):
            self._start(step)
            if mode is None:
                mode = "eval" if is_evaluation(metrics) else "train"
            cost = [self.session.cost(step)] if mode == "train" else []
            self.session.row(step, metrics, mode, eval_name, cost)
            self.session.stopwatch.begin()

    def log_checkpoint(self, step: int, path: str | Path) -> None:
        """Record that a checkpoint was saved; of those logged before, the ones that are still there count as kept.

        Args:
            step: optimizer step whose weights it holds.
            path: its file or folder.
        """
        with self.session.guarded("checkpoint"):
            self._start(step)
            self._checkpoints = [kept for kept in self._checkpoints if Path(kept).exists() and kept != str(path)]
            self._checkpoints.append(str(path))
            self.session.saved(step, self._checkpoints)

    def close(self, status: Status | None = None, error: str | None = None) -> None:
        """Close the attempt and the file. What is recorded later opens a new attempt.

        Args:
            status: how the run ended; default: `stopped` if a stop was requested, else `finished`.
            error: the exception that ended it, one line.
        """
        stop = self.stop_requested if status is None else None
        self.session.end(status or ("stopped" if stop else "finished"), error=error, stopped_by=stopped_by(stop))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.close(*outcome(error))

    def _start(self, step: int, batch: Batch | None = None) -> None:
        """Open the attempt with what is known now; a run event cannot be changed later."""
        if self.session.started:
            return
        scoring = self._scoring
        names = scoring.names if scoring else tuple(self.options.reward_weights or ())
        self.session.start(
            max(0, step - 1) if self._resumed_from_step is None else self._resumed_from_step,
            framework=self.options.framework,
            config=None if self.options.config is None else mask(self.options.config),
            group_size=batch.group_size if batch else self.options.group_size,
            completions_per_step=batch.n if batch else None,
            max_completion_length=self.options.max_completion_length,
            capture="manual",
            **described(scoring or self._scoring_of(names), self.options),
        )
        self.session.watch_over()
        self._resumed_from_step = None

    def _scoring_of(self, names: tuple[str, ...]) -> Scoring:
        if self._scoring is not None and self._scoring.names == names:
            return self._scoring
        weights = self.options.reward_weights or {}
        return Scoring(
            names=names,
            weights=tuple(float(weights.get(name, 1.0)) for name in names),
            aggregation=self.options.aggregation,
            scale=self.options.scale_rewards,
            ranges=dict(self.options.reward_range or {}),
            primary=primary_of(names, self.options.primary)[0],
        )


def described(scoring: Scoring, options: Options) -> dict[str, Any]:
    """The fields of the run event that speak of rewards."""
    primary, source = primary_of(scoring.names, options.primary)
    return {
        "reward_functions": list(scoring.names),
        "reward_weights": dict(zip(scoring.names, scoring.weights, strict=True)),
        "reward_range": scoring.ranges or None,
        "primary": primary,
        "primary_source": source,
        "advantage_mode": scoring.mode,
    }


def choose_path(path: str | Path, options: Options, rank: int = 0) -> Path:
    """The log to write, as `existing` says; ranks after 0 do as rank 0 does, which may have made the log just now.

    Raises:
        LogError: it exists and `existing="error"`, or its name is that of a part of another log.
    """
    log = jsonl.log_path(path)
    if _PART.search(log.name):
        raise LogError("is the name of a part of another log; a log's name does not end in .0001 or .rank1", log)
    if rank or options.existing == "append" or not jsonl.find_parts(log):
        return log
    if options.existing == "error":
        raise LogError("exists already; choose another name, or existing='append' or 'new'", log)
    return sibling(log)


def sibling(log: Path) -> Path:
    """The next free name beside `log`: `exp1-2.jsonl`, `exp1-3.jsonl`, ..."""
    number = 2
    while True:
        candidate = log.with_name(f"{log.name.removesuffix(jsonl.SUFFIX)}-{number}{jsonl.SUFFIX}")
        if not jsonl.find_parts(candidate) and not candidate.with_name(candidate.name + ".lock").exists():
            return candidate
        number += 1


def _check_lengths(n: int, columns: Mapping[str, Sequence[Any] | None]) -> None:
    for what, values in columns.items():
        if values is not None and len(values) != n:
            raise UsageError(f"{what} has {len(values)} entries for {n} completions")


def _columns(rewards: Mapping[str, Sequence[float | None]], n: int) -> Floats:
    """Rewards as (n, K), NaN for None."""
    table = np.full((n, len(rewards)), np.nan)
    for k, values in enumerate(rewards.values()):
        table[:, k] = [np.nan if value is None else float(value) for value in values]
    return table


def _first_run(prompts: Sequence[Text]) -> int:
    """Completions per prompt, read off the first prompt's repetitions."""
    for _, run in groupby(prompts):
        return len(list(run))
    return 1
