"""`.wandb` files for tests: written and read with Google's protobuf, and W&B's schema as far as it matters."""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_INT32, _INT64, _BOOL, _STRING, _DOUBLE, _SINT64 = 5, 3, 8, 9, 1, 18
_SCHEMA: dict[str, dict[str, tuple[int, int | str, bool]]] = {
    "Item": {
        "key": (1, _STRING, False), "nested_key": (2, _STRING, True), "boolean": (4, _BOOL, False),
        "integer": (5, _SINT64, False), "number": (6, _DOUBLE, False), "text": (7, _STRING, False),
        "json": (8, _STRING, False), "value_json": (16, _STRING, False),
    },
    "Items": {"item": (1, "Item", True)},
    "Time": {"seconds": (1, _INT64, False)},
    "Git": {"commit": (2, _STRING, False)},
    "Run": {
        "run_id": (1, _STRING, False), "config": (4, "Items", False), "host": (13, _STRING, False),
        "start_time": (17, "Time", False), "git": (21, "Git", False),
    },
    "Environment": {"python": (2, _STRING, False), "args": (5, _STRING, True), "program": (6, _STRING, False)},
    "Exit": {"exit_code": (1, _INT32, False)},
    "Output": {"line": (3, _STRING, False)},
    "Record": {
        "num": (1, _INT64, False), "history": (2, "Items", False), "summary": (3, "Items", False),
        "config": (5, "Items", False), "output_raw": (13, "Output", False), "run": (17, "Run", False),
        "exit": (18, "Exit", False), "environment": (26, "Environment", False),
    },
}  # fmt: skip


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="wandb_test.proto", package="wandb_test", syntax="proto3")
    for name, fields in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            of = {"type": kind} if isinstance(kind, int) else {"type": 11, "type_name": f".wandb_test.{kind}"}
            message.field.add(name=field, number=number, label=3 if repeated else 1, **of)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"wandb_test.{name}")) for name in _SCHEMA}


MESSAGES = _messages()


def items(values: Mapping[str, Any]) -> Any:
    return MESSAGES["Items"](item=[{"nested_key": [key], "value_json": json.dumps(v)} for key, v in values.items()])


def history(**values: Any) -> bytes:
    """A record of one call of `wandb.log`; `__` in a name stands for a slash, `g` for the optimizer step."""
    named = {key.replace("__", "/"): value for key, value in values.items()}
    told = {"train/global_step" if key == "g" else key: value for key, value in named.items()}
    return record(history=items(told))


def record(**parts: Any) -> bytes:
    return bytes(MESSAGES["Record"](num=1, **parts).SerializeToString())


def framed(*records: bytes) -> bytes:
    """A file in LevelDB's log format with W&B's header."""
    out = bytearray(b":W&B\xe1\xbe\x00")
    for data in records:
        first = True
        while first or data:
            left = 32768 - len(out) % 32768
            if left < 7:
                out += bytes(left)
                left = 32768
            piece, data = data[: left - 7], data[left - 7 :]
            kind = (1 if first else 4) if not data else (2 if first else 3)
            out += struct.pack("<IHB", zlib.crc32(piece, zlib.crc32(bytes([kind]))), len(piece), kind) + piece
            first = False
    return bytes(out)


def written(path: Path, *records: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(framed(*records))
    return path


def logged(path: Path) -> Iterator[dict[str, Any]]:
    """The history of a file, read by Google's protobuf."""
    data, place, begun = path.read_bytes(), 7, b""
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        begun = (b"" if kind in (1, 2) else begun) + data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            found = MESSAGES["Record"].FromString(begun)
            if found.HasField("history"):
                yield {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in found.history.item}
