"""What was trained, with what, and where: the configuration and the environment of a run."""

from collections.abc import Iterator
from typing import Any, Final

from grpolog.analysis import Run
from grpolog.analysis.settings import flat, text_of
from grpolog.events import RunEvent
from grpolog.report.build.phrases import moment
from grpolog.report.build.rewards import Rewards
from grpolog.report.numbers import count, duration

SETTINGS = 400
"""Settings of the configuration at most."""

VALUE_CHARS = 500
"""Characters of a setting at most."""

_CAPTURE: Final = {
    "trainer": "where the trainer scores completions, with its own advantages",
    "reward_functions": "around the reward functions; advantages recomputed",
    "callback": "by a callback: the trainer's scalars only",
    "manual": "handed over by the training script",
    "imported": "imported from another log",
}
_PRIMARY: Final = {"given": "given by the user", "guessed": "guessed by its name", "unknown": "unknown"}


def configuration(run: Run) -> tuple[tuple[str, str], ...]:
    """The trainer's settings by dotted name, at most `SETTINGS`."""
    config = run.info.config if run.info else None
    pairs = [(name, shown(value)) for name, value in flat(config or {})]
    if len(pairs) > SETTINGS:
        more = len(pairs) - SETTINGS
        pairs = [*pairs[:SETTINGS], ("…", f"{more:,} more settings are in the log")]
    return tuple(pairs)


def environment(run: Run, rewards: Rewards) -> tuple[tuple[str, str], ...]:
    """Facts about the newest attempt; what is not known is left out."""
    info = run.info
    if info is None:
        return ()
    return tuple((name, value) for name, value in _facts(run, info, rewards) if value)


def _facts(run: Run, info: RunEvent, rewards: Rewards) -> Iterator[tuple[str, str]]:
    yield "Model", info.model or ""
    yield "Trainer", " ".join(filter(None, (info.framework, info.trainer)))
    yield "Versions", ", ".join(f"{name} {version}" for name, version in (info.versions or {}).items())
    yield "Reward functions", _functions(info, rewards)
    yield "The task", f"{info.primary} ({_PRIMARY[info.primary_source]})" if info.primary else "unknown"
    yield "Advantage", info.advantage_mode or ""
    evaluated = f", {info.eval_group_size:,} in evaluation" if info.eval_group_size else ""
    yield "Completions per prompt", f"{info.group_size:,}{evaluated}" if info.group_size else ""
    yield "Longest completion", count(info.max_completion_length, "token") if info.max_completion_length else ""
    yield "beta", "" if info.beta is None else "0 (no KL is measured)" if info.beta == 0 else f"{info.beta:g}"
    yield "Capture", _CAPTURE[info.capture] if info.capture else ""
    yield "Not captured", info.capture_note or ""
    yield "Ranks", str(info.world_size) if info.world_size else ""
    yield "Host", info.host or ""
    yield "Command", info.command or ""
    yield "Git commit", _commit(info.git_commit)
    for attempt in run.attempts.tail(8).iter_rows(named=True):
        started, ended = attempt["started"], attempt["ended"]
        lasted = f", {duration(ended - started)}" if started is not None and ended is not None else ""
        status = attempt["status"] or (
            "no end event" if attempt["attempt"] == info.attempt else "no end event, resumed later"
        )
        steps = (
            f", steps {attempt['first_step']:,} to {attempt['last_step']:,}"
            if attempt["first_step"] is not None
            else ""
        )
        yield f"Attempt {attempt['attempt']}", f"{moment(started) or 'unknown time'}{lasted}{steps}: {status}"


def _functions(info: RunEvent, rewards: Rewards) -> str:
    names = list(rewards.names) or list(info.reward_functions or ())
    weights = info.reward_weights or {}
    shown = [f"{name} × {weights[name]:g}" if name in weights else name for name in names[:12]]
    return ", ".join(shown) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _commit(commit: str | None) -> str:
    if not commit:
        return ""
    return f"{commit.removesuffix('+')} with uncommitted changes" if commit.endswith("+") else commit


def shown(value: Any) -> str:
    """A setting as text of bounded length."""
    text = text_of(value)
    return text if len(text) <= VALUE_CHARS else f"{text[:VALUE_CHARS]} … ({len(text) - VALUE_CHARS:,} more characters)"
