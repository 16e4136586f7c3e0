"""Completions, taken where the trainer makes them.

The trainer's methods are wrapped on the instance. Dataset rows, prompts, completions and rewards pass through its
`_calculate_rewards`, advantages come out of its `_generate_and_score_completions`. Where a trainer does not have
these, or they are not as expected, the reward functions are what is left: they are public, see every completion on
every rank and pay every reward; advantages are recomputed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accelerate.utils import gather_object
from torch import nn

from grpolog.events import Mode
from grpolog.generation.advantages import advantages
from grpolog.record.session import Session
from grpolog.record.trl.columns import Local, made_of_them, scored_columns, watched_columns
from grpolog.record.trl.completions import batch_of, packed, unpacked
from grpolog.record.trl.description import scoring_of
from grpolog.record.watch import RewardFunction, RewardWatch

_INSIDE = ("_generate_and_score_completions", "_calculate_rewards")

_SCORED = ("inputs", "prompts", "completions", "completion_ids_list")
"""What `_calculate_rewards` is given, in this order; a subclass may call it `*args`."""


class Capture:
    """Takes every generation of a trainer to the session of its rank.

    Args:
        trainer: a GRPO or RLOO trainer; every rank captures its own.
        session: this rank's.
        begin: is called before each generation, on every rank alike.
    """

    def __init__(self, trainer: Any, session: Session, begin: Callable[[], None]) -> None:
        self.trainer, self.session = trainer, session
        self.eval_name: str | None = None
        """Name of the eval set that is being evaluated, if there are several."""
        self.note: str | None = None
        """Why the capture is not the most complete one."""
        self._begin = begin
        self._scoring = scoring_of(trainer, session.options)
        self._scored: dict[str, Any] | None = None
        """What the trainer scored last, as `scored_columns` takes it; None between two generations."""
        self._generated: Any = None
        self._extra: dict[str, list[Any]] = {}
        self._rounds = 0
        self._round: tuple[Mode, int] = ("train", 1)
        self._watch = RewardWatch(
            self._scoring.names,
            session.stopwatch.scored,
            session.lose,
            began=self._function_began,
            complete=self._function_answered,
        )
        names = zip(trainer.reward_funcs, self._scoring.names, strict=True)
        # a list of the trainer's own: the caller may use the one it gave for another trainer
        trainer.reward_funcs = [self._watched(function, name) for function, name in names]
        if all(hasattr(trainer, name) for name in _INSIDE):
            trainer._generate_and_score_completions = self._around_generation(trainer._generate_and_score_completions)
            trainer._calculate_rewards = self._around_rewards(trainer._calculate_rewards)
        else:
            self.fall_back(f"{type(trainer).__name__} has no {' or '.join(_INSIDE)}")
        if hasattr(trainer, "_generate"):
            trainer._generate = self._around_sampling(trainer._generate)
        if hasattr(trainer, "_log_completion_extra"):
            trainer._log_completion_extra = self._around_extra(trainer._log_completion_extra)

    @property
    def how(self) -> str:
        """The capture in use, as the run event names it."""
        return "trainer" if self.note is None else "reward_functions"

    def fall_back(self, why: str) -> None:
        """Take completions at the reward functions from now on."""
        if self.note is None:
            self.note = f"{why}: completions are taken at the reward functions, advantages are recomputed"
            self.session.redescribe(capture="reward_functions", capture_note=self.note)
            self.session.say(f"grpolog: {self.note}")

    def collect(self) -> None:
        """Record the newest round of the reward functions, if they are what completions are taken at.

        To be called from hooks that every rank reaches after its reward functions ran.
        """
        if self.note is None or not self._rounds:
            return
        self._rounds = 0
        self._begin()
        extra, self._extra = self._extra, {}
        local = None
        with self.session.guarded("generation"):
            taken = self._watch.take()
            local = None if taken is None else watched_columns(self.trainer, taken, extra)
        self._send(local, *self._round)

    # ------------------------------------------------------------------ wrappers

    def _around_generation(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def generate_and_score(*args: Any, **kwargs: Any) -> Any:
            with self.session.guarded("generation"):
                self._begin()
            self._scored, self._generated, self._extra = None, None, {}
            with self.session.stopwatch.during("generation"):
                output = original(*args, **kwargs)
            with self.session.guarded("generation"):
                local = self._taken(output)
                if local is None:
                    self.collect()
                else:
                    self._send(local, *self._now())
            self._scored = self._generated = None
            return output

        return generate_and_score

    def _around_rewards(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def calculate_rewards(*args: Any, **kwargs: Any) -> Any:
            with self.session.guarded("generation"):
                self._pass_over()
            with self.session.stopwatch.during("scoring"):
                rewards = original(*args, **kwargs)
            self._scored = {**dict(zip(_SCORED, args, strict=False)), **kwargs, "rewards": rewards}
            self._scored["generated"] = self._generated
            return rewards

        return calculate_rewards

    def _around_sampling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def generate(*args: Any, **kwargs: Any) -> Any:
            with self.session.stopwatch.during("sampling"):
                self._generated = original(*args, **kwargs)
            return self._generated

        return generate

    def _around_extra(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def log_completion_extra(column: str, values: list[Any]) -> None:
            original(column, values)
            with self.session.guarded("extra column"):
                self._extra.setdefault(str(column), []).extend(values)

        return log_completion_extra

    def _watched(self, function: RewardFunction | nn.Module, name: str) -> RewardFunction | nn.Module:
        if isinstance(function, nn.Module):  # stays one: TRL treats it as a model
            self._watch.hook(function, name, lambda output: output.logits[:, 0].tolist())
            return function
        return self._watch.wrap(function, name)

    def _function_began(self, name: str) -> None:
        self.session.stopwatch.phase = f"reward {name}"

    def _function_answered(self) -> None:
        self.session.stopwatch.phase = "scoring"
        self._rounds += 1
        self._round = self._now()

    # ------------------------------------------------------------------ from here to rank 0

    def _now(self) -> tuple[Mode, int]:
        """The mode of the trainer, and the step that completions made now belong to."""
        done = int(self.trainer.state.global_step)
        return ("train", done + 1) if self.trainer.model.training else ("eval", done)

    def _pass_over(self) -> None:
        """Record what was scored before in this generation: the trainer samples anew, until groups differ say.

        Every rank comes here at the same points, since every rank scores.
        """
        if self.note is not None:
            self.collect()
        elif self._scored is not None:
            local = None
            with self.session.guarded("generation"):
                local = scored_columns(self.trainer, self._scored, self._extra)
            self._send(local, *self._now())
        self._scored, self._extra = None, {}

    def _taken(self, output: Any) -> Local | None:
        """This rank's completions with the trainer's advantages; None where its inside is not as expected."""
        if self.note is not None:
            return None
        with self.session.stopwatch.cost():
            try:
                if self._scored is None:
                    raise LookupError("no rewards where they were looked for")
                local = scored_columns(self.trainer, self._scored, self._extra, output.get("tool_mask"))
                return local | made_of_them(self.trainer, local, output)
            except Exception as error:
                kind = type(self.trainer).__name__
                self.fall_back(f"{kind} makes completions in a way of its own ({type(error).__name__}: {error})")
                return None

    def _send(self, local: Local | None, mode: Mode, step: int) -> None:
        """Gather the completions of all ranks, which every rank takes part in whatever it has, and record them."""
        if self.trainer.accelerator.num_processes == 1:
            ranks = None if local is None else [local]
        else:
            blob, ranks = b"", None
            with self.session.guarded("generation"):
                blob = b"" if local is None else packed(local)
            with self.session.guarded("generation"):
                ranks = unpacked(gather_object([blob]))
        with self.session.guarded("generation"):
            if ranks is None:
                raise RuntimeError("a rank could not give its completions")
            self._record(ranks, mode, step)

    def _record(self, ranks: list[Local], mode: Mode, step: int) -> None:
        if self.session.rank:
            self.session.beat()
            return
        trainer = self.trainer
        size = trainer.num_generations
        if mode == "eval":
            size = getattr(trainer, "num_generations_eval", size)
        batch = batch_of(ranks, int(size), getattr(trainer, "max_completion_length", None))
        scoring = scoring_of(trainer, self.session.options)  # weights may change while training
        if batch.advantages is None:
            batch = replace(batch, advantages=advantages(batch, scoring))
        self.session.generation(batch, scoring, step, mode, self.eval_name if mode == "eval" else None)
