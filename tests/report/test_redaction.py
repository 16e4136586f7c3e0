"""A report that can be shared: no text and no setting is anywhere in it, and every number is."""

import re
from itertools import count
from pathlib import Path

import pytest
from recorded import LogBuilder, run_fields

from grpolog.analysis import Run, read
from grpolog.analysis import texts as texts_module
from grpolog.analysis.redaction import KINDS, Redaction, parsed
from grpolog.errors import UsageError
from grpolog.events import (
    AlertEvent,
    AlertGroup,
    ExampleEvent,
    GroupEvent,
    PerfEvent,
    QualityEvent,
    RewardEvent,
    RunEvent,
    StepEvent,
)
from grpolog.report import build_report

OF = {"P": "prompts", "C": "completions", "S": "config", "X": "prompts or completions"}


def marked_log() -> LogBuilder:
    """A log whose every text is a word of its own: its first letter tells what of."""
    log, numbers = LogBuilder(), count(1000)

    def word(kind: str) -> str:
        return f"{kind}zq{next(numbers)}"

    config = {"learning_rate": word("S"), "nested": {"path": [word("S"), {"deep": word("S")}]}, "dataset": word("S")}
    run = run_fields(
        "exp1", ("accuracy",), config=config, model=word("S"), command=word("S"), host=word("S"), git_commit=word("S"),
        recovered_tail=word("X"), first_error=f"ValueError: {word('X')}", max_steps=12,
    )  # fmt: skip
    log.add(RunEvent, 0, phase="start", **run)
    for step in range(1, 13):
        for name in ("total", "accuracy"):
            log.add(RewardEvent, step, name=name, mode="train", n=8, mean=step / 12, std=0.1, equal_share=0.5)
        log.add(QualityEvent, step, n=8, format_rate=0.5, live_share=0.5)
        log.add(PerfEvent, step, step_seconds=1.0, checkpoints=[f"/{word('S')}/checkpoint-{step}"])
        log.add(StepEvent, step, loss=0.1)
        for number in range(2):
            prompt, row, source, text = (word("P") for _ in range(4))
            log.add(
                GroupEvent, step, group=number, prompt_id=prompt, row_id=row, source=source, n=2, passes=step % 2,
                mean=0.5, std=0.1, reward_means={"accuracy": 0.5}, reward_stds={"accuracy": 0.1}, signal=True,
            )  # fmt: skip
            for index in range(2):
                said = {"role": "assistant", "content": word("C"), "tool_calls": [{"function": {"name": word("C")}}]}
                messages = number == 1
                log.add(
                    ExampleEvent, step, group=number, index=index, prompt_id=prompt, source=source, kept="best",
                    prompt=None if messages else text, completion=None if messages else word("C"),
                    prompt_messages=[{"role": "user", "content": text}] if messages else None,
                    completion_messages=[said] if messages else None, total=index / 2,
                    rewards={"accuracy": float(index)}, finish="stop",
                    extra={word("X"): word("X"), "answer": [word("X")]},
                )  # fmt: skip
        log.add(
            AlertEvent, step, rule="stall", metric="perf/step_seconds", severity="warning", incident=f"i{step}",
            message="m", details={word("X"): word("X")},
            groups=[AlertGroup(step=step, mode="train", group=0, prompt_id=word("P"), shows="mean accuracy 0")],
        )  # fmt: skip
    log.add(RunEvent, 12, phase="end", **run | {"status": "failed", "error": f"ValueError: {word('X')}"})
    return log


@pytest.fixture(params=["held", "on disk"])
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The log, its texts in memory or read again when they are shown."""
    if request.param == "on disk":
        monkeypatch.setattr(texts_module, "HELD", 0)
    return read(marked_log().write(tmp_path / "exp1.jsonl"), now=1e9)


def left(run: Run) -> set[str]:
    """What of the texts and settings is found in any form of the report."""
    report = build_report(run)
    found = re.findall(r"([PCSX])zq\d+", "".join((report.to_html(), report.to_markdown(), report.to_json())))
    return {OF[kind] for kind in found}


def test_the_log_of_this_test_shows_its_words_unless_they_are_redacted(run: Run) -> None:
    assert left(run) == set(OF.values())


def test_nothing_of_a_text_or_a_setting_is_in_a_redacted_report(run: Run) -> None:
    assert left(Redaction(KINDS).run(run)) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_named_is_kept(run: Run, kind: str) -> None:
    quoted = set() if kind == "config" else {"prompts or completions"}
    assert left(Redaction([kind]).run(run)) - {"prompts or completions"} == set(OF.values()) - {kind} - {
        "prompts or completions"
    }
    assert not left(Redaction([kind]).run(run)) & quoted


def test_numbers_stay_and_the_report_says_what_it_lacks(run: Run) -> None:
    whole, redacted = build_report(run), build_report(Redaction(KINDS).run(run))
    assert (redacted.verdict.word, redacted.numbers, redacted.functions) == (
        whole.verdict.word, whole.numbers, whole.functions,
    )  # fmt: skip
    assert [(g.mean, g.std) for g in redacted.groups] == [(g.mean, g.std) for g in whole.groups]
    assert redacted.subtitle[-1] == "redacted: prompts, completions and config"
    said = dict(redacted.about)["Redacted"]
    assert said == "Prompts, completions and config were taken out to share the report; all numbers stand."
    assert "redacted: prompts, completions and config" in redacted.to_html()
    assert "redacted: prompts, completions and config" in redacted.to_markdown()


def test_lines_lose_the_same_as_the_run_and_prompts_keep_one_number_in_all_events() -> None:
    redaction = Redaction(KINDS)
    group = redaction.record({"v": 1, "event": "group", "prompt_id": "a", "row_id": "7", "source": "x", "n": 4})
    assert group == {"v": 1, "event": "group", "prompt_id": "prompt 1", "row_id": "row 1", "source": "source 1", "n": 4}
    example = {
        "event": "example",
        "prompt_id": "a",
        "prompt_messages": [{"role": "user"}],
        "completion": "c",
        "total": 1,
    }
    assert redaction.record({**example, "total": 1, "extra": {"k": "v"}}) == {
        "event": "example", "prompt_id": "prompt 1", "prompt": "[redacted]", "completion": "[redacted]", "total": 1,
    }  # fmt: skip
    assert redaction.record({"event": "run", "config": {"a": 1}, "group_size": 8, "error": "ValueError: no"}) == {
        "event": "run", "group_size": 8, "error": "ValueError: [redacted]",
    }  # fmt: skip
    assert redaction.record({"v": 1, "event": "unheard", "step": 1, "text": "t"}) == {
        "v": 1, "event": "unheard", "step": 1,
    }  # fmt: skip


def test_kinds_are_named_with_commas_and_others_are_refused() -> None:
    assert parsed("config, prompts") == ("config", "prompts")
    with pytest.raises(UsageError, match="texts cannot be redacted; what can is prompts, completions, config"):
        parsed("prompts,texts")
    with pytest.raises(UsageError, match="nothing cannot be redacted"):
        parsed(",")
