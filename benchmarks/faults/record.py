"""Put some of the trained runs where tests and the gallery find them, without what belongs to this machine.

python benchmarks/faults/record.py
"""

import os
import sys
from pathlib import Path

import orjson
from cache import Cache
from experiments import EXPERIMENTS

from grpolog.demo.recorded import impersonal

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "data" / "faults"
NAMES = (
    "healthy-0", "healthy-1", "healthy-2", "slower", "solved", "resumed", "collapse", "verifier", "gamed", "truncated",
    "nan",
)  # fmt: skip
"""Three seeds of one configuration, another configuration of the first seed, and the ways in which runs end."""


def main() -> int:
    """Write the logs, each compressed as a whole, as people pack a log that is finished."""
    cache = Cache(ROOT / "build" / "faults")
    chosen = [each for each in EXPERIMENTS if each.name in NAMES]
    if missing := [each.name for each in chosen if not cache.has(each)]:
        print("not trained yet, `make faults` does it:", *missing, file=sys.stderr)
        return 2
    RECORDED.mkdir(parents=True, exist_ok=True)
    for old in RECORDED.glob("*.zst"):
        old.unlink()
    for each in chosen:
        lines = cache.log(each).read_bytes().splitlines(keepends=True)
        folder = Path(orjson.loads(lines[0])["config"]["output_dir"]).parent
        text = b"".join(map(impersonal, lines))
        for path in (folder, ROOT, sys.prefix, sys.base_prefix):
            text = text.replace(f"{path}{os.sep}".encode(), b"")
        (RECORDED / f"{each.name}.jsonl.zst").write_bytes(zstd.compress(text, 19))
    print(f"Wrote {len(chosen)} logs to {RECORDED.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
