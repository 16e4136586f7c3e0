from pathlib import Path

import pytest
from built import Log, example, group, report_of
from recorded import typical

from grpolog.analysis import texts
from grpolog.events import RewardEvent, StepEvent
from grpolog.report.build import examples
from grpolog.report.build.groups import FUNCTIONS, GROUP_CHARS, OTHER_GROUP_CHARS
from grpolog.report.build.turns import TURNS
from grpolog.report.model import Completion, Turn


def only(folder: Path, log: Log) -> Completion:
    ((completion,),) = [group.completions for group in report_of(folder, log).groups]
    return completion


def test_the_newest_steps_come_first_then_the_first_and_the_middle(tmp_path: Path) -> None:
    report = report_of(tmp_path, typical())
    assert [(found.title, found.step) for found in report.groups] == [
        ("Drawn by lot, newest steps", 300), ("At the largest jump", 100),
        ("Best, newest steps", 300), ("Worst, newest steps", 300), ("Best, first steps", 50),
        ("Worst, first steps", 50), ("Drawn by lot, first steps", 50), ("Best, middle steps", 150),
        ("Worst, middle steps", 150),
    ]  # fmt: skip
    assert report.examples_note == (
        "The log holds 24 groups to read (192 completions of 20,032 generated ones). Best, worst and most divided are "
        "extremes; only groups drawn by lot show what is usual."
    )
    assert (len(report.groups) + len(report.more_groups), report.recorded_groups) == (24, 24)


def test_a_group_is_shown_whole_with_its_numbers(tmp_path: Path) -> None:
    found = group(report_of(tmp_path, typical()), "Worst, newest steps")
    assert (found.where, found.source, found.prompt_id) == ("training", "sums", "0000000000000001")
    assert found.why == "The lowest mean total of the recorded groups of step 300."
    assert [completion.index for completion in found.completions] == list(range(8))
    totals = [completion.total or 0.0 for completion in found.completions]
    assert found.mean is not None
    assert abs(found.mean - sum(totals) / 8) < 1e-9
    last = found.completions[-1]
    assert last.finish == "cut off at the length limit"
    assert last.rewards[0] == ("accuracy", 0.0)
    assert last.advantage_scale == max(abs(completion.advantage or 0.0) for completion in found.completions)


def test_the_extremes_are_those_of_a_stretch_of_the_run(tmp_path: Path) -> None:
    log = Log()
    for step in range(1, 31):
        example(log, step, total=float(step % 7))
        example(log, step, group=1, total=-1.0)
    best = group(report_of(tmp_path, log), "Best, newest steps")
    assert (best.step, best.mean) == (30, 2.0)
    assert best.why == "The highest mean total of the recorded groups of steps 28 to 30."


def test_a_group_that_is_best_and_worst_is_the_only_one(tmp_path: Path) -> None:
    log = Log()
    example(log, 1)
    assert [found.title for found in report_of(tmp_path, log).groups] == ["The only group, newest steps"]


def test_groups_without_a_total_are_shown_too(tmp_path: Path) -> None:
    log = Log()
    example(log, 1, total=None)
    assert [found.title for found in report_of(tmp_path, log).groups] == ["Unscored, newest steps"]


def test_where_every_group_was_kept_the_extremes_are_found(tmp_path: Path) -> None:
    log = Log()
    for number, total in enumerate((0.5, 0.9, 0.1)):
        example(log, 1, group=number, total=total, kept="all")
    titles = {found.title: found.mean for found in report_of(tmp_path, log).groups}
    assert titles == {"Best, newest steps": 0.9, "Worst, newest steps": 0.1, "Drawn by lot, newest steps": 0.5}


def test_followed_prompts_show_their_newest_and_first_answers(tmp_path: Path) -> None:
    log = Log()
    for step in (0, 10, 20):
        for number in range(3):
            example(log, step, group=number, mode="eval", kept="pinned", completion=f"at {step}", eval_name="math")
    found = report_of(tmp_path, log).groups
    assert [(one.title, one.prompt_id, one.completions[0].turns[0].text) for one in found] == [
        ("Followed prompt, newest answers", "p0", "at 20"), ("Followed prompt, first answers", "p0", "at 0"),
        ("Followed prompt, newest answers", "p1", "at 20"), ("Followed prompt, first answers", "p1", "at 0"),
    ]  # fmt: skip
    assert {one.where for one in found} == {"evaluation on math"}


def test_superseded_groups_are_not_shown(tmp_path: Path) -> None:
    log = Log()
    log.add(StepEvent, 5, loss=0.1)
    example(log, 5)
    log.again(4)
    log.add(StepEvent, 5, loss=0.1)
    report = report_of(tmp_path, log)
    assert report.groups == ()
    assert report.examples_note == "The groups that were recorded belong to steps that a later attempt replaced."


def test_a_log_without_examples_says_so(tmp_path: Path) -> None:
    assert report_of(tmp_path, Log()).examples_note == "The log holds no completion to read."


def test_a_conversation_becomes_turns(tmp_path: Path) -> None:
    log = Log()
    prompt = [{"role": "system", "content": "be brief"}, {"role": "user", "content": [{"type": "text", "text": "2+2"}]}]
    answer = [
        {
            "role": "assistant", "reasoning_content": "easy", "content": "let me see",
            "tool_calls": [{"function": {"name": "add", "arguments": {"a": 2}}}],
        },
        {"role": "tool", "name": "add", "content": "4"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": [{"type": "image"}, {"type": "image", "url": "<Image 1x1 ab>"}]},
    ]  # fmt: skip
    example(log, 1, prompt=None, prompt_messages=prompt, completion=None, completion_messages=answer)
    (found,) = report_of(tmp_path, log).groups
    assert found.prompt == (Turn("system", "be brief"), Turn("user", "2+2"))
    assert found.completions[0].turns == (
        Turn("assistant", "easy", "thinking"),
        Turn("assistant", "let me see"),
        Turn("assistant", 'add({"a":2})', "tool_call"),
        Turn("tool · add", "4", "tool"),
        Turn("assistant", ""),
        Turn("user", '[image]{"type":"image","url":"<Image 1x1 ab>"}'),
    )


def test_a_long_conversation_loses_its_middle(tmp_path: Path) -> None:
    log = Log()
    example(log, 1, completion=None, completion_messages=[{"role": "assistant", "content": str(n)} for n in range(99)])
    turns = only(tmp_path, log).turns
    assert len(turns) == TURNS + 1
    assert turns[TURNS // 2].text == "… 59 turns are left out here …"
    assert [turns[0].text, turns[-1].text] == ["0", "98"]


def test_long_texts_of_a_large_group_are_cut_in_the_middle_and_say_so(tmp_path: Path) -> None:
    log = Log()
    for index in range(48):
        example(log, 1, index=index, completion="a" * 9_000 + "end", prompt="q" * 20_000)
    (found,) = report_of(tmp_path, log).groups
    text = found.completions[0].turns[0].text
    assert len(found.completions) == 48
    assert "characters left out]" in text
    assert text.endswith("end")
    assert sum(len(c.turns[0].text) for c in found.completions) < GROUP_CHARS * 1.1
    assert found.completions[0].characters == 9_003
    assert len(found.prompt[0].text) < 12_100


def test_of_the_many_others_texts_are_shorter_and_there_are_as_many_as_have_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    for step in range(1, 41):
        for index in (0, 1):
            example(log, step, index=index, completion="x" * 12_000, kept="all", prompt_id=f"p{step}")
    monkeypatch.setattr(examples, "OTHER_CHARS", 10 * OTHER_GROUP_CHARS)
    report = report_of(tmp_path, log)
    assert (len(report.more_groups), report.recorded_groups) == (10, 40)
    assert {len(found.completions[0].turns[0].text) for found in report.groups} == {12_000}
    assert {len(found.completions[0].turns[0].text) // 100 for found in report.more_groups} == {
        OTHER_GROUP_CHARS // 200
    }


def test_what_the_recorder_cut_is_said(tmp_path: Path) -> None:
    log = Log()
    example(log, 1, cut_chars=1_234)
    assert only(tmp_path, log).cut_chars == 1_234
    assert "1,234 characters were not recorded." in report_of(tmp_path, log).to_html()


def test_endings_are_told_in_words(tmp_path: Path) -> None:
    log = Log()
    for index, fields in enumerate(({"finish": "unrecognised"}, {"truncated": True}, {"finish": None})):
        example(log, 1, index=index, **fields)
    assert [c.finish for c in report_of(tmp_path, log).groups[0].completions] == [
        "counted as cut off, though below the limit", "cut off", "",
    ]  # fmt: skip


def test_unscored_functions_of_the_run_are_shown_and_those_of_other_attempts_are_not(tmp_path: Path) -> None:
    log = Log(primary="b", reward_functions=["a", "b"])
    for name in ("a", "b"):
        log.add(RewardEvent, 1, name=name, n=8, mean=0.5)
    example(log, 1, rewards={"a": None, "b": 1.0})
    example(log, 1, group=1, rewards={"old": 0.5, "b": 0.0}, total=0.0)
    best, worst = report_of(tmp_path, log).groups
    assert best.completions[0].rewards == (("b", 1.0), ("a", None))
    assert worst.completions[0].rewards == (("b", 0.0), ("a", None), ("old", 0.5))


def test_of_many_functions_a_few_are_listed_with_a_completion(tmp_path: Path) -> None:
    log = Log()
    example(log, 1, rewards={f"f{number:02}": 0.5 for number in range(30)}, extra={"gold": "4", "n": [1, 2]})
    found = only(tmp_path, log)
    assert len(found.rewards) == FUNCTIONS
    assert found.extra == (("further functions", "18 are in the log"), ("gold", "4"), ("n", "[1,2]"))


def test_the_report_of_a_log_whose_texts_are_not_held_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = report_of(tmp_path, typical()).to_json()
    monkeypatch.setattr(texts, "HELD", 0)
    assert report_of(tmp_path, typical()).to_json() == whole
