"""A run of the demo that was recorded, shipped so that a report can be seen without torch.

python -m grpolog.demo.recorded    trains anew and replaces it
"""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from grpolog import jsonl
from grpolog.errors import UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STEPS = 200
_SHIPPED = "recorded.jsonl.zst"
_OF_THE_MACHINE = ("host", "pid", "command", "git_commit")
_PATHS = ("output_dir", "logging_dir", "run_name")


def unpack(folder: Path) -> Path:
    """Write the recorded run to `folder`/demo-recorded.jsonl; one that is there from before is replaced.

    Raises:
        UsageError: the folder cannot be written.
    """
    log = folder / "demo-recorded.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with jsonl.open_part(Path(str(files("grpolog.demo").joinpath(_SHIPPED)))) as recorded:
            log.write_bytes(recorded.read())
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", log) from error
    return log


def record() -> Path:
    """Train the demo, leave out what belongs to this machine, and put the log where it is shipped from."""
    from grpolog.demo.train import train

    shipped = Path(__file__).with_name(_SHIPPED)
    with tempfile.TemporaryDirectory() as folder:
        log = train(Path(folder) / "demo.jsonl", STEPS, console=0, compress=False)
        lines = [impersonal(line) for line in log.read_bytes().splitlines(keepends=True)]
        shipped.write_bytes(zstd.compress(b"".join(lines), 19))
    return shipped


def impersonal(line: bytes) -> bytes:
    """A line of a log without what belongs to the machine that it was recorded on."""
    record: dict[str, Any] = orjson.loads(line)
    if record["event"] != "run":
        return line
    for key in _OF_THE_MACHINE:
        record.pop(key, None)
    record.get("versions", {}).pop("platform", None)
    for key in _PATHS:
        record.get("config", {}).pop(key, None)
    return orjson.dumps(record) + b"\n"


if __name__ == "__main__":
    print(f"Wrote {record()}")
