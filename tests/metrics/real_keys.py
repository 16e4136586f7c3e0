"""Keys of real logs of other people, where the folder that holds them is there."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "real-runs"


def manifest() -> list[dict[str, Any]]:
    """What is known of each file; skips the test where the folder is absent."""
    path = FOLDER / "manifest.jsonl"
    if not path.is_file():
        pytest.skip(f"no real logs at {FOLDER}")
    return [json.loads(line) for line in path.read_text().splitlines()]
