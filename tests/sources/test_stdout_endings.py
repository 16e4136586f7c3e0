import pytest
from printed import bar, closings, items, row

from grpolog.sources.items import Closing

FRAME = '  File "/home/user/train.py", line 3, in <module>\n    trainer.train()\n'
MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.84 GiB."


def trace(error: str, prefix: str = "") -> str:
    text = f"Traceback (most recent call last):\n{FRAME}{error}\n"
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


def run(rest: str) -> str:
    return f"{bar(1)}\n{row(1)}\n{bar(2)}\n{row(2)}\n{rest}"


CHAINED = "\nDuring handling of the above exception, another exception occurred:\n\n"
WRAPPER = "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:"
RAY = "ray.exceptions.RayTaskError(ValueError): x"


@pytest.mark.parametrize(
    ("rest", "error"),
    [
        (trace(MEMORY) + bar(2), MEMORY),
        (trace("ValueError: no group"), "ValueError: no group"),
        (trace("KeyError"), "KeyError"),
        (trace("mine.Odd: that"), "mine.Odd: that"),
        (trace("ValueError: no", "[rank1]: "), "ValueError: no"),
        (trace(RAY, "(main_task pid=12) "), RAY),
        (trace("ValueError: no") + trace(WRAPPER), "ValueError: no"),
        (trace(WRAPPER), WRAPPER),
        (trace("KeyError: 1") + CHAINED + trace("ValueError: 2"), "ValueError: 2"),
        (trace("ValueError: no") + trace(MEMORY), MEMORY),
    ],
)
def test_the_error_that_ended_a_run_is_said_in_one_line(tmp_path, rest, error):
    assert closings(tmp_path, run(rest)) == [Closing("failed", error)]


@pytest.mark.parametrize(
    "line",
    [
        "Killed",
        "run.sh: line 3: 12345 Killed python train.py",
        "Segmentation fault (core dumped)",
        "W0404 12:00:00 api.py:900] Sending process 12 closing signal SIGTERM",
        "  exitcode  : -9 (pid: 151)",
        "Signal 9 (SIGKILL) received by PID 151",
        "[E404 ProcessGroupNCCL.cpp:629] [Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=7)",
        "slurmstepd: error: *** JOB 12 ON node1 CANCELLED AT 2026-04-04T12:00:00 DUE TO TIME LIMIT ***",
        "slurmstepd: error: Detected 1 oom_kill event in StepId=12.0.",
        "RuntimeError: CUDA Error: out of memory at /workspace/csrc/cumem_allocator.cpp:62",
    ],
)
def test_what_killed_a_run_is_said_in_its_own_words(tmp_path, line):
    (closing,) = closings(tmp_path, run(f"[rank0]: {line}\n" if line[0] == "[" else f"{line}\n"))
    assert closing == Closing("failed", " ".join(line.split()))


def test_an_interrupt_from_the_keyboard_stops_a_run(tmp_path):
    assert closings(tmp_path, run(trace("KeyboardInterrupt"))) == [Closing("stopped", "KeyboardInterrupt")]


def test_a_traceback_of_a_notebook_is_read(tmp_path):
    text = (
        f"{'-' * 75}\nOutOfBoundsError                          Traceback (most recent call last)\n"
        "Cell In[5], line 1\n----> 1 trainer.train()\n\nFile /usr/lib/python3/trainer.py:10, in train(self)\n"
        "      9 def train(self):\n---> 10     raise OutOfBoundsError('x')\n\nOutOfBoundsError: x\n"
    )
    assert closings(tmp_path, run(text)) == [Closing("failed", "OutOfBoundsError: x")]


@pytest.mark.parametrize(
    "early", [trace("ValueError: no"), trace(MEMORY), "Sending process 12 closing signal SIGTERM\n", "Killed\n"]
)
def test_an_error_after_which_training_went_on_is_no_end(tmp_path, early):
    assert closings(tmp_path, run(f"{early}{bar(3)}\n{row(3)}\n")) == []
    assert closings(tmp_path, run(f"{early}{bar(3)}\n")) == []


@pytest.mark.parametrize(
    "harmless",
    [
        "",
        "The old man was Killed in the war, wrote the model.\n",
        "[rank0]:[W404 ProcessGroupNCCL.cpp:1553] Warning: destroy_process_group() was not called before exit\n",
        "Exception ignored in: <function Engine.__del__ at 0x7f>\n" + trace("TypeError: 'NoneType' object"),
        'Traceback (most recent call last):\n  File "<string>", line 2, in <module>\nNameError: name strategy\n',
        'Traceback (most recent call last):\n  File "/tmp/tmpab12.py", line 2, in <module>\nNameError: name strategy\n',
        "Traceback (most recent call last):\n",
        f"(Worker pid=5) ERROR:2026-03-26 22:35:21,100:Traceback (most recent call last):\n{FRAME}ValueError: no\n",
    ],
)
def test_harmless_words_at_the_end_are_no_end(tmp_path, harmless):
    assert closings(tmp_path, run(harmless)) == []


def test_a_run_that_reached_its_last_step_is_finished(tmp_path):
    assert closings(tmp_path, f"{bar(1, 2)}\n{row(1)}\n{bar(2, 2)}\n{row(2)}\n") == [Closing("finished")]


def test_an_error_behind_the_closing_totals_is_said_to_come_after_training(tmp_path):
    text = run("{'train_runtime': 5.0, 'epoch': 0.2}\n" + trace("TypeError: bool_ is not JSON serializable"))
    error = "after the end of training: TypeError: bool_ is not JSON serializable"
    assert closings(tmp_path, text) == [Closing("failed", error, {"train_runtime": 5.0})]


def test_processes_that_are_tidied_up_after_training_do_not_spoil_its_end(tmp_path):
    text = run("{'train_runtime': 5.0, 'epoch': 0.2}\nSending process 12 closing signal SIGTERM\n")
    assert closings(tmp_path, text) == [Closing("finished", totals={"train_runtime": 5.0})]


def test_each_run_of_a_file_has_its_own_end(tmp_path):
    text = run(trace("ValueError: no")) + bar(0) + run("Killed\n")
    kinds = [type(item).__name__ for item in items(tmp_path, text)[0]]
    assert kinds == ["Opening", "Row", "Row", "Closing", "Opening", "Row", "Row", "Closing"]
    assert [closing.error for closing in closings(tmp_path, text)] == ["ValueError: no", "Killed"]


def test_a_long_error_is_cut_to_one_line_of_three_hundred_characters(tmp_path):
    (closing,) = closings(tmp_path, run(trace("ValueError: " + "x" * 1000)))
    assert closing.error == "ValueError: " + "x" * 287 + "…"


def test_an_end_far_behind_the_last_row_is_found_in_little_memory(tmp_path):
    chatter = "".join(f"(worker pid={n}) a line of chatter\n" for n in range(60_000))
    assert closings(tmp_path, run(chatter + trace("ValueError: no"))) == [Closing("failed", "ValueError: no")]
