"""Reading a log in tests without the reader under test."""

import json
from pathlib import Path
from typing import Any

from backports.zstd import open as open_zstd


def records(log: Path, event: str | None = None, rank: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """The records of a log in the order of writing, of one type and with the given field values."""
    live = log if rank == 0 else log.with_name(log.name.replace(".jsonl", f".rank{rank}.jsonl"))
    stem = live.name.removesuffix(".jsonl")
    closed = sorted(p for p in live.parent.glob(f"{stem}.[0-9]*.jsonl*") if ".tmp" not in p.name)
    found = []
    packed = live.with_name(f"{live.name}.zst")
    for part in [*closed, *(path for path in (live, packed) if path.exists())]:
        with open_zstd(part, "rb") if part.suffix == ".zst" else part.open("rb") as file:
            found += [json.loads(line) for line in file]
    wanted = {**fields, **({"event": event} if event else {})}
    return [record for record in found if all(record.get(key) == value for key, value in wanted.items())]
