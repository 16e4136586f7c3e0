"""`grpolog verify`."""

import json
from pathlib import Path

from cli.commands import grpolog
from recorded_logs import change, record


def test_an_intact_log_is_told_with_what_its_checksums_cover(tmp_path: Path) -> None:
    log = record(tmp_path / "exp1.jsonl", attempts=1, ranks=1)
    said = grpolog("verify", log).stdout
    assert said.startswith(f"● intact  {log} (")
    assert "closed parts as the checksums say. No checksum covers exp1.jsonl: only its lines" in said


def test_damage_is_named_and_ends_with_1(tmp_path: Path) -> None:
    log = record(tmp_path / "exp1.jsonl", attempts=1, ranks=1)
    part = tmp_path / "exp1.0001.jsonl.zst"
    change(part, lambda data: data.replace(b'"loss":0.1,', b'"loss":"\x1b",', 1))
    done = grpolog("verify", log, code=1)
    assert done.stdout.startswith(f"✖ damaged  {log} (")
    assert f"{part}: its bytes are not those that exp1.0002.jsonl.zst:1 vouches for (SHA-256)" in done.stdout
    assert "\x1b" not in done.stdout
    told = json.loads(grpolog("verify", tmp_path, "--json", code=1).stdout)
    assert (told["intact"], told["logs"][0]["parts"][0]["checksum"]) == (False, "differs")
    assert {mark["kind"] for mark in told["logs"][0]["damage"]} == {"changed part", "invalid line"}


def test_what_cannot_be_verified_ends_with_2(tmp_path: Path) -> None:
    assert "no such log" in grpolog("verify", tmp_path / "nothing", code=2).stderr
    (tmp_path / "notes.txt").write_text("buy milk\n")
    assert "no log that grpolog reads" in grpolog("verify", tmp_path / "notes.txt", code=2).stderr
