"""One line that records a trainer: `grpolog.attach(trainer, "runs/exp1.jsonl")`."""

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grpolog.errors import LockedError, TrainerError
from grpolog.record.outcome import outcome, stopped_by
from grpolog.record.recorder import Recorder, sibling
from grpolog.record.session import Session
from grpolog.record.trl.capture import Capture
from grpolog.record.trl.description import describe
from grpolog.record.trl.hooks import RecordingCallback
from grpolog.record.trl.stopping import told_by_rank_zero


def attach(trainer: Any, path: str | Path, **options: Any) -> Recorder:
    """Record everything that a trainer generates, scores and logs.

        trainer = GRPOTrainer(...)
        grpolog.attach(trainer, "runs/exp1.jsonl")
        trainer.train()

    To be called on every rank, after the trainer is built and before it trains or resumes. A
    `ComprehensiveLoggingCallback` or `RewardTrendCallback` of the trainer is adopted: there is one log.

    Args:
        trainer: a `trl.GRPOTrainer` or `trl.RLOOTrainer`, or a subclass.
        path: the log; if a live process writes it, the next free name beside it is taken, with a warning.
        options: see `grpolog.record.options.Options`.

    Returns:
        The recorder; its `path` is the log. Nothing has to be called on it.

    Raises:
        TrainerError: the trainer cannot be recorded.
        LogError: the log cannot be written, or it exists and `existing="error"`.
        UsageError: an option out of range.
    """
    callbacks = trainer.callback_handler.callbacks if hasattr(trainer, "callback_handler") else []
    found = [c for c in callbacks if isinstance(c, RecordingCallback)]
    for adopted in found:
        options = {**adopted.options, **options}
    _check(trainer, options)
    recorder = _recorder(path, int(trainer.accelerator.process_index), options)
    if not found:
        found = [RecordingCallback()]
        trainer.add_callback(found[0])
    found[0].adopt(Attachment(trainer, recorder, found[0]))
    for other in found[1:]:
        other.follow(found[0])
    return recorder


class Attachment:
    """The wiring between a trainer and its recorder on one rank."""

    def __init__(self, trainer: Any, recorder: Recorder, hooks: RecordingCallback) -> None:
        self.trainer, self.recorder, self.hooks = trainer, recorder, hooks
        self.session: Session = recorder.session
        self.capture = Capture(trainer, self.session, self.begin)
        self._begun = False
        self._stopping = False
        self._training = False
        self._resumed_from = 0
        trainer.log = self._around_log(trainer.log)
        trainer.evaluate = self._around_evaluation(trainer.evaluate)
        trainer.predict = self._around_evaluation(trainer.predict)
        trainer.train = self._around_train(trainer.train)
        if hasattr(trainer, "_maybe_log_save_evaluate"):
            trainer._maybe_log_save_evaluate = self._around_row(trainer._maybe_log_save_evaluate)
        if hasattr(trainer, "_save_checkpoint"):
            trainer._save_checkpoint = self._around_saving(trainer._save_checkpoint)

    def begin(self, training: bool = False) -> None:
        """Open the attempt on all ranks, unless one is open that goes on from the same step.

        Every rank comes here at the same points, so rank 0 can tell the others the log's name and the attempt.
        """
        done = int(self.trainer.state.global_step)
        anew = training and (self._training or self._resumed_from != done)
        if training or not self._begun:
            self.session.ends_as("stopped" if training else "finished")  # an evaluation has no other end
        if self._begun and not anew:
            self._training = self._training or training
            return
        if self._begun:
            self.end("stopped" if self._training else "finished")
        self._begun, self._training, self._resumed_from = True, training, done
        told: tuple[str, int, bool] | None = None
        description: dict[str, Any] = {}
        with self.session.guarded("start of the run"):
            description = describe(self.trainer, self.recorder.options)
            description |= {"capture": self.capture.how, "capture_note": self.capture.note}
            if self.session.rank == 0:
                self.session.start(done, **description)
                told = (str(self.session.path), self.session.attempt, self.recorder.options.stop_on is not None)
        told = told_by_rank_zero(told)
        self._stopping = told is not None and told[2]
        with self.session.guarded("start of the run"):
            if self.session.rank and told is not None:
                log, attempt, _ = told
                self.session.start(done, log=Path(log), attempt=attempt, **description)

    def end(self, status: Any, **fields: Any) -> None:
        """Close the attempt on this rank."""
        self._begun = self._training = False
        with self.session.guarded("end of the run"):
            self.session.end(status, **fields)

    # ------------------------------------------------------------------ wrappers

    def _around_log(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def log(logs: dict[str, float], *args: Any, **kwargs: Any) -> Any:
            with self.session.guarded("metrics for the trainer's reporters"):
                self.capture.collect()
                logs.update(self.session.reported.take("train" if self.trainer.model.training else "eval"))
            return original(logs, *args, **kwargs)

        return log

    def _around_evaluation(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def evaluate(*args: Any, **kwargs: Any) -> Any:
            outer = self.capture.eval_name
            with self.session.guarded("eval set"):
                given = signature.bind(*args, **kwargs)
                given.apply_defaults()
                prefix = str(given.arguments.get("metric_key_prefix", "eval"))
                self.capture.eval_name = prefix.removeprefix("eval").removeprefix("_") or None
                self.session.reported.take("eval")  # of a prediction, which has no row
            try:
                with self.session.stopwatch.during("evaluation"):
                    return original(*args, **kwargs)
            finally:
                self.capture.eval_name = outer

        return evaluate

    def _around_row(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Stop training if an alert asks for it.

        Here, because every rank comes here at the same steps, and before the next generation: NaN weights sample
        nothing.
        """

        def maybe_log_save_evaluate(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self._stopping:
                trainer = self.trainer
                why = told_by_rank_zero(stopped_by(self.session.stop_requested))
                if self.hooks.stop(why, trainer.args, trainer.state, trainer.control) and trainer.control.should_save:
                    original(*args, **kwargs)  # the row is logged; what is left to do is to save
            return result

        return maybe_log_save_evaluate

    def _around_saving(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def save_checkpoint(*args: Any, **kwargs: Any) -> Any:
            with self.session.stopwatch.during("saving"):
                return original(*args, **kwargs)

        return save_checkpoint

    def _around_train(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def train(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except BaseException as error:
                status, what = outcome(error)
                self.end(status, error=what)
                raise

        return train


def _check(trainer: Any, options: dict[str, Any]) -> None:
    kind = type(trainer).__name__
    if "AsyncGRPO" in "".join(base.__name__ for base in type(trainer).__mro__):
        raise TrainerError(
            f"{kind} samples and scores in processes of its own, where attach cannot see completions; use "
            "callbacks=[grpolog.ComprehensiveLoggingCallback()] to record its scalars"
        )
    needed: tuple[str, ...] = (
        "reward_funcs",
        "reward_func_names",
        "reward_weights",
        "num_generations",
        "callback_handler",
        "log",
    )
    needed += ("_maybe_log_save_evaluate",) if options.get("stop_on") is not None else ()
    missing = [name for name in needed if not hasattr(trainer, name)]
    if missing:
        raise TrainerError(f"{kind} is no GRPO or RLOO trainer that grpolog knows: it has no {', '.join(missing)}")
    if getattr(trainer.log, "__module__", None) == __name__:
        raise TrainerError("this trainer is recorded already; attach it once")


def _recorder(path: str | Path, rank: int, options: dict[str, Any]) -> Recorder:
    try:
        return Recorder(path, rank=rank, **options)
    except LockedError as error:
        other = sibling(error.path.with_name(error.path.name.removesuffix(".lock"))) if error.path else None
        if other is None:
            raise
        warnings.warn(f"{error}; recording to {other} instead", RuntimeWarning, stacklevel=3)
        return Recorder(other, rank=rank, **options)
