"""`grpolog repair`."""

import json
from pathlib import Path

from built import Log
from cli.commands import grpolog
from recorded_logs import change, record


def test_a_copy_is_written_with_what_is_missing_from_it(tmp_path: Path) -> None:
    log = record(tmp_path / "exp1.jsonl", attempts=1, ranks=1)
    change(tmp_path / "exp1.0001.jsonl.zst", lambda data: data.replace(b'"event":"step"', b"\x1b", 1))
    done = grpolog("repair", log, "-o", tmp_path / "clean.jsonl")
    assert done.stdout.startswith("Not saved: changed part (1), damaged line (1).\n")
    assert "is no JSON" in done.stdout
    assert done.stderr.startswith(f"Wrote {tmp_path / 'clean.jsonl'}: ")
    grpolog("verify", log, code=1)
    assert "was repaired; not saved: damaged line (1), changed part (1)" in grpolog("verify", tmp_path / "clean").stdout
    assert "is there already" in grpolog("repair", log, "-o", tmp_path / "clean", code=2).stderr
    assert "never touched" in grpolog("repair", log, "-o", tmp_path / "exp1.0009.jsonl", code=2).stderr
    told = json.loads(grpolog("repair", log, "-o", tmp_path / "again", "--json").stdout)
    assert told["lost"] == {"changed part": 1, "damaged line": 1}


def test_what_was_written_is_counted(tmp_path: Path) -> None:
    log = Log().end(1).write(tmp_path / "exp1.jsonl")
    done = grpolog("repair", log, "-o", tmp_path / "clean.jsonl")
    assert (done.stdout, done.stderr) == (
        "All of it could be saved.\n", f"Wrote {tmp_path / 'clean.jsonl'}: 2 events in 1 part\n"
    )  # fmt: skip
