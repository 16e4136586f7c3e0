"""Reward functions, watched: what they were given, what they answered, and how long they took."""

import functools
import inspect
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grpolog.generation.batch import Text
from grpolog.metrics.primary import function_names

if TYPE_CHECKING:
    from grpolog.record.recorder import Recorder

RewardFunction = Callable[..., Any]


@dataclass(slots=True)
class Watched:
    """One call of all reward functions on the same completions."""

    prompts: list[Text] | None = None
    completions: list[Text] | None = None
    completion_ids: list[list[int]] | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    """The other keyword arguments."""
    rewards: dict[str, list[float | None]] = field(default_factory=dict)
    """Answers by function, in the order of the functions."""


class RewardWatch:
    """Wraps the reward functions of one trainer or loop.

    Args:
        names: name of each function, in their order.
        timed: is called after each answer with the function's name and its seconds.
        failed: is given what goes wrong in here; the functions' own errors pass through.
        began: is called with the function's name before it is.
        complete: is called after each answer, when `take` may have something to give; it must not raise.
    """

    def __init__(
        self,
        names: Sequence[str],
        timed: Callable[[str, float], None],
        failed: Callable[[str, BaseException], None],
        *,
        began: Callable[[str], None] = lambda name: None,
        complete: Callable[[], None] = lambda: None,
    ) -> None:
        self.names = tuple(names)
        self._timed, self._failed, self._began, self._complete = timed, failed, began, complete
        self._now = Watched()

    def wrap(self, function: RewardFunction, name: str) -> RewardFunction:
        """`function` under watch; async functions stay async."""
        if _is_async(function):

            @functools.wraps(function, updated=())
            async def watched_async(*args: Any, **kwargs: Any) -> Any:
                begun = self._begin(name)
                answer = _listed(await function(*args, **kwargs))
                self._answered(name, lambda: (_named(function, args, kwargs), answer), begun)
                return answer

            return watched_async

        @functools.wraps(function, updated=())
        def watched(*args: Any, **kwargs: Any) -> Any:
            begun = self._begin(name)
            answer = _listed(function(*args, **kwargs))
            self._answered(name, lambda: (_named(function, args, kwargs), answer), begun)
            return answer

        return watched

    def hook(self, model: Any, name: str, scores: Callable[[Any], Sequence[float]]) -> None:
        """Put a reward model under watch, which stays the `torch.nn.Module` that it is.

        Args:
            model: the model. It may outlive its trainer and score for the next one, so its hooks hold neither.
            name: its name.
            scores: the rewards in what the model returns.
        """
        this, begun = weakref.ref(self), [0.0]

        def before(*_: Any) -> None:
            watch = this()
            if watch is not None:
                begun[0] = watch._begin(name)

        def after(_model: Any, _args: Any, output: Any) -> None:
            watch = this()
            if watch is not None:
                watch._answered(name, lambda: ({}, scores(output)), begun[0])

        model.register_forward_pre_hook(before)
        model.register_forward_hook(after)

    def _begin(self, name: str) -> float:
        try:
            self._began(name)
        except Exception as error:  # what is recorded must not change what is trained
            self._failed("reward", error)
        return time.perf_counter()

    def _answered(self, name: str, told: Callable[[], tuple[dict[str, Any], Any]], begun: float) -> None:
        """A function that was called at `begun` answered; `told` gives its arguments by name, and its answer."""
        try:
            self._timed(name, time.perf_counter() - begun)
            self._note(name, *told())
        except Exception as error:
            self._failed("reward", error)
        try:
            self._complete()
        except Exception as error:
            self._failed("reward", error)

    def _note(self, name: str, given: dict[str, Any], answer: Any) -> None:
        if name in self._now.rewards:  # a new round began before the last one was complete
            self._now = Watched()
        now = self._now
        if "completions" in given:
            now.prompts, now.completions = given.get("prompts"), given["completions"]
            now.completion_ids = given.get("completion_ids")
            now.columns = {k: v for k, v in given.items() if k not in ("prompts", "completions", "completion_ids")}
        now.rewards[name] = [_number(value) for value in answer]

    def take(self) -> Watched | None:
        """The round of answers, once all functions gave theirs on known completions; each round is given once."""
        now = self._now
        if len(now.rewards) < len(self.names) or now.completions is None:
            return None
        self._now = Watched()
        now.rewards = {name: now.rewards[name] for name in self.names}
        return now


def watch(reward_funcs: RewardFunction | Sequence[RewardFunction], recorder: "Recorder") -> Any:
    """Reward functions that record what they pay, for loops that call them.

    The functions take `completions` (and `prompts`) as keyword arguments or under these parameter names. When all of
    them answered for the same completions, the batch is recorded for the step after the newest logged one.

    Args:
        reward_funcs: one function or several; sync or async.
        recorder: where to.

    Returns:
        The wrapped function, or a list of them.
    """
    functions = [reward_funcs] if callable(reward_funcs) else list(reward_funcs)
    names = function_names([name_of(function) for function in functions])

    def complete() -> None:
        taken = rewards.take()
        if taken is not None and taken.completions is not None:
            prompts = taken.prompts if taken.prompts is not None else [""] * len(taken.completions)
            recorder.log_batch(recorder.next_step, prompts, taken.completions, taken.rewards)

    rewards = RewardWatch(names, recorder.session.stopwatch.scored, recorder.session.lose, complete=complete)
    wrapped = [rewards.wrap(function, name) for function, name in zip(functions, names, strict=True)]
    return wrapped[0] if callable(reward_funcs) else wrapped


def _listed(answer: Any) -> Any:
    """An answer that can be read more than once, which an iterator cannot."""
    return list(answer) if hasattr(answer, "__iter__") and not hasattr(answer, "__len__") else answer


def _is_async(function: RewardFunction) -> bool:
    """Whether calling it gives a coroutine, decided as TRL does: it would call an async one for its answer."""
    inner = _unwrapped(function)
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(inner.__call__)


def name_of(function: RewardFunction) -> str:
    """The name of a reward function: its own, or that of its class."""
    inner = _unwrapped(function)
    return str(getattr(inner, "__name__", type(inner).__name__))


def _unwrapped(function: Any) -> Any:
    """What a partial, also one of a partial, calls in the end."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _named(function: RewardFunction, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    if not args:
        return kwargs
    try:
        return {**inspect.signature(function).bind_partial(*args).arguments, **kwargs}
    except (TypeError, ValueError):
        return kwargs


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
