import os
import threading

import pytest

from grpolog.record.background import Background


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def errors():
    return []


@pytest.fixture
def idle(errors, monkeypatch):
    """A background whose thread never starts, so that a test runs its tasks by `run_due`."""
    background = Background(errors.append, clock=Clock())
    monkeypatch.setattr(background, "_start", lambda: None)
    return background


def test_tasks_run_in_the_order_of_submission_and_once(idle):
    done = []
    for name in "abc":
        idle.submit(lambda name=name: done.append(name))
    idle.run_due(0.0)
    idle.run_due(0.0)
    assert done == ["a", "b", "c"]


def test_a_task_runs_on_a_daemon_thread():
    background = Background(pytest.fail)
    seen = []
    background.submit(lambda: seen.append(threading.current_thread()))
    assert background.close()
    assert [(thread.daemon, thread is threading.main_thread()) for thread in seen] == [(True, False)]


def test_no_thread_is_started_before_the_first_task():
    before = threading.active_count()
    Background(pytest.fail)
    assert threading.active_count() == before


def test_a_periodic_task_first_runs_after_its_period(idle):
    runs = []
    idle.every(5.0, lambda: runs.append(1))
    assert idle.run_due(4.9) == 5.0
    assert runs == []
    assert idle.run_due(5.0) == 10.0
    assert runs == [1]


def test_a_late_run_shifts_those_after_it_instead_of_catching_up(idle):
    runs = []
    idle.every(5.0, lambda: runs.append(1))
    assert idle.run_due(23.0) == 28.0
    assert runs == [1]


def test_the_next_due_time_is_that_of_the_earliest_task(idle):
    idle.every(5.0, int)
    idle.every(2.0, int)
    assert idle.run_due(2.0) == 4.0
    assert idle.run_due(4.0) == 5.0


def test_nothing_is_due_without_periodic_tasks(idle):
    assert idle.run_due(0.0) is None


def test_a_periodic_task_runs_on_the_thread():
    background = Background(pytest.fail)
    ran = threading.Event()
    background.every(0.0, ran.set)
    assert ran.wait(10)
    assert background.close()


def test_a_short_period_added_later_does_not_wait_for_a_long_one():
    background = Background(pytest.fail)
    idle, ran = threading.Event(), threading.Event()
    background.every(1000.0, int)
    background.submit(idle.set)
    assert idle.wait(10)
    background.every(0.0, ran.set)
    assert ran.wait(10)
    background.close()


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(1), KeyboardInterrupt()])
def test_a_failing_task_is_reported_and_the_next_one_runs(errors, error):
    background, done = Background(errors.append), []

    def fail():
        raise error

    background.submit(fail)
    background.submit(lambda: done.append(1))
    assert background.close()
    assert (errors, done) == ([error], [1])


def test_a_failing_periodic_task_is_tried_again(idle, errors):
    error = OSError("disk")

    def fail():
        raise error

    idle.every(1.0, fail)
    idle.run_due(1.0)
    idle.run_due(2.0)
    assert errors == [error, error]


def test_a_failing_report_does_not_stop_the_thread(capsys):
    def refuse(error):
        raise RuntimeError("the report failed")

    background, done = Background(refuse), []
    background.submit(lambda: 1 / 0)
    background.submit(lambda: done.append(1))
    assert background.close()
    assert done == [1]
    assert "the report failed" in capsys.readouterr().err


def test_trouble_from_elsewhere_is_reported_on_the_thread(errors):
    threads = []
    background = Background(lambda error: (errors.append(error), threads.append(threading.current_thread())))
    trouble = OSError("x")
    background.report(trouble)
    background.close()
    assert errors == [trouble]
    assert threads != [threading.main_thread()]


def test_close_runs_what_is_queued():
    background, done = Background(pytest.fail), []
    for number in range(100):
        background.submit(lambda number=number: done.append(number))
    assert background.close()
    assert done == list(range(100))


def test_close_drops_periodic_tasks(idle):
    idle.every(1.0, pytest.fail)
    assert idle.close()
    assert idle.run_due(100.0) is None


def test_close_gives_up_after_its_timeout():
    background, gate = Background(pytest.fail), threading.Event()
    background.submit(gate.wait)
    assert background.close(timeout=0.0) is False
    gate.set()
    assert background.close()


def test_after_close_tasks_are_not_taken():
    background = Background(pytest.fail)
    background.close()
    background.submit(pytest.fail)
    background.every(0.0, pytest.fail)
    assert background.run_due(100.0) is None


def test_a_task_may_close_the_background_that_runs_it():
    background, closed = Background(pytest.fail), threading.Event()
    background.submit(lambda: (background.close(), closed.set()))
    assert closed.wait(10)
    assert background.close()


def test_close_runs_the_queue_itself_when_no_thread_can_be_started(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    background, done = Background(pytest.fail), []
    background.submit(lambda: done.append(1))
    assert background.close()
    assert done == [1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_runs_nothing_and_does_not_hang():
    background, gate = Background(pytest.fail), threading.Event()
    background.submit(gate.wait)  # so that the queue is in use at the fork
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        background.submit(lambda: os.write(write, b"ran"))
        background.every(0.0, lambda: os.write(write, b"ran"))
        os.write(write, b"closed" if background.close() else b"hung")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    assert os.read(read, 100) == b"closed"
    os.close(read)
    gate.set()
    background.close()
