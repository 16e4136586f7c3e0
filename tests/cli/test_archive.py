"""`grpolog archive`, and what opens an archive."""

import json
import tarfile
from pathlib import Path

import pytest
from cli.commands import grpolog
from recorded_logs import content, record

import grpolog as package
from grpolog import jsonl
from grpolog.analysis.integrity import repair, verify


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("runs") / "exp1.jsonl")


@pytest.fixture(scope="module")
def packed(log: Path) -> Path:
    out = log.parent.parent / "packed" / "exp1.tar.zst"
    assert f"Wrote {out}: " in grpolog("archive", log, "-o", out).stderr
    return out


def test_the_same_log_gives_the_same_bytes_wherever_and_however_compressed_it_lies(
    log: Path, packed: Path, tmp_path: Path
) -> None:
    for number, path in jsonl.find_parts(log)[0]:
        (tmp_path / ("exp1.jsonl" if number is None else f"exp1.{number:04d}.jsonl")).write_bytes(content(path))
    for _, path in jsonl.find_parts(log)[1]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    grpolog("archive", "exp1", cwd=tmp_path)
    assert (tmp_path / "exp1.tar.zst").read_bytes() == packed.read_bytes()


def test_any_tar_unpacks_it_and_nothing_in_it_is_of_this_machine(packed: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "exp1.tar").write_bytes(content(packed))
    with tarfile.open(tmp_path / "exp1.tar") as tar:
        entries = tar.getmembers()
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        page = tar.extractfile("report.html").read().decode()  # type: ignore[union-attr]
    assert {(e.uid, e.gid, e.uname, e.gname, e.mode, e.mtime) for e in entries} == {
        (0, 0, "", "", 0o644, 1_800_000_000)
    }
    assert [e.name for e in entries][:3] == ["manifest.json", "report.html", "report.md"]
    assert {m["role"] for m in manifest["members"]} == {"part", "report", "schema"}
    assert (manifest["log"], manifest["recorded_until"]) == ("exp1.jsonl", 1.8e9)
    assert "2027-01-15T08:00:00+00:00" in page
    assert str(log.parent) not in page.replace("pytest", "")


def test_reading_it_is_reading_the_log(packed: Path, log: Path) -> None:
    opened, direct = package.read(packed), package.read(log)
    assert opened.steps.equals(direct.steps)
    assert opened.examples.equals(direct.examples)
    assert (opened.status, opened.path, opened.audit.parts) == (direct.status, packed, direct.audit.parts)


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "{}"],
        ["check", "{}", "--fail-on", "never"],
        ["check", "{}", "--fail-on", "never", "--follow"],
        ["audit", "{}"],
        ["examples", "{}", "--step", "2"],
        ["prompts", "{}"],
        ["report", "{}", "-o", "-", "--format", "md"],
        ["compare", "{}", "other.tar.zst"],
        ["verify", "{}"],
    ],
)
def test_every_reading_verb_opens_it(packed: Path, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "other.tar.zst").write_bytes(packed.read_bytes())
    done = grpolog(*(text.format(packed) for text in arguments), cwd=tmp_path)
    assert done.stdout + done.stderr
    assert "/grpolog-" not in done.stdout


def test_a_report_lies_beside_it_under_its_name(packed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "best.tar.zst"
    copy.write_bytes(packed.read_bytes())
    grpolog("report", copy)
    assert {path.name for path in tmp_path.iterdir()} == {"best.tar.zst", "best.html", "best.md"}


def test_import_makes_a_log_of_it_again(packed: Path, log: Path, tmp_path: Path) -> None:
    grpolog("import", packed, "-o", tmp_path / "again.jsonl")
    assert verify(tmp_path / "again").intact
    for mine, theirs in zip(verify(tmp_path / "again").parts, verify(log).parts, strict=True):
        assert content(mine.path) == content(theirs.path)
    assert "is there already" in grpolog("import", packed, "-o", tmp_path / "again.jsonl", code=2).stderr
    lines = grpolog("import", packed, "-o", "-").stdout.splitlines()
    assert len(lines) == verify(log).events


def test_damage_in_it_is_named_by_verify_and_repaired(packed: Path, tmp_path: Path) -> None:
    data = content(packed)
    place = data.index(b'"event":"step"')
    broken = tmp_path / "broken.tar.zst"
    broken.write_bytes(jsonl.parts.zstd.compress(data[:place] + b"#" + data[place + 1 :]))
    done = grpolog("verify", broken, code=1)
    assert f"{broken}/exp1.0001.jsonl: differs from the manifest (SHA-256)" in done.stdout
    assert f"{broken}/exp1.0001.jsonl:" in done.stdout
    assert "is no JSON" in done.stdout
    assert dict(repair(broken, tmp_path / "clean.jsonl").lost) == {"damaged line": 1, "changed part": 1}


def test_what_is_no_log_or_too_large_or_there_already_is_refused(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"log_history": [{"step": 1, "loss": 0.1}]}')
    assert "grpolog import makes one" in grpolog("archive", tmp_path / "state.json", code=2).stderr
    assert "ends in .tar.zst" in grpolog("archive", packed, "-o", tmp_path / "x.zip", code=2).stderr
    assert "is there already" in grpolog("archive", packed, "-o", packed, code=2).stderr
    said = grpolog("--max-unpacked", "100KB", "show", packed, code=2).stderr
    assert said.startswith(f"grpolog: {packed}: is not opened: it unpacks to more than 100 KB")
    assert "Traceback" not in said


def test_a_part_that_cannot_be_read_is_not_packed(tmp_path: Path) -> None:
    log = record(tmp_path / "exp1.jsonl", attempts=1, ranks=1)
    part = tmp_path / "exp1.0001.jsonl.zst"
    part.write_bytes(part.read_bytes()[:-20])
    assert f"{part}: cannot be read to its end" in grpolog("archive", log, code=2).stderr
    assert not (tmp_path / "exp1.tar.zst").exists()


def test_a_redacted_archive_holds_no_text_and_is_sound(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "shared.tar.zst"
    grpolog("archive", log, "-o", out, "--redact", "prompts,completions,config")
    examples = package.read(log).examples
    words = {
        text for name in ("prompt", "completion") for text in examples[name].drop_nulls().to_list() if len(text) > 4
    }
    held = content(out).decode("utf-8", "replace")
    assert words
    assert [text for text in words if text in held] == []
    assert "[redacted]" in held
    shared, own = package.read(out), package.read(log)
    assert shared.rewards.equals(own.rewards)
    assert shared.groups["mean"].to_list() == own.groups["mean"].to_list()
    assert grpolog("verify", out)
