import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grpolog import jsonl
from grpolog.errors import UsageError
from grpolog.events import Envelope, QualityEvent, RewardEvent, RunEvent, StepEvent
from grpolog.trends import (
    Alert,
    Attempt,
    Monitor,
    RowBuilder,
    Setting,
    Table,
    advance,
    attempts,
    replay,
    resumed_state,
    rules_hash,
    start,
)
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules import About
from grpolog.trends.rules.update import NonFinite
from grpolog.trends.view import View


def curves(seed: int, n: int) -> list[tuple[int, dict[str, float]]]:
    """Rows of drifting metrics with gaps, NaN and inf."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        metrics = {
            "reward": 0.2 + 0.01 * i + rng.normal(0, 0.3),
            "reward_std": abs(rng.normal(0.5, 0.1)),
            "rewards/f/mean": rng.normal(0, 1),
            "rewards/f/std": abs(rng.normal(1, 0.1)),
            "quality/format_rate": rng.random(),
            "kl": rng.random(),
        }
        if i % 3 == 0:
            metrics["eval_reward"] = rng.random()
        for name in list(metrics):
            luck = rng.random()
            if luck < 0.1:
                del metrics[name]
            elif luck < 0.15:
                metrics[name] = (math.nan, math.inf)[int(luck * 1000) % 2]
        rows.append((i + 1, metrics))
    return rows


def in_chunks(rows: Sequence[tuple[int, dict[str, float]]], cuts: Sequence[int]) -> list[Alert]:
    state, alerts = start(window_size=7), []
    for a, b in itertools.pairwise([0, *sorted(cuts), len(rows)]):
        state, opened, changed = advance(state, Table.of(rows[a:b]))
        alerts += opened + changed
    return in_order(alerts)


def told(monitor: Monitor, step: int, metrics: dict[str, float]) -> list[Alert]:
    return [*monitor.update(step, metrics), *monitor.changes()]


def left_over(monitor: Monitor) -> list[Alert]:
    return [*monitor.finish(), *monitor.changes()]


def in_order(alerts: Sequence[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: (alert.step, alert.rule, alert.metric, alert.state))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 120), max_size=20))
def test_any_chunking_gives_the_same_alerts_bit_for_bit(seed: int, cuts: list[int]) -> None:
    rows = curves(seed, 120)
    whole = in_chunks(rows, [])
    assert whole
    assert in_chunks(rows, cuts) == whole
    monitor = Monitor(window_size=7)
    assert in_order([alert for row in rows for alert in told(monitor, *row)] + left_over(monitor)) == whole


def test_a_window_of_the_default_size_has_the_same_mean_in_any_chunking() -> None:
    rows = curves(3, 1000)
    state, opened, _ = advance(start(), Table.of(rows))
    monitor = Monitor()
    assert [alert for row in rows for alert in monitor.update(*row)] + monitor.finish() == opened
    assert opened
    assert state.step == monitor.state.step == 1000


def test_an_old_state_can_be_continued_from() -> None:
    rows = curves(1, 60)
    middle, _, _ = advance(start(window_size=7), Table.of(rows[:30]))
    first = advance(middle, Table.of(rows[30:]))[1]
    assert first
    assert advance(middle, Table.of(rows[30:]))[1] == first


def run(phase: str, attempt: int = 0, **fields: Any) -> RunEvent:
    status = "running" if phase == "start" else "finished"
    return RunEvent(
        step=0, phase=phase, status=status, run_id="0", name="r", grpolog_version="0", attempt=attempt, **fields
    )


def events_of(rows: Sequence[tuple[int, dict[str, float]]], logged_every: int) -> list[Envelope]:
    """What a recorder writes for these rows."""
    events: list[Envelope] = []
    for step, m in rows:
        get = m.get
        events.append(RewardEvent(step=step, name="total", n=8, mean=get("reward"), std=get("reward_std")))
        events.append(RewardEvent(step=step, name="f", n=8, mean=get("rewards/f/mean"), std=get("rewards/f/std")))
        events.append(QualityEvent(step=step, n=8, format_rate=get("quality/format_rate")))
        if step % logged_every == 0:
            events.append(StepEvent(step=step, kl=get("kl"), reward=99.0))
        if "eval_reward" in m:
            events.append(RewardEvent(step=step, mode="eval", name="total", n=4, mean=m["eval_reward"]))
    return events


class Recorder:
    """As much of a recorder as the monitor sees: judges events while it writes their lines."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.alerts: dict[int, list[Alert]] = {}

    def train(self, attempt: int, resumed: int, events: Sequence[Envelope], ended: bool) -> None:
        builder, monitor = RowBuilder(), Monitor(window_size=7)
        earlier = attempts(jsonl.decode(line)[0] for line in self.lines)
        monitor.state = resumed_state(monitor.state, earlier, resumed)
        raised: list[Alert] = []
        opening = run("start", attempt, resumed_from_step=resumed)
        for event in [opening, *events, *([run("end", attempt)] if ended else [])]:
            self.lines.append(jsonl.encode(event))
            row = builder.add(event.__dict__)
            if row is not None:
                raised += told(monitor, row.step, row.metrics)
        self.alerts[attempt] = in_order(raised + left_over(monitor))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_live_equals_replay_over_resumes_at_random_steps(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32))
    every = data.draw(st.sampled_from([1, 4]))
    resumes = data.draw(st.lists(st.integers(0, 50), max_size=3))
    recorder = Recorder()
    for attempt, resumed in enumerate([0, *resumes]):
        rows = [row for row in curves(seed + attempt, 90) if row[0] > resumed]
        events = events_of(rows, every)
        cut = data.draw(st.integers(1, len(events)))
        recorder.train(attempt, resumed, events[:cut], ended=cut == len(events))
    log = attempts(jsonl.decode(line)[0] for line in recorder.lines)
    found = replay(lambda _: start(window_size=7), log)
    assert {number: in_order(each.alerts) for number, each in found.items()} == {
        attempt: recorder.alerts[attempt] for attempt in replay_keys(log)
    }
    assert all(not recorder.alerts[attempt] for attempt in set(recorder.alerts) - set(replay_keys(log)))


def replay_keys(log: Sequence[Any]) -> list[int]:
    return [attempt.number for attempt in log]


def test_a_resume_at_the_last_step_goes_on_as_if_nothing_had_happened() -> None:
    rows = curves(5, 80)
    whole = [run("start"), *events_of(rows, 1), run("end")]
    halves = [
        run("start"),
        *events_of(rows[:41], 1),
        StepEvent(step=42, kl=9.0),
        run("start", 1, resumed_from_step=41),
        *events_of(rows[41:], 1),
        run("end", 1),
    ]
    at_once = replay(lambda _: start(window_size=7), attempts(event.__dict__ for event in whole))
    resumed = replay(lambda _: start(window_size=7), attempts(event.__dict__ for event in halves))
    assert in_order(resumed[0].alerts + resumed[1].alerts) == in_order(at_once[0].alerts)
    assert resumed[1].alerts


def test_rows_after_the_point_of_return_do_not_count() -> None:
    flat = [StepEvent(step=step, reward=1.0) for step in range(1, 8)]
    wild = [StepEvent(step=step, reward=50.0) for step in range(8, 14)]
    again = [StepEvent(step=step, reward=1.05) for step in range(8, 15)]
    events = [run("start"), *flat, *wild, run("start", 1, resumed_from_step=7), *again]
    found = replay(lambda _: start(rules=(), window_size=7), attempts(event.__dict__ for event in events))
    assert [each.alerts for each in found.values()] == [[], []]


def test_rows_count_up_to_the_earliest_later_point_of_return() -> None:
    log = [
        Attempt(0, 0, Table.of([(step, {"reward": 0.0}) for step in range(1, 21)])),
        Attempt(1, 5, Table.of([(step, {"reward": 1.0}) for step in range(6, 21)])),
    ]
    memory = resumed_state(start(window_size=99), log, 8).trend_memory["reward"]
    assert list(zip(memory.steps, memory.values, strict=True)) == [(s, float(s > 5)) for s in range(1, 9)]
    log.insert(1, Attempt(1, 15, Table.of([(step, {"reward": 9.0}) for step in range(16, 21)])))
    assert resumed_state(start(window_size=99), log, 8).trend_memory["reward"].steps.tolist() == [*range(1, 9)]


def test_a_start_from_scratch_forgets_earlier_attempts() -> None:
    low = [StepEvent(step=step, reward=1.0) for step in range(1, 8)]
    high = [StepEvent(step=step, reward=2.0) for step in range(1, 8)]
    events = [run("start"), *low, run("start", 1, resumed_from_step=0), *high]
    found = replay(lambda _: start(rules=(), window_size=7), attempts(event.__dict__ for event in events))
    assert [each.alerts for each in found.values()] == [[], []]


@pytest.mark.parametrize("step", [3, 2, 0, -5, math.nan, math.inf, None, "7", 10**30, np.int64(4), 2.0])
def test_no_step_makes_it_raise(step: Any) -> None:
    monitor = Monitor(window_size=2)
    for value in (1.0, 1.0):
        monitor.update(3, {"reward": value})
    monitor.update(step, {"reward": 2.0})
    assert len(monitor.update(step, {"reward": 2.0})) == 1


@pytest.mark.parametrize("value", [None, "high", math.nan, -math.inf, True, [1.0], np.array([1.0, 2.0]), {}, 10**400])
def test_no_value_makes_it_raise(value: Any) -> None:
    monitor = Monitor(window_size=1)
    for step in range(3):
        assert monitor.update(step, {"reward": value, "rewards/f/mean": 1.0, "rewards/f/std": value, 3: value}) == []


def test_numpy_scalars_are_numbers() -> None:
    monitor = Monitor(window_size=1)
    monitor.update(1, {"reward": np.float32(1.0)})
    assert len(monitor.update(2, {"reward": np.float64(2.0)})) == 1


def test_trends_open_and_never_change() -> None:
    monitor = Monitor(window_size=1)
    assert monitor.changes() == []
    monitor.update(1, {"reward": 1.0})
    assert [alert.state for alert in monitor.update(2, {"reward": 2.0})] == ["opened"]
    assert monitor.changes() == []


@dataclasses.dataclass(frozen=True)
class High:
    """A rule of one line: a reward above 3 is an error, one above 1 a warning."""

    name: str = "high"
    about: ClassVar[About] = About("", "", "lower it", "")

    def unjudged(self, view: View) -> str | None:
        return None if view.metric("reward") is not None else "no reward"

    def judge(self, view: View) -> Iterator[Finding]:
        reward = view.metric("reward")
        assert reward is not None
        found = levels(warning=reward.now > 1, error=reward.now > 3)
        yield Finding("reward", found, lambda i: f"reward is {reward.now[i]}", after=reward.now, hold_clear=2)


LEVELS = [1.0, 2.0, 2.0, 4.0, 2.0, 1.0, 1.0, 1.0, 4.0]
TOLD = [(2, "warning", "opened"), (4, "error", "escalated"), (7, "error", "resolved"), (9, "error", "opened")]


@pytest.mark.parametrize("cuts", [[], [1, 2, 3, 4, 5, 6, 7, 8], [4], [5, 6]])
def test_an_alert_opens_escalates_resolves_and_may_open_again(cuts: list[int]) -> None:
    state, told = start(rules=(High(),)), []
    rows = [(step, {"reward": value}) for step, value in enumerate(LEVELS, start=1)]
    for a, b in itertools.pairwise([0, *cuts, len(rows)]):
        state, opened, changed = advance(state, Table.of(rows[a:b]))
        told += opened + changed
    told.sort(key=lambda alert: alert.step)
    assert [(alert.step, alert.severity, alert.state) for alert in told] == TOLD
    assert {alert.remedy for alert in told} == {"lower it"}
    assert len({alert.incident for alert in told[:3]}) == 1
    assert [alert.level for alert in state.book.open.values()] == [3]


def test_the_monitor_tells_changes_apart_from_new_alerts() -> None:
    monitor = Monitor(rules=(High(),))
    told = [
        ([a.state for a in monitor.update(step, {"reward": value})], [a.state for a in monitor.changes()])
        for step, value in enumerate(LEVELS[:7], start=1)
    ]
    empty: tuple[list[str], list[str]] = ([], [])
    assert told == [empty, (["opened"], []), empty, ([], ["escalated"]), empty, empty, ([], ["resolved"])]


@dataclasses.dataclass(frozen=True)
class Above(High):
    """As loud as `High`, of the same metric, from 1.5 on."""

    name: str = "above"

    def judge(self, view: View) -> Iterator[Finding]:
        reward = view.metric("reward")
        assert reward is not None
        yield Finding("reward", levels(warning=reward.now > 1.5), lambda i: "above", hold_clear=3)


@pytest.mark.parametrize("cuts", [[], [1, 2, 3, 4, 5, 6], [4]])
def test_what_an_alert_stood_for_is_told_when_it_is_over_and_the_matter_is_not(cuts: list[int]) -> None:
    @dataclasses.dataclass(frozen=True)
    class Brief(High):
        name: str = "brief"

        def judge(self, view: View) -> Iterator[Finding]:
            reward = view.metric("reward")
            assert reward is not None
            yield Finding("reward", levels(warning=reward.now == 2), lambda i: "two", hold_clear=2)

    state, told = start(rules=(Brief(), Above())), []
    rows = [(step, {"reward": value}) for step, value in enumerate([1.0, 2.0, 1.8, 1.8, 1.8, 1.0, 1.0, 1.0], start=1)]
    for a, b in itertools.pairwise([0, *cuts, len(rows)]):
        state, opened, changed = advance(state, Table.of(rows[a:b]))
        told += opened + changed
    assert sorted((alert.step, alert.rule, alert.state) for alert in told) == [
        (2, "brief", "opened"),
        (4, "above", "opened"),
        (4, "brief", "resolved"),
        (8, "above", "resolved"),
    ]


def test_a_rule_that_fails_takes_its_rows_with_it_and_no_others() -> None:
    @dataclasses.dataclass(frozen=True)
    class Fails(High):
        name: str = "fails"

        def judge(self, view: View) -> Iterator[Finding]:
            reward = view.metric("reward")
            assert reward is not None
            assert not (reward.now == 7).any()
            yield from High.judge(self, view)

    monitor = Monitor(rules=(Fails(),))
    monitor.update(1, {"reward": 1.0})
    with pytest.raises(AssertionError):
        monitor.update(2, {"reward": 7.0})
    assert [alert.step for alert in monitor.update(3, {"reward": 4.0})] == [3]


def test_a_number_that_is_none_is_judged_at_once_whatever_its_type() -> None:
    monitor = Monitor(rules=(NonFinite(),))
    for step in range(1, 40):
        monitor.update(step, {"loss": 1.0})
    assert [alert.step for alert in monitor.update(40, {"loss": np.float32("nan")})] == [40]


def test_a_rule_without_its_metric_says_what_it_lacks() -> None:
    state, opened, changed = advance(start(rules=(High(),)), Table.of([(1, {"kl": 0.1})]))
    assert (opened, changed, dict(state.unjudged)) == ([], [], {"high": "no reward"})


def test_later_rows_are_judged_six_at_a_time_and_at_once_where_a_number_is_not_finite() -> None:
    monitor = Monitor(rules=(High(),))
    for step in range(1, 17):
        assert monitor.update(step, {"reward": 0.0}) == []
    told = [monitor.update(step, {"reward": 2.0}) for step in range(17, 33)]
    assert [alert.step for alerts in told for alert in alerts] == [17]
    assert told[:6] == [[]] * 6
    assert monitor.update(33, {"reward": 4.0}) == monitor.changes() == []
    monitor.update(34, {"reward": 4.0, "loss": math.nan})
    assert [alert.step for alert in monitor.changes()] == [33]


@pytest.mark.parametrize("size", [0, -1])
def test_a_window_without_rows_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match="window_size is at least 1"):
        Monitor(window_size=size)


def test_the_state_says_where_it_stands() -> None:
    monitor = Monitor(group_size=8, completions_per_step=64)
    monitor.update(7, {"reward": 1.0})
    assert (monitor.state.step, monitor.state.setting) == (7, Setting(group_size=8, completions_per_step=64))
    assert advance(monitor.state, Table.of([])) == (monitor.state, [], [])


def test_the_rules_hash_follows_the_thresholds() -> None:
    assert Monitor().rules_hash == Monitor(group_size=8).rules_hash == rules_hash(start())
    assert Monitor().rules_hash != Monitor(window_size=50).rules_hash
    assert len(Monitor().rules_hash) == 12
