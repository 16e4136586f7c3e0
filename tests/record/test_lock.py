import json
import os
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import psutil
import pytest

from grpolog.errors import LockedError
from grpolog.record import lock as lock_module
from grpolog.record.lock import Lock

HOLD = """
import sys
from pathlib import Path
from grpolog.record.lock import Lock
Lock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""

CONTEND = """
import sys, warnings
from pathlib import Path
from grpolog.errors import LockedError
from grpolog.record.lock import Lock
warnings.simplefilter("ignore")
print("ready", flush=True)
sys.stdin.readline()
try:
    Lock(Path(sys.argv[1])).acquire()
    print("held", flush=True)
except LockedError:
    print("refused", flush=True)
sys.stdin.read()
"""


def python(code: str, *args: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def holder(**changes: object) -> str:
    me = psutil.Process()
    return json.dumps({"host": socket.gethostname(), "pid": me.pid, "started": me.create_time()} | changes)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "exp1.jsonl"


@pytest.fixture
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.usefixtures("quiet")
def test_a_lock_names_host_process_and_its_start(log):
    Lock(log).acquire()
    held = json.loads(log.with_name("exp1.jsonl.lock").read_text())
    held.pop("token")
    assert held == json.loads(holder())


@pytest.mark.usefixtures("quiet")
def test_taking_and_releasing_leaves_nothing_behind(log):
    lock = Lock(log)
    lock.acquire()
    lock.release()
    assert list(log.parent.iterdir()) == []


@pytest.mark.usefixtures("quiet")
def test_a_released_lock_can_be_taken_again(log):
    first = Lock(log)
    first.acquire()
    first.release()
    Lock(log).acquire()


@pytest.mark.usefixtures("quiet")
def test_the_folder_of_the_log_is_made(tmp_path):
    Lock(tmp_path / "runs" / "new" / "exp1.jsonl").acquire()
    assert (tmp_path / "runs/new/exp1.jsonl.lock").exists()


def test_this_process_does_not_get_its_own_lock_twice(log):
    Lock(log).acquire()
    with pytest.raises(LockedError) as error:
        Lock(log).acquire()
    assert str(error.value) == (
        f"{log}: already recorded by this process (pid {os.getpid()}): close that recorder or write to another path"
    )
    assert [path.name for path in log.parent.iterdir()] == ["exp1.jsonl.lock"]


def test_a_live_process_is_not_robbed_and_a_killed_one_is(log):
    with python(HOLD, log) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"recorded by process {process.pid} on this host: stop that process or"):
            Lock(log).acquire()
        process.kill()
        process.wait()
        with pytest.warns(RuntimeWarning, match=f"taken over from process {process.pid}, which died"):
            Lock(log).acquire()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="zombies are a matter of POSIX")
def test_a_killed_process_that_nobody_has_waited_for_is_dead(log):
    with python(HOLD, log) as process:
        assert process.stdout.readline() == "held\n"
        process.kill()
        process.stdout.read()  # its end of the pipe closes when it is gone
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            pass
        with pytest.warns(RuntimeWarning, match="taken over"):
            Lock(log).acquire()


def test_a_recycled_process_number_is_not_the_holder(log):
    Path(f"{log}.lock").write_text(holder(started=psutil.Process().create_time() - 60))
    with pytest.warns(RuntimeWarning, match="taken over"):
        Lock(log).acquire()


@pytest.mark.usefixtures("quiet")
def test_a_start_that_is_told_a_second_later_is_still_the_holder(log):
    Path(f"{log}.lock").write_text(holder(started=psutil.Process().create_time() + 1))
    with pytest.raises(LockedError):
        Lock(log).acquire()


def test_a_lock_of_another_host_is_taken_over_with_a_warning(log):
    Path(f"{log}.lock").write_text(holder(host="elsewhere", pid=7))
    with pytest.warns(RuntimeWarning, match="from process 7 on elsewhere: make sure that it has ended"):
        Lock(log).acquire()
    assert json.loads(Path(f"{log}.lock").read_text())["host"] == socket.gethostname()


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "\x00\x00", '{"host": "a"}', '{"pid": "x", "started": 1}'])
def test_a_file_that_is_no_lock_is_replaced_with_a_warning(log, text):
    Path(f"{log}.lock").write_text(text)
    with pytest.warns(RuntimeWarning, match="not a lock file of grpolog") as caught:
        Lock(log).acquire()
    assert len(caught) == 1
    assert json.loads(Path(f"{log}.lock").read_text())["pid"] == os.getpid()


def test_a_file_system_that_refuses_is_warned_about_once(tmp_path):
    (tmp_path / "file").write_text("")
    lock = Lock(tmp_path / "file" / "exp1.jsonl")
    with pytest.warns(RuntimeWarning, match="no lock possible .*: make sure that nobody else writes") as caught:
        lock.acquire()
        lock.release()
    assert len(caught) == 1


@pytest.mark.usefixtures("quiet")
def test_releasing_without_having_acquired_leaves_the_lock_of_another(log):
    Lock(log).acquire()
    Lock(log).release()
    assert Path(f"{log}.lock").exists()


def test_release_leaves_a_lock_that_another_has_taken_since(log):
    lock = Lock(log)
    lock.acquire()
    Path(f"{log}.lock").write_text(holder(token="of another"))
    lock.release()
    assert Path(f"{log}.lock").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_does_not_release_the_lock_of_its_parent(log):
    lock = Lock(log)
    lock.acquire()
    child = os.fork()
    if child == 0:
        lock.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert Path(f"{log}.lock").exists()


@pytest.mark.usefixtures("quiet")
def test_what_a_process_left_that_died_while_taking_the_lock_is_no_hindrance(log, monkeypatch):
    monkeypatch.setattr(lock_module, "_PATIENCE", 0.0)
    Path(f"{log}.lock.new").write_text("")
    Lock(log).acquire()
    assert [path.name for path in log.parent.iterdir()] == ["exp1.jsonl.lock"]


def test_of_many_threads_one_takes_over_a_dead_lock(log):
    Path(f"{log}.lock").write_text(holder(pid=2**22 + 1))
    outcomes, start = [], threading.Barrier(16)

    def contend():
        start.wait()
        try:
            Lock(log).acquire()
            outcomes.append("held")
        except LockedError:
            outcomes.append("refused")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        threads = [threading.Thread(target=contend) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["held"] + 15 * ["refused"]


def test_of_several_processes_one_takes_over_a_dead_lock(log):
    Path(f"{log}.lock").write_text(holder(pid=2**22 + 1))
    processes = [python(CONTEND, log) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    outcomes = sorted(process.stdout.readline() for process in processes)
    for process in processes:
        process.communicate()
    assert outcomes == ["held\n"] + 3 * ["refused\n"]
