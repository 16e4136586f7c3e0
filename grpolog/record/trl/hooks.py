"""The trainer's hooks that a recorder hangs on."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from grpolog.errors import GrpologError
from grpolog.events import Mode
from grpolog.masking import mask
from grpolog.record.checkpoints import checkpoints_in
from grpolog.record.event_log import Status, warn
from grpolog.record.history import History, Series
from grpolog.record.options import Options
from grpolog.record.outcome import stopped_by
from grpolog.record.recorder import Recorder
from grpolog.record.step_row import eval_set, is_eval, totals
from grpolog.record.trl.stopping import Stopping, told_by_rank_zero

if TYPE_CHECKING:
    from grpolog.record.trl.attachment import Attachment

_ALONE: dict[Path, "RecordingCallback"] = {}
"""Which callback records which log, so that several callbacks of a trainer share one."""


def _without_raising(hook: Callable[..., None]) -> Callable[..., None]:
    """Has what a hook raises counted as lost, and go no further."""

    @functools.wraps(hook)
    def safe(self: "RecordingCallback", *args: Any, **kwargs: Any) -> None:
        try:
            hook(self, *args, **kwargs)
        except Exception as error:
            if self.recorder is not None:
                self.recorder.session.lose(hook.__name__, error)
            elif not self._failed:
                self._failed = True
                warn(f"grpolog does not record this run: {error}")

    return safe


class RecordingCallback(TrainerCallback):  # type: ignore[misc]
    """The hooks that a recorder hangs on.

    Args:
        path: the log, if the callback is alone; default `{output_dir}/grpolog.jsonl`.
        options: see `grpolog.record.options.Options`.

    Attributes:
        recorder: what records; None until training begins.
    """

    def __init__(self, path: str | Path | None = None, **options: Any) -> None:
        # what does not exist is refused here and not in the first step of training
        self._stops = Options(**options).stop_on is not None
        self.options = options
        self.path = path
        self._history = History()
        self.recorder: Recorder | None = None
        self._attachment: Attachment | None = None
        self._leader: RecordingCallback | None = None
        self._state: Any = None
        self._failed = False
        self._totals: dict[str, float] = {}
        self._stopping = Stopping()
        self.script: dict[str, Any] = {}
        """What the script says of itself, for the configuration in the run event."""

    @property
    def reward_history(self) -> Series:
        """Mean of each reward function and of `total`, one value a training generation (alone: one a logged row)."""
        return self._history.rewards

    @property
    def generation_stats(self) -> Series:
        """The numbers of the quality events of training, one value a generation."""
        return self._history.quality

    def adopt(self, attachment: "Attachment") -> None:
        """Become the hooks of an attached recorder."""
        self._attachment, self.recorder = attachment, attachment.recorder
        self.recorder.session.listener = self._history.add
        self._leader = None

    # ------------------------------------------------------------------ the trainer's hooks

    @_without_raising
    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Open the attempt; alone it opens with the first step, when all callbacks of the trainer are known."""
        self._stopping = Stopping()
        if self._attachment is not None:
            self._attachment.begin(training=True)
            self._attachment.session.watch_over()
        elif self._leader is None and state.is_world_process_zero:
            self._lead_or_follow(args, state)

    @_without_raising
    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A step begins."""
        self._begin_alone(args, state, kwargs)
        if self.recorder is not None and self._leader is None:
            self.recorder.session.stopwatch.begin()
            self.recorder.session.stopwatch.phase = "update"

    @_without_raising
    def on_substep_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A micro-batch was learned from."""
        self._collect(state, kwargs)

    @_without_raising
    def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A batch was evaluated."""
        self._collect(state, kwargs)

    @_without_raising
    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """An update was made."""
        self._collect(state, kwargs)
        if self.recorder is not None and self._leader is None:
            with self.recorder.session.guarded("perf"):
                self.recorder.session.perf(int(state.global_step))
                self.recorder.session.stopwatch.phase = "between two steps"
        if self._stops and (self._leader or self)._attachment is None:
            # alone: only rank 0 records, and the callback of every other rank has the same options
            recorder = (self._leader or self).recorder
            alert = None if recorder is None else recorder.stop_requested
            self.stop(told_by_rank_zero(stopped_by(alert)), args, state, control)

    @_without_raising
    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A checkpoint was saved, and older ones may have been deleted for it."""
        self._stopping.saved_at = int(state.global_step)
        if self.recorder is not None and self._leader is None:
            with self.recorder.session.guarded("checkpoint"):
                self.recorder.session.saved(int(state.global_step), checkpoints_in(args.output_dir))

    @_without_raising
    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The epoch ended, or training stops: a trainer that keeps the best only may not have saved yet."""
        self._stopping.save(state, control)

    def stop(self, why: str | None, args: Any, state: Any, control: Any) -> bool:
        """Stop training, and save first, if there is a reason; whether there is a new one. All ranks are told alike."""
        if why is None or self._stopping.why is not None:
            return False
        self._stopping.begin(why, args, state, control)
        if self._leader is not None:
            self._leader._stopping = self._stopping
        recorder = (self._leader or self).recorder
        if recorder is not None:
            recorder.session.say(f"grpolog: training stops after step {state.global_step} for {why}")
        return True

    @_without_raising
    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """The trainer logged a row."""
        self._begin_alone(args, state, kwargs)
        if self.recorder is None or self._leader is not None or not isinstance(logs, Mapping):
            return
        self._collect(state, kwargs)
        session = self.recorder.session
        with session.guarded("step"):
            self._totals |= totals(logs)
            own = session.reported.names
            row = {key: value for key, value in logs.items() if key.removeprefix("eval_") not in own}
            mode: Mode = "eval" if is_eval(logs) else "train"
            named = self._attachment.capture.eval_name if self._attachment is not None else None
            session.row(int(state.global_step), row, mode, named or eval_set(logs) if mode == "eval" else None)

    @_without_raising
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training ended."""
        self._stopping.end(args)
        if self.recorder is None or self._leader is not None:
            return
        done = state.global_step >= state.max_steps or not control.should_training_stop
        status: Status = "finished" if done else "stopped"
        ending = {"totals": self._totals or None, "stopped_by": None if done else self._stopping.why}
        if self._attachment is not None:
            self._attachment.end(status, **ending)
        else:
            self.recorder.session.end(status, **ending)
            self._state = None
        self._totals = {}

    # ------------------------------------------------------------------ inside

    def _lead_or_follow(self, args: Any, state: Any) -> None:
        """Of several callbacks of one trainer, which share its state, the first records and the others join it."""
        path = Path(self.path if self.path is not None else Path(args.output_dir) / "grpolog.jsonl")
        leader = _ALONE.get(path)
        if leader is None or leader._state is not state:
            if leader is not None and leader.recorder is not None:
                leader.recorder.close("stopped")  # a run that was broken off in this process, in a notebook say
            _ALONE[path], self.path, self._state = self, path, state
        elif leader is not self:
            leader.options = {**self.options, **leader.options}
            self.follow(leader)

    def follow(self, leader: "RecordingCallback") -> None:
        """Leave the recording to another callback of the same trainer and share its history."""
        self._leader = leader
        self._history = leader._history

    def _begin_alone(self, args: Any, state: Any, kwargs: Mapping[str, Any]) -> None:
        if self._state is not state or (self.recorder is not None and self.recorder.session.started):
            return
        try:
            if self.recorder is None:
                self.recorder = Recorder(self.path or "", rank=0, **self.options)
        except GrpologError as error:
            self._state = None
            warn(f"grpolog does not record this run: {error}")
            return
        options, session = self.recorder.options, self.recorder.session
        session.listener = self._history.add
        note = "a callback sees the trainer's scalars only; grpolog.attach(trainer, path) records every completion"
        session.say(f"grpolog: {note}. Recording to {self.recorder.path}")
        with session.guarded("start of the run"):
            session.start(
                int(state.global_step),
                framework=options.framework or "transformers",
                model=getattr(getattr(kwargs.get("model"), "config", None), "_name_or_path", None) or None,
                config=mask({**args.to_dict(), **self.script}),
                group_size=getattr(args, "num_generations", None),
                max_completion_length=getattr(args, "max_completion_length", None),
                max_steps=state.max_steps if state.max_steps > 0 else None,
                beta=getattr(args, "beta", None),
                world_size=getattr(args, "world_size", None),
                capture="callback",
                capture_note=note,
                primary=options.primary,
                primary_source="given" if options.primary else "unknown",
                reward_range=options.reward_range,
                reward_weights=options.reward_weights,
            )
            session.watch_over()

    def _collect(self, state: Any, given: Mapping[str, Any]) -> None:
        """Take completions: of the attached trainer, or handed over by whoever calls this hook."""
        if self.recorder is None or self._leader is not None:
            return
        if self._attachment is not None:
            self._attachment.capture.collect()
        completions, rewards = given.get("completions"), given.get("rewards")
        if completions is None or rewards is None:
            return
        with self.recorder.session.guarded("batch"):
            if not isinstance(rewards, Mapping):
                rewards = {"reward": rewards}
            prompts = given.get("prompts") or [""] * len(completions)
            self.recorder.log_batch(int(state.global_step), prompts, completions, rewards)
