r"""The file format: events as lines of strict JSON, logs as numbered parts.

A log is named by its live part, `exp1.jsonl`. Parts that were closed when full are `exp1.0001.jsonl.zst` (or
`.jsonl` until they are compressed), those of rank 3 `exp1.rank3.jsonl` and `exp1.rank3.0001.jsonl.zst`.

Guarantees: a line is RFC 8259 JSON in UTF-8 and ends with `\n`; non-finite numbers are null and named in
`non_finite`; a field that is null is left out; integers beyond 64 bits become floats and lone surrogates become
U+FFFD, both counted by the caller's counter.

Reading takes in no more than `limits` allow.
"""

from grpolog.jsonl.limits import Limits, check_size, cut_lines, limited, limits, told
from grpolog.jsonl.line import DEEPEST, decode, dumps, encode, escape_pointer, is_deep, lines, plain
from grpolog.jsonl.parts import (
    BROKEN,
    COMPRESSED,
    SUFFIX,
    TEMPORARY,
    beginning,
    closed_part,
    compress_part,
    compressing,
    find_parts,
    live_part,
    log_path,
    open_part,
    sync_folder,
    whole,
)

__all__ = [
    "BROKEN",
    "COMPRESSED",
    "DEEPEST",
    "SUFFIX",
    "TEMPORARY",
    "Limits",
    "beginning",
    "check_size",
    "closed_part",
    "compress_part",
    "compressing",
    "cut_lines",
    "decode",
    "dumps",
    "encode",
    "escape_pointer",
    "find_parts",
    "is_deep",
    "limited",
    "limits",
    "lines",
    "live_part",
    "log_path",
    "open_part",
    "plain",
    "sync_folder",
    "told",
    "whole",
]
