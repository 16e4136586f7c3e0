"""Completions, taken where the trainer makes them.

The trainer's methods are wrapped on the instance. Dataset rows, prompts, completions and rewards pass through its
`_calculate_rewards`, advantages come out of its `_generate_and_score_completions`. Where a trainer does not have
these, or they are not as expected, the reward functions are what is left: they are public, see every completion on
every rank and pay every reward; advantages are recomputed.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from accelerate.utils import gather_object
from torch import nn

from grpolog.events import Mode
from grpolog.generation.advantages import advantages
from grpolog.record.session import Session
from grpolog.record.trl.completions import Local, batch_of, local_completions, packed, unpacked
from grpolog.record.trl.correction import sampling_correction
from grpolog.record.trl.description import scoring_of
from grpolog.record.watch import RewardWatch

_INSIDE = ("_generate_and_score_completions", "_calculate_rewards")


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
        self._wrap_reward_functions()
        if all(hasattr(trainer, name) for name in _INSIDE):
            trainer._generate_and_score_completions = self._around_generation(trainer._generate_and_score_completions)
            trainer._calculate_rewards = self._around_rewards(trainer._calculate_rewards)
        else:
            self.fall_back(f"{type(trainer).__name__} has no {' or '.join(_INSIDE)}")
        if hasattr(trainer, "_generate"):
            trainer._generate = self._around("sampling", trainer._generate)
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

    def collect(self) -> None:
        """Record the newest round of the reward functions, if they are what completions are taken at.

        To be called from hooks that every rank reaches after its reward functions ran.
        """
        if self.note is None or not self._rounds:
            return
        self._rounds = 0
        mode, step = self._round
        local = None
        with self.session.guarded("generation"):
            taken = self._watch.take()
            if taken is not None and taken.completions is not None:
                n = len(taken.completions)
                columns = {name: values for name, values in taken.columns.items() if _is_column(values, n)}
                local = local_completions(
                    [{name: values[i] for name, values in columns.items()} for i in range(n)],
                    taken.prompts if taken.prompts is not None else [""] * n,
                    taken.completions,
                    taken.completion_ids,
                    self._end_tokens(),
                )
                local["rewards"] = list(zip(*taken.rewards.values(), strict=True))
        self._send(local, mode, step)

    # ------------------------------------------------------------------ wrappers

    def _around_generation(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def generate_and_score(inputs: Any) -> Any:
            self._begin()
            mode, step = self._now()
            self._scored, self._extra = None, {}
            with self.session.stopwatch.during("generation"):
                output = original(inputs)
            scored = self._newest()
            if self.note is None and (scored is None or not isinstance(output, Mapping)):
                self.fall_back("the trainer scores completions in a way of its own")
            if self.note is not None:
                self.collect()
                return output
            local = None
            with self.session.guarded("generation"):
                local = self._local(scored or {}, output)
            self._send(local, mode, step)
            return output

        return generate_and_score

    def _around_rewards(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def calculate_rewards(*args: Any, **kwargs: Any) -> Any:
            with self.session.stopwatch.during("scoring"):
                rewards = original(*args, **kwargs)
            with self.session.guarded("generation"):
                given = signature.bind(*args, **kwargs).arguments
                table = np.asarray(rewards.detach().float().cpu().numpy(), dtype=np.float64)
                self._scored = {**given, "rewards": table}
            return rewards

        return calculate_rewards

    def _around(self, phase: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.session.stopwatch.during(phase):
                return original(*args, **kwargs)

        return timed

    def _around_extra(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def log_completion_extra(column: str, values: list[Any]) -> None:
            original(column, values)
            with self.session.guarded("extra column"):
                self._extra.setdefault(str(column), []).extend(values)

        return log_completion_extra

    def _wrap_reward_functions(self) -> None:
        functions = self.trainer.reward_funcs
        for i, (function, name) in enumerate(zip(functions, self._scoring.names, strict=True)):
            if isinstance(function, nn.Module):  # stays a module: TRL treats it as a model
                self._hook(function, name)
            else:
                functions[i] = self._watch.wrap(function, name)

    def _hook(self, model: nn.Module, name: str) -> None:
        clock, begun = self.session.stopwatch.clock, [0.0]

        def before(*_: Any) -> None:
            self._function_began(name)
            begun[0] = clock()

        def after(_model: Any, _args: Any, output: Any) -> None:
            with self.session.guarded("reward"):
                self.session.stopwatch.scored(name, clock() - begun[0])
                if self.note is not None:
                    self._watch.answered(name, {}, output.logits[:, 0].tolist())
            self._function_answered()

        model.register_forward_pre_hook(before)
        model.register_forward_hook(after)

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

    def _newest(self) -> dict[str, Any] | None:
        """What the trainer scored last; None if it did not in this generation."""
        return self._scored

    def _local(self, scored: Mapping[str, Any], output: Mapping[str, Any]) -> Local:
        """The columns of this rank's completions, from what the trainer scored and what it made of it."""
        local = local_completions(
            scored["inputs"],
            scored["prompts"],
            scored["completions"],
            scored.get("completion_ids_list"),
            self._end_tokens(),
            output.get("tool_mask"),
        )
        n = len(local["completions"])
        local["advantages"] = output["advantages"].detach().float().reshape(n, -1)[:, 0].tolist()
        local |= sampling_correction(output, self.trainer)
        if getattr(self.trainer, "mask_truncated_completions", False) and "truncated" in local:
            other = local.get("masked", [0.0] * n)
            local["masked"] = [1.0 if cut else share for cut, share in zip(local["truncated"], other, strict=True)]
        local["extra"] = {name: values for name, values in self._extra.items() if len(values) == n}
        return local

    def _send(self, local: Local | None, mode: Mode, step: int) -> None:
        """Gather the completions of all ranks, which every rank takes part in whatever it has, and record them."""
        if self.trainer.accelerator.num_processes == 1:
            ranks = None if local is None else [local]
        else:
            blob = b""
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
        if "rewards" in ranks[0]:
            rows = [row for local in ranks for row in local["rewards"]]
            rewards = np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=np.float64)
        else:
            rewards = (self._newest() or {})["rewards"]
        trainer = self.trainer
        size = trainer.num_generations
        if mode == "eval":
            size = getattr(trainer, "num_generations_eval", size)
        batch = batch_of(ranks, rewards, int(size), getattr(trainer, "max_completion_length", None))
        if batch.advantages is None:
            batch = replace(batch, advantages=advantages(batch, self._scoring))
        self.session.generation(batch, self._scoring, step, mode, self.eval_name if mode == "eval" else None)

    def _end_tokens(self) -> frozenset[int] | None:
        """Ids that end a completion, padding included, as the trainer sees them."""
        processor = self.trainer.processing_class
        tokenizer = getattr(processor, "tokenizer", processor)
        ends = getattr(self.trainer, "eos_token_ids", None) or [  # one id before TRL 1.10
            getattr(self.trainer, "eos_token_id", None) or getattr(tokenizer, "eos_token_id", None)
        ]
        known = [token for token in (*ends, getattr(tokenizer, "pad_token_id", None)) if token is not None]
        return frozenset(int(token) for token in known) if known else None


def _is_column(values: Any, n: int) -> bool:
    return isinstance(values, (list, tuple)) and len(values) == n
