"""The parts of a log without texts and settings, before they are packed."""

import hashlib
from collections import Counter
from pathlib import Path

import orjson

from grpolog import jsonl
from grpolog.analysis.redaction import Redaction


def redact_parts(log: Path, redaction: Redaction) -> None:
    """Rewrite the uncompressed parts of a log. Lines that are no JSON may hold anything and are left out; the checksum
    that each part names of the one before becomes that of what is written.
    """
    for parts in jsonl.find_parts(log).values():
        sums: dict[str, str] = {}
        for _, path in parts:
            half, digest = path.with_name(f"{path.name}{jsonl.TEMPORARY}"), hashlib.sha256()
            with path.open("rb") as source, half.open("wb") as sink:
                for line in jsonl.cut_lines(source):
                    written = _redacted(line, redaction, sums)
                    digest.update(written)
                    sink.write(written)
            half.replace(path)
            sums[path.name] = digest.hexdigest()


def _redacted(line: bytes, redaction: Redaction, sums: dict[str, str]) -> bytes:
    try:
        jsonl.check_size(line)
        record = orjson.loads(line)
    except ValueError:
        return b""
    if not isinstance(record, dict):
        return b""
    record = redaction.record(record)
    before = record.get("previous_part")
    if isinstance(before, str) and before in sums:
        record["previous_part_sha256"] = sums[before]
    return jsonl.dumps(record, Counter()) + b"\n"
