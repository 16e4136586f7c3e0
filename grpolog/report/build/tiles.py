"""The key numbers of the first screen."""

from collections.abc import Iterator, Mapping

from grpolog.report.build.lines import Lines, eval_prefix
from grpolog.report.build.phrases import change, name_of
from grpolog.report.build.rewards import Rewards
from grpolog.report.model import KeyNumber
from grpolog.report.numbers import UNKNOWN, count, duration, number, percent


def tiles(lines: Lines, rewards: Rewards, panels: Mapping[str, str]) -> tuple[KeyNumber, ...]:
    """The tiles in reading order; values are means over the last tenth of the run.

    Args:
        lines: the metrics.
        rewards: the reward functions.
        panels: key of the panel that shows a metric.
    """
    return tuple(_tiles(lines, rewards, panels))


def _tiles(lines: Lines, rewards: Rewards, panels: Mapping[str, str]) -> Iterator[KeyNumber]:
    yield _plain(lines, "Total reward", panels, "reward")
    if rewards.primary is not None and len(rewards.names) > 1:
        yield _plain(lines, f"{name_of(rewards.primary)} (the task)", panels, rewards.mean(rewards.primary))
    yield _evaluation(lines, rewards, panels)
    yield _divergence(lines, panels)
    yield _plain(lines, "Entropy", panels, "entropy")
    yield _length(lines, panels)
    yield _signal(lines, panels)
    yield _seconds(lines, panels)


def _plain(lines: Lines, label: str, panels: Mapping[str, str], *metrics: str) -> KeyNumber:
    metric = lines.first_known(*metrics)
    if metric is None:
        return KeyNumber(label, None, UNKNOWN, "not in this log")
    line = lines.series(metric)
    return KeyNumber(label, line.end, number(line.end), change(line), lines.spark(metric), panels.get(metric, ""))


def _evaluation(lines: Lines, rewards: Rewards, panels: Mapping[str, str]) -> KeyNumber:
    """The newest evaluation, of the task where it is known."""
    base = rewards.mean(rewards.primary) if rewards.primary else "reward"
    what = name_of(rewards.primary) if rewards.primary else "reward"
    for eval_set in lines.eval_sets:
        metric = lines.first_known(eval_prefix(eval_set) + base, eval_prefix(eval_set) + "reward")
        if metric is None:
            continue
        line = lines.series(metric)
        y = lines.values(metric).y
        where = "" if eval_set is None else f" on {name_of(eval_set)}"
        moved = f"from {number(float(y[0]))}, " if len(y) > 1 else ""
        return KeyNumber(
            f"Evaluation{where}: {what if metric.endswith(base) else 'reward'}", line.last, number(line.last),
            f"{moved}{count(len(y), 'evaluation')}", lines.spark(metric), panels.get(metric, ""),
        )  # fmt: skip
    return KeyNumber("Evaluation", None, UNKNOWN, "none was recorded")


def _divergence(lines: Lines, panels: Mapping[str, str]) -> KeyNumber:
    info = lines.run.info
    if lines.first_known("kl") is None and info is not None and info.beta == 0:
        return KeyNumber("KL to the reference", None, "off", "beta = 0: none is measured")
    return _plain(lines, "KL to the reference", panels, "kl")


def _length(lines: Lines, panels: Mapping[str, str]) -> KeyNumber:
    tile = _plain(lines, "Tokens per completion", panels, "completions/mean_length", "quality/response_tokens")
    if tile.value is None:
        characters = _plain(lines, "Characters per completion", panels, "quality/response_chars")
        tile = characters if characters.value is not None else tile
    cut = lines.first_known("quality/truncated_share", "completions/clipped_ratio")
    share = lines.series(cut).end if cut else None
    said = f"{tile.change}; {percent(share)} cut off" if share is not None else tile.change
    return KeyNumber(tile.label, tile.value, tile.text, said, tile.spark, tile.panel)


def _signal(lines: Lines, panels: Mapping[str, str]) -> KeyNumber:
    live = "group/live_share"
    metric = lines.first_known(live, "group/equal_share", "frac_reward_zero_std")
    label = "Completions with a signal" if metric in (live, None) else "Groups without contrast"
    if metric is None:
        return KeyNumber(label, None, UNKNOWN, "not in this log")
    line = lines.series(metric)
    said = change(line, share=True)
    equal = lines.first_known("group/equal_share", "frac_reward_zero_std") if metric == live else None
    share = lines.series(equal).end if equal else None
    said = f"{said}; {percent(share)} of groups all equal" if share is not None else said
    return KeyNumber(label, line.end, percent(line.end), said, lines.spark(metric), panels.get(metric, ""))


def _seconds(lines: Lines, panels: Mapping[str, str]) -> KeyNumber:
    metric = lines.first_known("perf/step_seconds", "step_time")
    if metric is None:
        return KeyNumber("Time per step", None, UNKNOWN, "not in this log")
    line = lines.series(metric)
    first, end = duration(line.first), duration(line.end)
    said = "one value" if line.logged < 2 else "unchanged" if first == end else f"from {first}"
    return KeyNumber("Time per step", line.end, end, said, lines.spark(metric), panels.get(metric, ""))
