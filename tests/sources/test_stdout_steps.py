import pytest
from printed import bar, cleared, items, openings, row, steps

from grpolog.sources.items import Opening, Row


def in_time(numbers: list[int], total: int = 100) -> str:
    """Bars of all steps up to the last number, and a row at each number."""
    return bar(0, total) + "".join(
        bar(n, total) + (cleared(row(n), n, total) if n in numbers else "") for n in range(1, max(numbers) + 1)
    )


def late(numbers: list[int], bunch: int, total: int = 100) -> str:
    """The same where rows reach the file in bunches, as buffered output does."""
    text, held = bar(0, total), ""
    for place, n in enumerate(numbers, start=1):
        text += bar(n, total) + f"\r{' ' * 48}\r"
        held += row(n) + "\n"
        if place % bunch == 0:
            text, held = text + held, ""
        text += bar(n, total)
    return text + held


def test_the_bar_tells_the_step(tmp_path):
    assert steps(tmp_path, in_time([5, 10, 15, 20])) == [5, 10, 15, 20]
    assert openings(tmp_path, in_time([5])) == [Opening("trl", {}, {"model": None, "max_steps": 100}, 0)]


def test_a_row_stands_at_the_step_to_which_the_bar_was_drawn_again_not_at_the_one_shown_before(tmp_path):
    text = bar(0) + bar(3) + cleared(row(5), 5) + bar(8) + cleared(row(10), 10) + bar(11)
    assert steps(tmp_path, text) == [5, 10]


@pytest.mark.parametrize("bunch", [2, 3, 7, 100])
def test_rows_that_come_late_and_many_at_once_stand_at_their_own_steps(tmp_path, bunch):
    assert steps(tmp_path, late(list(range(5, 75, 5)), bunch)) == list(range(5, 75, 5))


def test_late_rows_of_a_run_that_lost_its_last_bunch_keep_their_steps(tmp_path):
    text = late(list(range(1, 11)), 4)
    assert steps(tmp_path, text[: text.rindex(row(9))]) == list(range(1, 9))


def test_without_traces_of_a_bar_taken_away_the_bar_before_a_row_tells_its_step(tmp_path):
    text = "".join(f"{bar(n)}\n" + (f"{row(n)}\n" if n % 5 == 0 else "") for n in range(1, 21))
    assert steps(tmp_path, text) == [5, 10, 15, 20]


def test_bars_that_lag_behind_are_outdone_by_equal_distances_that_fit_them(tmp_path):
    shown = [(4, 5), (7, 11), (14, 17), (19, 20), (20, 25), (29, 31)]
    text = "".join(f"{bar(before)}\n{row(n)}\n{bar(behind)}\n" for n, (before, behind) in enumerate(shown, start=1))
    assert steps(tmp_path, text) == [5, 10, 15, 20, 25, 30]
    text = "".join(
        f"{bar(before)}\n{row(n)}\n{bar(behind)}\n" for n, (before, behind) in enumerate([(1, 2), *shown[1:]])
    )
    assert steps(tmp_path, text) == [1, 10, 15, 20, 25, 30]


def test_bars_with_captions_and_without_glyphs_and_across_lines(tmp_path):
    plain = f"  4% 4/100 [00:39<49:30, 31.26s/it]\n{row(4)}\n"
    assert steps(tmp_path, plain) == [4]
    loading = (
        "\rLoading checkpoint shards: 100%|███| 4/4 [00:01<00:00, 3.1it/s]\nLoading weights: 100%|#| 9/9 [00:01<00:00]"
    )
    assert steps(tmp_path, f"{loading}\n{in_time([5, 10])}{loading}") == [5, 10]
    prompts = bar(8, 8).replace("\r", "\rProcessed prompts: ")
    assert steps(tmp_path, "".join(f"{bar(n)}\n{prompts}\n{row(n)}\n" for n in (5, 10, 15))) == [5, 10, 15]
    training = bar(7).replace("\r", "\rTrain: ")
    assert steps(tmp_path, f"{training}\n{row(7)}\n") == [7]
    lines = in_time([5, 10, 15]).replace("\r", "\n\n")
    assert steps(tmp_path, lines) == [5, 10, 15]


def test_bars_of_evaluations_are_not_taken_for_the_training_bar(tmp_path):
    nested = "".join(f"\n\r {n * 25}%|██▌  | {n}/4 [00:00<00:00]\x1b[A" for n in range(5))
    evaluation = "{'eval_loss': 0.5, 'eval_reward': 0.25, 'eval_runtime': 2.0, 'epoch': 0.5}"
    text = (
        in_time([5, 10])
        + nested
        + cleared(evaluation, 10)
        + "".join(bar(n) for n in range(11, 16))
        + cleared(row(15), 15)
    )
    assert steps(tmp_path, text) == [5, 10, 10, 15]
    plain = "".join(f"{bar(n)}\n{row(n)}\n{bar(1, 4)}\n{bar(4, 4)}\n{evaluation}\n" for n in (5, 10, 15))
    assert steps(tmp_path, plain) == [5, 5, 10, 10, 15, 15]


def test_the_total_that_the_trainer_states_names_the_training_bar(tmp_path):
    text = "".join(f"{bar(n, 1000)}\n{bar(8, 8)}\n{row(n)}\n" for n in (5, 10, 15))
    assert steps(tmp_path, f"  Total optimization steps = 1,000\n{text}") == [5, 10, 15]


def test_without_a_bar_rows_are_counted_and_that_is_noted(tmp_path):
    evaluation = "{'eval_loss': 0.5, 'eval_reward': 0.25, 'epoch': 0.5}"
    found, noted = items(tmp_path, f"{row(1)}\n{row(2)}\n{evaluation}\n{row(3)}\n")
    assert [item.step for item in found if isinstance(item, Row)] == [1, 2, 2, 3]
    assert noted == [("corrected value", line) for line in (1, 2, 3, 4)]


def test_with_a_bar_nothing_is_noted(tmp_path):
    assert items(tmp_path, in_time([5, 10]))[1] == []


def test_a_row_printed_twice_stands_at_one_step(tmp_path):
    text = "".join(f"{bar(n)}\n{row(n)}\n{cleared(row(n), n)}" for n in (5, 10, 15))
    found, noted = items(tmp_path, text)
    assert [item.step for item in found if isinstance(item, Row)] == [5, 10, 15]
    assert [kind for kind, _ in noted] == ["repeated row"] * 3


def test_a_bar_that_goes_back_begins_another_run(tmp_path):
    text = in_time([5, 10]) + "\nwords\n" + in_time([5, 10, 15])
    found = [item.step if isinstance(item, Row) else type(item).__name__ for item in items(tmp_path, text)[0]]
    assert found == ["Opening", 5, 10, "Opening", 5, 10, 15]


def test_a_run_with_another_total_follows_the_totals_of_the_one_before(tmp_path):
    totals = "{'train_runtime': 5.0, 'epoch': 1.0}"
    first = bar(0, 8) + late([2, 4, 6, 8], 4, 8) + cleared(totals, 8, 8)
    text = f"{first}\n{late([3, 6, 9], 3, 9)}"
    found = [item.step if isinstance(item, Row) else type(item).__name__ for item in items(tmp_path, text)[0]]
    assert found == ["Opening", 2, 4, 6, 8, 8, "Closing", "Opening", 3, 6, 9, "Closing"]


def test_a_run_that_goes_on_from_a_checkpoint_keeps_its_steps(tmp_path):
    text = bar(0) + "".join(bar(n) + cleared(row(n), n) for n in range(51, 56))
    assert steps(tmp_path, text) == [51, 52, 53, 54, 55]


def test_numbers_too_long_for_steps_are_no_bars(tmp_path):
    digits = "9" * 5000
    text = f"10%|█| {digits}/{digits} [0\nTotal steps = {digits}\nstep:{digits} - a/b:1\nstep {digits} {row(1)}\n"
    assert steps(tmp_path, text) == [1]
