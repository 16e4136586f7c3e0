r"""The file format: events as lines of strict JSON, logs as numbered parts.

A log is named by its live part, `exp1.jsonl`. Parts that were closed when full are `exp1.0001.jsonl.zst` (or
`.jsonl` until they are compressed), those of rank 3 `exp1.rank3.jsonl` and `exp1.rank3.0001.jsonl.zst`.

Guarantees: a line is RFC 8259 JSON in UTF-8 and ends with `\n`; non-finite numbers are null and named in
`non_finite`; a field that is null is left out; integers beyond 64 bits become floats and lone surrogates become
U+FFFD, both counted by the caller's counter.
"""

import contextlib
import gzip
import json
import math
import os
import re
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from pydantic import BaseModel

from grpolog.errors import LogError
from grpolog.events import Envelope

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SUFFIX = ".jsonl"
COMPRESSED = (".zst", ".gz")
TEMPORARY = ".tmp"
"""Ending of a file that is being written and is not yet what its name says."""

BROKEN = (OSError, EOFError, zstd.ZstdError, zlib.error)
"""What reading an open part raises when its file is cut off or damaged."""
_INT64 = range(-(2**63), 2**64)
_SURROGATES = re.compile("[\ud800-\udfff]")


def encode(event: Envelope, counts: Counter[str] | None = None) -> bytes:
    """One line of the log.

    Args:
        event: the event; it is not changed.
        counts: counts corrections that lose something: `surrogates` (texts with lone surrogates), `huge_integers`,
            `not_json` (values of a type that JSON does not have, written as their `repr`).

    Returns:
        The line with its newline.
    """
    non_finite: dict[str, str] = {}
    counts = counts if counts is not None else Counter()
    record: dict[str, Any] = {}
    for key, value in event.__dict__.items():
        kind = type(value)
        if value is None:
            continue
        if kind is float:
            if not math.isfinite(value):
                non_finite["/" + key] = _name(value)
                value = None
        elif kind is not str and kind is not int and kind is not bool:
            value = plain(value, "/" + key, non_finite, counts)
        record[key] = value
    if non_finite:
        record["non_finite"] = non_finite
    return dumps(record, counts) + b"\n"


def plain(value: Any, pointer: str, non_finite: dict[str, str], counts: Counter[str]) -> Any:
    """`value` as JSON types only; non-finite numbers become null and are noted under their JSON pointer."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        non_finite[pointer] = _name(value)
        return None
    if isinstance(value, int):
        if int(value) in _INT64:
            return int(value)
        counts["huge_integers"] += 1
        try:
            return float(value)
        except OverflowError:
            non_finite[pointer] = "inf" if value > 0 else "-inf"
            return None
    if isinstance(value, dict):
        return {str(k): plain(v, f"{pointer}/{escape_pointer(str(k))}", non_finite, counts) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, f"{pointer}/{i}", non_finite, counts) for i, v in enumerate(value)]
    if isinstance(value, BaseModel):
        fields = {k: v for k, v in value.__dict__.items() if v is not None}
        return plain(fields, pointer, non_finite, counts)
    if hasattr(value, "tolist"):  # numpy and torch scalars and arrays
        return plain(value.tolist(), pointer, non_finite, counts)
    counts["not_json"] += 1
    return repr(value)


def dumps(record: Any, counts: Counter[str]) -> bytes:
    """JSON of plain values; lone surrogates, which UTF-8 cannot carry, become U+FFFD and are counted."""
    try:
        return orjson.dumps(record)
    except TypeError:
        return orjson.dumps(_without_surrogates(record, counts))


def _without_surrogates(value: Any, counts: Counter[str]) -> Any:
    if isinstance(value, str):
        clean, n = _SURROGATES.subn("\ufffd", value)
        counts["surrogates"] += n > 0
        return clean
    if isinstance(value, dict):
        return {_without_surrogates(k, counts): _without_surrogates(v, counts) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(v, counts) for v in value]
    return value


def decode(line: bytes) -> tuple[dict[str, Any], str | None]:
    """The record of one line, with non-finite numbers put back in place.

    Returns:
        The record, and what had to be corrected to read it (such as a NaN literal), or None.

    Raises:
        ValueError: the line is no JSON object; the message says why.
    """
    note = None
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as strict:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"invalid JSON: {strict}") from None
        note = _correction(line)
    if not isinstance(record, dict):
        raise ValueError(f"not an object but {type(record).__name__}")
    non_finite = record.pop("non_finite", None)
    if isinstance(non_finite, dict):
        for pointer, name in non_finite.items():
            _restore(record, pointer, name)
    return record, note


def _correction(line: bytes) -> str:
    if re.search(rb"[:\[,]\s*-?(NaN|Infinity)\b", line):
        return "NaN or Infinity literal, which JSON does not have"
    if b"\\ud" in line.lower():
        return "lone surrogate escape"
    return "JSON beyond the standard"


def _restore(record: dict[str, Any], pointer: Any, name: Any) -> None:
    if not isinstance(pointer, str) or name not in ("nan", "inf", "-inf"):
        return
    keys = [k.replace("~1", "/").replace("~0", "~") for k in pointer.split("/")[1:]]
    place: Any = record
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        if isinstance(place, list):
            if not key.isdigit() or int(key) >= len(place):
                return
            index: Any = int(key)
        elif isinstance(place, dict):
            index = key
        else:
            return
        if last:
            place[index] = float(name)
        elif isinstance(place, dict) and index not in place:
            return
        else:
            place = place[index]


def escape_pointer(key: str) -> str:
    """A key as it stands in a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _name(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def log_path(path: str | Path) -> Path:
    """The name of a log: `path` with `.jsonl` appended unless it ends so."""
    path = Path(path)
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def live_part(log: Path, rank: int = 0) -> Path:
    """The part of `rank` that is being written."""
    return log if rank == 0 else log.with_name(f"{_stem(log)}.rank{rank}{SUFFIX}")


def closed_part(log: Path, number: int, rank: int = 0) -> Path:
    """The uncompressed name of the closed part `number` (from 1) of `rank`."""
    live = live_part(log, rank)
    return live.with_name(f"{_stem(live)}.{number:04d}{SUFFIX}")


def find_parts(log: Path) -> dict[int, list[tuple[int | None, Path]]]:
    """The parts of a log that are on disk.

    Returns:
        By rank in ascending order, its parts in the order of writing: (number, path) of the closed ones, then
        (None, path) of the live one. Where a part lies there both plain and compressed the plain one wins.
    """
    pattern = re.compile(
        re.escape(_stem(log)) + r"(?:\.rank(\d+))?(?:\.(\d{4,}))?" + re.escape(SUFFIX) + r"(\.zst|\.gz)?"
    )
    found: dict[tuple[int, int | None], Path] = {}
    folder = log.parent
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        match = pattern.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        rank = int(match[1] or 0)
        number = int(match[2]) if match[2] else None
        if (rank, number) not in found or match[3] is None:
            found[rank, number] = path
    parts: dict[int, list[tuple[int | None, Path]]] = {}
    for (rank, number), path in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or math.inf)):
        parts.setdefault(rank, []).append((number, path))
    return parts


def open_part(path: Path) -> BinaryIO:
    """A part for reading as bytes, decompressed by the ending of its name.

    Raises:
        LogError: the file cannot be opened.
    """
    try:
        if path.suffix == ".zst":
            return cast("BinaryIO", zstd.open(path, "rb"))
        if path.suffix == ".gz":
            return cast("BinaryIO", gzip.open(path, "rb"))
        return path.open("rb")
    except OSError as error:
        raise LogError(f"cannot be opened: {error.strerror or error}", path) from error


def compress_part(plain: Path) -> Path:
    """Replaces the closed part `plain` by `plain`.zst; at every moment one of the two is there and whole.

    Raises:
        OSError: the disk is full or refuses; then `plain` is still there.
    """
    packed = plain.with_name(plain.name + ".zst")
    temporary = plain.with_name(packed.name + TEMPORARY)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: 3,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    try:
        with plain.open("rb") as source, temporary.open("wb") as file:
            with zstd.open(file, "wb", options=options) as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(packed)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(plain.parent)
    plain.unlink()
    return packed


def sync_folder(folder: Path) -> None:
    """Makes new and renamed names in `folder` survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def lines(part: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of an open part with their numbers from 1, without empty ones; the last may lack its newline."""
    for number, line in enumerate(part, start=1):
        if line.strip():
            yield number, line


def _stem(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)
