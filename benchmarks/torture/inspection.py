"""Looks into a log with nothing but a JSON and a zstd decoder: what tests recording must not read with its reader."""

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.torture import workload
from benchmarks.torture.tally import Tally

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_ENVELOPE = ("v", "event", "step", "time", "attempt", "seq", "rank")


@dataclass(slots=True)
class Log:
    """The parts of one rank."""

    events: list[dict[str, Any]] = field(default_factory=list)
    """All that can be read, in the order of writing."""

    invalid: int = 0
    torn: bool = False
    """Whether the live part ends within a line."""

    broken_chain: list[str] = field(default_factory=list)
    """Parts that are not what the part after them says of them."""

    def seqs(self) -> dict[int, list[int]]:
        """The numbers of the events by attempt, in the order of writing."""
        found: dict[int, list[int]] = defaultdict(list)
        for event in self.events:
            found[event["attempt"]].append(event["seq"])
        return found

    @property
    def gaps(self) -> int:
        """Numbers that are missing between the first and the last event of an attempt."""
        return sum(max(seqs) + 1 - len(set(seqs)) for seqs in self.seqs().values())

    @property
    def disorder(self) -> int:
        """Events that were repeated or do not follow the one before."""
        return sum(b <= a for seqs in self.seqs().values() for a, b in pairwise(seqs))


def read(log: Path, rank: int = 0) -> Log:
    """Read the parts of one rank."""
    found = Log()
    stem = log.name.removesuffix(".jsonl") + (f".rank{rank}" if rank else "")
    closed: dict[int, Path] = {}
    for path in sorted(log.parent.iterdir()):  # the plain one of a part first
        if match := re.fullmatch(re.escape(stem) + r"\.([0-9]{4,})\.jsonl(\.zst)?", path.name):
            closed.setdefault(int(match[1]), path)
    digests: dict[str, str] = {}
    for path in [*(closed[number] for number in sorted(closed)), log.with_name(f"{stem}.jsonl")]:
        if not path.exists():
            continue
        data = path.read_bytes()
        data = zstd.decompress(data) if path.suffix == ".zst" else data
        digests[path.name.removesuffix(".zst")] = hashlib.sha256(data).hexdigest()
        *lines, rest = data.split(b"\n")
        if rest and path.name == f"{stem}.jsonl":
            found.torn = True
        elif rest:
            found.invalid += 1
        for line in lines:
            event = event_of(line)
            if event is None:
                found.invalid += 1
            else:
                found.events.append(event)
    for event in found.events:
        before = event.get("previous_part")
        if before is not None and digests.get(before) != event["previous_part_sha256"]:
            found.broken_chain.append(before)
    return found


def missing(found: Log, steps: Iterable[int], rank: int) -> tuple[int, int]:
    """How many events the recorded `steps` have, and how many of them are not there as they were recorded."""
    there = Counter((event["step"], event["event"]) for event in found.events)
    rows = {event["step"]: event for event in found.events if event["event"] == "step"}
    known, lost = 0, 0
    for step in steps:
        for kind, count in workload.events(rank).items():
            known += count
            lost += max(0, count - there[step, kind])
        if rank == 0 and step in rows:
            lost += rows[step]["loss"] != workload.loss(step)
    return known, lost


def events_of(found: Log, phase: str) -> list[dict[str, Any]]:
    """The run events of a phase: start, part or end."""
    return [event for event in found.events if event["event"] == "run" and event["phase"] == phase]


def judge(log: Path, steps: Iterable[int], tally: Tally, rank: int = 0) -> Log:
    """Add what a log holds to the tally; `steps` are those that were acknowledged."""
    found = read(log, rank)
    known, lost = missing(found, steps, rank)
    tally.acknowledged += known
    tally.lost += lost
    tally.invalid += found.invalid
    tally.require(not found.broken_chain, f"{found.broken_chain} is not what the part after it says ({log.parent})")
    tally.require(not found.disorder, f"{found.disorder} events are repeated or out of order ({log.parent})")
    return found


def left_over(folder: Path) -> list[str]:
    """Files that a log which was closed well leaves none of."""
    closed = re.compile(r".*\.[0-9]{4,}\.jsonl")
    return [p.name for p in folder.iterdir() if p.suffix in (".tmp", ".lock", ".new") or closed.fullmatch(p.name)]


def event_of(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line, parse_constant=_refuse)
    except ValueError:
        return None
    return record if isinstance(record, dict) and all(key in record for key in _ENVELOPE) else None


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
