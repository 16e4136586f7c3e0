"""Runs the campaign; exit code 1 if a promise was broken."""

import argparse
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.torture import processes
from benchmarks.torture.campaign import faults
from benchmarks.torture.tally import Tally, table

README = Path(__file__).with_name("README.md")
_MARKS = "<!-- results -->\n", "<!-- end of results -->\n"


def main() -> int:
    """Parse the arguments, try all faults, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="chooses all moments")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the tries of a full campaign")
    parser.add_argument("--only", default="", help="faults whose name matches this regular expression")
    parser.add_argument("--save", action="store_true", help=f"write the table into {README.name}")
    parser.add_argument("--folder", type=Path, help="where the logs go; default: a temporary folder")
    given = parser.parse_args()
    processes.warm_up()
    folder = Path(tempfile.mkdtemp(prefix="torture-", dir=given.folder))
    folder.chmod(0o755)  # some faults need a user that may not do everything
    begun, tallies = time.monotonic(), []
    for number, (name, torture) in enumerate(faults(given.seed, given.scale)):
        if re.search(given.only, name):
            before = time.monotonic()
            tallies.append(torture(folder / f"fault{number:02d}"))
            bad = tallies[-1].broken
            said = "kept" if not bad else f"BROKEN {len(bad)} times"
            print(f"{name:<45} {time.monotonic() - before:6.1f} s  {said}", file=sys.stderr, flush=True)
    results = f"{_circumstances(given.seed, given.scale, time.monotonic() - begun)}\n\n{table(tallies)}\n"
    print(f"\n{results}")
    if given.save:
        _save(results)
    return _verdict(tallies, folder)


def _circumstances(seed: int, scale: float, seconds: float) -> str:
    python, system = platform.python_version(), f"{platform.system()} {platform.release()}"
    arguments = f" --seed {seed}" + (f" --scale {scale:g}" if scale != 1 else "")
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, `python -m benchmarks.torture{arguments}`, Python {python}, {system}, "
        f"{os.cpu_count()} processors, {seconds / 60:.1f} minutes."
    )


def _save(results: str) -> None:
    begin, end = _MARKS
    head, _, rest = README.read_text().partition(begin)
    README.write_text(f"{head}{begin}\n{results}\n{end}{rest.partition(end)[2]}")


def _verdict(tallies: list[Tally], folder: Path) -> int:
    broken = [what for tally in tallies for what in tally.broken]
    for what in broken[:50]:
        print(what, file=sys.stderr)
    if not broken:
        shutil.rmtree(folder)
        return 0
    print(f"{len(broken)} promises were broken; the logs are in {folder}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
