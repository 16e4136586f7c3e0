import json
import math
from pathlib import Path

import pytest
from printed import bar, cleared, closings, items, openings, row, rows, values

from grpolog.errors import LogError
from grpolog.sources import recognise, stdout
from grpolog.sources.items import Closing, Opening, Row

DATA = Path(__file__).parents[1] / "data" / "stdout"


def test_values_are_numbers_whether_they_are_printed_bare_or_quoted(tmp_path):
    text = "{'loss': 0.5, 'reward': '1.25', 'num_tokens': '2.686e+04', 'step_time': 3, 'epoch': 0.1}\n"
    assert values(tmp_path, text) == [
        {"loss": 0.5, "reward": 1.25, "num_tokens": 26860.0, "step_time": 3, "epoch": 0.1}
    ]


@pytest.mark.parametrize("quote", ["", "'"])
def test_not_a_number_and_infinities_are_values(tmp_path, quote):
    q = quote
    (found,) = values(tmp_path, f"{{'loss': {q}nan{q}, 'grad_norm': {q}inf{q}, 'kl': {q}-inf{q}, 'epoch': 0.1}}\n")
    assert math.isnan(found.pop("loss"))
    assert found == {"grad_norm": math.inf, "kl": -math.inf, "epoch": 0.1}


def test_scalars_of_numpy_and_torch_are_read_without_evaluating_them(tmp_path):
    text = (
        "{'loss': np.float64(0.5), 'reward': tensor(1.5, device='cuda:0'), 'kl': array(0.25, dtype=float32), "
        "'grad_norm': np.float32(nan), 'other': None, 'epoch': 0.1}\n"
    )
    (found,) = values(tmp_path, text)
    assert math.isnan(found.pop("grad_norm"))
    assert found == {"loss": 0.5, "reward": 1.5, "kl": 0.25, "other": None, "epoch": 0.1}


def test_nothing_in_a_row_is_ever_evaluated(tmp_path):
    text = "{'loss': 0.5, 'reward': __import__('os').getpid(), 'epoch': 0.1}\n" + row(2)
    found, noted = items(tmp_path, text)
    assert next(dict(item.values) for item in found if isinstance(item, Row)) == {"loss": 0.5, "epoch": 0.1}
    assert ("torn line", 1) in noted


def test_a_key_with_an_apostrophe_is_read_as_python_prints_it(tmp_path):
    text = str({"loss": 0.5, "rewards/it's": 1.0, 'rewards/"so"': 2.0, "epoch": 0.1}) + "\n"
    assert values(tmp_path, text) == [{"loss": 0.5, "rewards/it's": 1.0, 'rewards/"so"': 2.0, "epoch": 0.1}]


def test_a_text_value_that_looks_like_pairs_changes_no_number(tmp_path):
    text = str({"loss": 0.5, "note": "', 'loss': '9", "epoch": 0.1}) + "\n"
    assert values(tmp_path, text)[0]["loss"] == 0.5


def test_colours_prefixes_and_line_ends_of_windows_do_no_harm(tmp_path):
    text = f"\x1b[32mINFO\x1b[0m: {row(1)}\r\n[rank0]: {row(2)}\r\n\x1b[36m(RayTrainer pid=1)\x1b[0m {row(3)}\r\n"
    assert [found["loss"] for found in values(tmp_path, text)] == [1, 2, 3]


def test_several_rows_on_a_line_and_bars_glued_to_them_are_all_read(tmp_path):
    text = f"some words{bar(1)}{row(1)}{row(2)} {row(3)}{bar(2)}\n"
    assert [found["loss"] for found in values(tmp_path, text)] == [1, 2, 3]


def test_the_line_of_a_row_is_counted_from_one_whatever_stands_before_it(tmp_path):
    text = f"a\n\n{bar(1)}\n\x1b[A{bar(2)}\n{row(1)}\r\nb\n{row(2)}"
    assert [found.line for found in rows(tmp_path, text)] == [5, 7]


@pytest.mark.parametrize(
    ("prefix", "time"),
    [
        ("2026-04-19 08:22:05,521 [INFO] trainer: ", 1776586925.521),
        ("[2026/04/19 08:22:05] ", 1776586925.0),
        ("04/19/2026 08:22:05 - INFO - __main__ - ", 1776586925.0),
        ("2026-04-19T10:22:05.5+02:00 ", 1776586925.5),
        ("2026-04-19T08:22:05.521000000Z stdout F ", 1776586925.521),
        ("2026-13-45 08:22:05 ", None),
        ("08:22:05 INFO ", None),
        ("", None),
    ],
)
def test_the_time_is_that_before_the_row_on_its_line(tmp_path, prefix, time):
    (found,) = rows(tmp_path, f"2020-01-01 00:00:00 a line before\n{prefix}{row(1)}\n")
    assert found.time == (None if time is None else pytest.approx(time, abs=1e-6))


@pytest.mark.parametrize(
    "foreign",
    [
        "{'learning_rate': 1e-05, 'epochs': 3, 'batch_size': 8}",
        "{'learning_rate': 1e-05, 'epoch': 3, 'loss_type': 'grpo'}",
        "{'loss': 'cross_entropy', 'learning_rate': 0.1, 'epoch': 5}",
        "{'eos_token_id': 248046, 'pad_token_id': 248044}",
        "{'reward': 1.0, 'epoch': 1, 'completion': 'The answer is 3'}",
        "{'step': 4, 'reward': 1.0, 'action': 'left', 'done': False}",
        "{'correctness_reward': 1.0, 'format_reward': 0.5}",
        '{"log_history": [{"loss": 0.5, "epoch": 0.1, "step": 5}], "best_metric": 0.5}',
        "logs = {'loss': 0.5, 'epoch': 0.1}",
        "print({'loss': 0.5, 'epoch': 0.1})",
        "say `{'loss': 0.5, 'epoch': 0.1}` and",
        "'text': \"{'loss': 0.5, 'epoch': 0.1}\"",
        "wandb: Run summary:\nwandb:   train/loss 0.5\nwandb: train/epoch 0.1",
    ],
)
def test_dicts_that_no_trainer_printed_as_a_row_are_left_out(tmp_path, foreign):
    assert [found["loss"] for found in values(tmp_path, f"{foreign}\n{row(1)}\n{foreign}\n")] == [1]


def test_a_bar_inside_a_row_is_taken_out(tmp_path):
    text = row(1)
    found, noted = items(tmp_path, f"{text[:17]}{bar(5)}{bar(6)}{text[17:]}\n{row(2)}\n")
    assert next(dict(item.values) for item in found if isinstance(item, Row)) == json.loads(text.replace("'", '"'))
    assert ("corrected line", 1) in noted


@pytest.mark.parametrize("inside", ["\n", "\nWARNING 11-25 a cache is full\n", "\n\n  {}\n", ",\n"])
def test_lines_inside_a_row_are_taken_out_between_its_values(tmp_path, inside):
    head, tail = "{'loss': 1, 'kl': 0.5,", " 'reward': 0.25, 'epoch': 0.1}"
    inside = inside.removeprefix(",")
    (found,) = values(tmp_path, f"{head}{inside}{tail}\n")
    assert found == {"loss": 1, "kl": 0.5, "reward": 0.25, "epoch": 0.1}


def test_a_row_that_a_terminal_wrapped_is_put_together_again(tmp_path):
    text = "{'loss': '1',        \n  'kl': '0.5', 'reward':   \n  '0.25', 'epoch': '0.1'}    \n"
    assert values(tmp_path, text) == [{"loss": 1, "kl": 0.5, "reward": 0.25, "epoch": 0.1}]


def test_a_row_torn_within_a_name_keeps_its_other_values_and_is_named(tmp_path):
    found, noted = items(tmp_path, "{'loss': 1, 'grad_nWARNING full\norm': 3, 'reward': 0.25, 'epoch': 0.1}\n" + row(2))
    torn, whole = [dict(item.values) for item in found if isinstance(item, Row)]
    assert torn == {"loss": 1, "reward": 0.25, "epoch": 0.1}
    assert whole == {"loss": 2, "reward": 0.5, "epoch": 0.2}
    assert ("torn line", 1) in noted


@pytest.mark.parametrize("rest", ["", "\n" + row(2), row(2)])
def test_a_row_without_its_end_keeps_the_values_that_are_whole(tmp_path, rest):
    found, noted = items(tmp_path, "{'loss': 1, 'epoch': 0.1, 'reward': 0.2" + rest)
    torn, *others = [dict(item.values) for item in found if isinstance(item, Row)]
    assert torn == {"loss": 1, "epoch": 0.1}
    assert len(others) == bool(rest)
    assert ("torn line", 1) in noted


def test_utf16_and_invalid_bytes_are_read(tmp_path):
    assert values(tmp_path, f"{row(1)}\r\n".encode("utf-16")) == [{"loss": 1, "reward": 0.25, "epoch": 0.1}]
    text = b"Mod\xe8le\n{'loss': 1, 'rewards/\xe8': 0.5, 'epoch': 0.1}\n"
    assert values(tmp_path, text) == [{"loss": 1, "rewards/\ufffd": 0.5, "epoch": 0.1}]


def test_compressed_text_is_read_by_the_ending_of_its_name(tmp_path):
    import gzip

    found, _ = items(tmp_path, gzip.compress(row(1).encode()), "log.txt.gz")
    assert [item.values["loss"] for item in found if isinstance(item, Row)] == [1]


def test_compressed_text_that_breaks_off_is_read_up_to_there(tmp_path):
    import gzip

    text = "".join(f"{row(n)}\n{hash(n * 7919)}\n" for n in range(1, 5000))
    found, noted = items(tmp_path, gzip.compress(text.encode())[:-2000], "log.txt.gz")
    assert 1000 < sum(isinstance(item, Row) for item in found) < 4999
    assert ("cut-off part", None) in noted


def test_closing_totals_end_the_run_and_what_is_left_of_their_row_stays(tmp_path):
    text = f"{row(1)}\n{{'train_runtime': '12.5', 'train_loss': 0.5, 'reward': '0.75', 'epoch': 1.0}}\n"
    found, _ = items(tmp_path, text)
    assert found[-1] == Closing("finished", totals={"train_runtime": 12.5, "train_loss": 0.5})
    assert (found[-2].step, found[-2].values["reward"]) == (2, 0.75)


def test_an_evaluation_behind_the_closing_totals_belongs_to_the_run_before_it(tmp_path):
    text = (
        f"{row(1)}\n{{'train_runtime': 12.5, 'epoch': 1.0}}\n{{'eval_loss': 0.5, 'eval_runtime': 2.0, 'epoch': 1.0}}\n"
    )
    kinds = [type(item).__name__ for item in items(tmp_path, text)[0]]
    assert kinds == ["Opening", "Row", "Row", "Row", "Closing"]


def test_rows_of_swift_state_their_step(tmp_path):
    text = (
        '{"loss": 0.5, "reward": 0.25, "epoch": 0.1, "global_step/max_steps": "5/100", "percentage": "5.00%", '
        '"elapsed_time": "3s", "remaining_time": "1m 2s", "memory(GiB)": 5.5}\n'
        '{"train_runtime": 12.5, "epoch": 1.0, "global_step/max_steps": "100/100"}\n'
        '{"last_model_checkpoint": null, "global_step": 100, "log_history": [{"loss": 9, "epoch": 0.1, "step": 5}]}\n'
    )
    found, noted = items(tmp_path, text)
    assert found == [
        Opening("ms-swift", {}, {"model": None, "max_steps": 100}),
        Row({"loss": 0.5, "reward": 0.25, "epoch": 0.1, "memory(GiB)": 5.5}, 5, 1),
        Row({"train_runtime": 12.5, "epoch": 1.0}, 100, 2),
        Closing("finished", totals={"train_runtime": 12.5}),
    ]
    assert noted == []


def test_what_swift_adds_to_rows_of_evaluations_and_totals_does_not_split_the_run(tmp_path):
    more = '"epoch": 0.2, "global_step/max_steps": "2/2", "memory(GiB)": 5.5'
    text = (
        f'{{"loss": 0.5, "reward": 0.25, {more}}}\n{{"eval_loss": 0.4, "eval_runtime": 2.5, {more}}}\n'
        f'{{"train_runtime": 12.5, {more}}}\n'
    )
    assert [(found.step, dict(found.values)) for found in rows(tmp_path, text)] == [
        (2, {"loss": 0.5, "reward": 0.25, "epoch": 0.2, "memory(GiB)": 5.5}),
        (2, {"eval_loss": 0.4, "eval_runtime": 2.5, "epoch": 0.2, "eval_memory(GiB)": 5.5}),
        (2, {"train_runtime": 12.5}),
    ]


@pytest.mark.parametrize("before", ["✨ Global step 12: ", "step 12 | ", "[iter 12] ", "(PPOTrainer pid=1) Step=12 "])
def test_a_step_right_before_the_row_is_its_step(tmp_path, before):
    (found,) = rows(tmp_path, f"{before}{{'policy_loss': 0.1, 'reward': 0.5, 'actor_lr': 1e-06}}\n")
    assert found.step == 12


def test_rows_of_openrlhf_are_known_by_their_keys(tmp_path):
    text = "(PPOTrainer pid=1) Global step 1: {'policy_loss': 0.1, 'reward': 0.5, 'actor_lr': 1e-06}\n"
    assert [opening.framework for opening in openings(tmp_path, text)] == ["openrlhf"]


def test_rows_of_slime_are_known_by_their_keys_and_the_number_before_them(tmp_path):
    text = (
        "[2026-01-01 12:00:00] data.py:300 - rollout 3: {'rollout/raw_reward': 0.5, 'rollout/response_lengths': 80.0}\n"
        "[2026-01-01 12:00:09] model.py:500 - step 3: {'train/loss': 0.1, 'train/grad_norm': 0.2, 'train/step': 3}\n"
    )
    assert [(found.step, dict(found.values)) for found in rows(tmp_path, text)] == [
        (3, {"rollout/raw_reward": 0.5, "rollout/response_lengths": 80.0}),
        (3, {"train/loss": 0.1, "train/grad_norm": 0.2}),
    ]
    assert [opening.framework for opening in openings(tmp_path, text)] == ["slime"]


def test_lines_of_verl_are_read_behind_prefixes_with_numpy_scalars_and_glued_output(tmp_path):
    text = (
        "\x1b[36m(main_task pid=12)\x1b[0m step:0 - val/test_score/x:0.5\n"
        "(main_task pid=12) step:1 - actor/lr:np.float64(1e-06) - critic/score/mean:0.25 - actor/kl_loss:nan"
        " - perf/throughput:200.086(TaskRunner pid=3) words: 3\n"
        "Let's think step:2 - that is all. one step:3 - more\n"
        "(main_task pid=12) step:2 - critic/score/mean:0.5 - timing_s/step:130.7Training Progress:  2%\n"
    )
    found, _ = items(tmp_path, text)
    first, second, third = [item for item in found if isinstance(item, Row)]
    assert found[0] == Opening("verl", {}, {"model": None})
    assert (first.step, first.values) == (0, {"val/test_score/x": 0.5})
    assert math.isnan(second.values.pop("actor/kl_loss"))
    assert (second.step, second.values) == (
        1, {"actor/lr": 1e-06, "critic/score/mean": 0.25, "perf/throughput": 200.086},
    )  # fmt: skip
    assert (third.step, third.line) == (2, 4)
    assert third.values == {"critic/score/mean": 0.5, "timing_s/step": 130.7}


def test_versions_and_the_model_are_those_that_the_text_states(tmp_path):
    text = (
        "==((====))==  Unsloth 2026.4.8: Fast Llama patching. Transformers: 5.5.0. vLLM: 0.11.2.\n"
        "O^O/ \\_/ \\    Torch: 2.10.0+cu130. CUDA: 8.9.\n"
        "TRL currently supports vLLM versions from 0.10.2 to 0.17.1. trl version: 0.24.0\n"
        "INFO Model: Qwen/Qwen2.5-7B-Instruct, output=/home/user/x\n" + row(1)
    )
    assert openings(tmp_path, text) == [
        Opening(
            "trl",
            {
                "unsloth": "2026.4.8",
                "transformers": "5.5.0",
                "vllm": "0.11.2",
                "torch": "2.10.0+cu130",
                "trl": "0.24.0",
            },
            {"model": "Qwen/Qwen2.5-7B-Instruct"},
        )
    ]


def test_a_row_that_is_printed_by_trainer_and_user_counts_once(tmp_path):
    rounded = [
        f"{{'loss': '{n / 3:.4g}', 'reward': '{n / 7:.4g}', 'kl': '0.1235', 'epoch': '{n / 9:.4g}'}}" for n in (1, 2)
    ]
    exact = [str({"loss": n / 3, "reward": n / 7, "kl": 0.123456, "epoch": n / 9}) for n in (1, 2)]
    text = "".join(f"{bar(n)}\nlog: {exact[n - 1]}\n{cleared(rounded[n - 1], n)}" for n in (1, 2))
    found, noted = items(tmp_path, text)
    assert [(item.step, item.values["loss"]) for item in found if isinstance(item, Row)] == [(1, 1 / 3), (2, 2 / 3)]
    assert noted == [("repeated row", 3), ("repeated row", 6)]


def test_text_without_rows_says_so_and_how_it_ended(tmp_path):
    with pytest.raises(LogError, match=r": text of a training run without metric rows$"):
        items(tmp_path, f"***** Running training *****{bar(0)}")
    trace = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n    run()\nValueError: no\n'
    with pytest.raises(LogError, match=r"without metric rows; it ends with: ValueError: no$"):
        items(tmp_path, f"***** Running training *****{bar(0)}\n{trace}")


def test_rows_are_the_same_wherever_blocks_are_cut(tmp_path, monkeypatch):
    text = (DATA / "late.txt").read_bytes() + (DATA / "restarted.txt").read_bytes()
    whole = items(tmp_path, text)
    for size in (700, 1100, 3001):
        monkeypatch.setattr("grpolog.sources.stdout.blocks._BLOCK", size)
        assert items(tmp_path, text) == whole


@pytest.mark.parametrize("name", ["in_time", "late", "restarted"])
def test_what_trl_printed_equals_the_history_that_its_trainer_kept(name):
    history = json.loads((DATA / f"{name}.history.json").read_text())
    noted = []
    found = list(stdout.FORMAT.read(DATA / f"{name}.txt", lambda *loss, **_: noted.append(loss)))
    printed = [item for item in found if isinstance(item, Row)]
    assert noted == []
    assert [item.step for item in printed] == [entry["step"] for entry in history]
    for item, entry in zip(printed, history, strict=True):
        expected = {k: float(f"{v:.4g}") for k, v in entry.items() if k not in ("step", "total_flos")}
        assert dict(item.values) == expected


def test_a_run_that_was_started_again_is_two_runs_and_says_why(tmp_path):
    found = list(stdout.FORMAT.read(DATA / "restarted.txt", lambda *_, **__: None))
    kinds = [type(item).__name__ for item in found]
    assert kinds == ["Opening", *["Row"] * 6, "Closing", "Opening", *["Row"] * 5, "Closing"]
    assert found[7] == Closing("failed", "RuntimeError: the judge did not answer")
    assert found[-1].status == "finished"


def test_the_format_is_recognised_among_all_others():
    assert recognise(DATA / "in_time.txt") is stdout.FORMAT


def test_runs_of_one_file_are_told_apart_without_bars(tmp_path):
    text = f"{row(1)}\n{row(2)}\n{{'train_runtime': 5.0, 'epoch': 0.2}}\n{row(3)}\n{row(4)}\n{row(1)}\n"
    found = [item.step if isinstance(item, Row) else type(item).__name__ for item in items(tmp_path, text)[0]]
    assert found == ["Opening", 1, 2, 2, "Closing", "Opening", 1, 2, "Opening", 1]
    assert [closing.status for closing in closings(tmp_path, text)] == ["finished"]


def test_rows_over_several_lines_are_whole(tmp_path):
    pretty = '{\n    "loss": 0.5,\n    "reward": %s,\n    "epoch": 0.%s\n}\n'
    found, noted = items(
        tmp_path, f"Metrics:\n{pretty % (0.25, 1)}{pretty % (0.75, 2)}{{'loss': 1.0,\n 'epoch': 0.3}}\n"
    )
    assert [dict(item.values) for item in found if isinstance(item, Row)] == [
        {"loss": 0.5, "reward": 0.25, "epoch": 0.1},
        {"loss": 0.5, "reward": 0.75, "epoch": 0.2},
        {"loss": 1.0, "epoch": 0.3},
    ]
    assert {kind for kind, _ in noted} == {"corrected value"}


def test_rows_of_a_user_beside_rows_that_state_their_step_are_of_the_step_before(tmp_path):
    own = "{'curriculum/reward': 0.5, 'curriculum/loss': 0.25, 'lr': 1e-06, '_timestamp': 1.5}\n"
    theirs = "{'loss': 0.5, 'reward': %s, 'epoch': 0.%s, 'train/global_step': %s, '_timestamp': 2.5}\n"
    found, _ = items(tmp_path, "".join(own + theirs % (n, n, 10 * n) for n in (1, 2, 3)))
    assert [item.step for item in found if isinstance(item, Row)] == [1, 10, 10, 20, 20, 30]
    assert {key for item in found if isinstance(item, Row) for key in item.values if key.startswith("_")} == set()


@pytest.mark.parametrize(
    ("line", "framework"),
    [
        ("step:3 - reward/avg_raw_reward:0.5 - policy/policy_loss:0.1 - trainer/global_step:3\n", "skyrl"),
        ("(T pid=1) step:3 - actor/lr:1e-06 - critic/score/mean:0.5\n", "verl"),
        ("step:3 - acc/mean:0.5\n", "verl"),
        ("{'reward/avg_raw_reward': 0.5, 'policy/policy_loss': 0.1, 'trainer/global_step': 3}\n", "skyrl"),
        ("{'loss': 0.5, 'my/key': 1, 'epoch': 0.1}\n", "trl"),
        ("{'my_loss': 0.5, 'mean_reward': 1, 'lr': 0.1}\n{'loss': 0.5, 'my/key': 1, 'epoch': 0.1}\n", "trl"),
        ('{"loss": 0.5, "reward": 1.0, "epoch": 0.1, "memory(GiB)": 12.5}\n', "ms-swift"),
        ("{'loss': 0.5, 'mean_reward': 1.0, 'kl': 0.1}\n", None),
    ],
)
def test_the_keys_of_the_first_rows_tell_the_framework(tmp_path, line, framework):
    assert [opening.framework for opening in openings(tmp_path, line * 2)] == [framework]
