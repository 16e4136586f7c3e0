"""Event files for tests, written by TensorBoard's own code."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

T0 = 1_700_000_000.0
"""Unix time of the first event."""

FLOAT, DOUBLE, INT32, STRING, INT64, BFLOAT16, HALF = 1, 2, 3, 7, 9, 14, 19


def scalar(tag: str, step: int, value: float, time: float | None = None) -> Event:
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    return Event(wall_time=T0 + step if time is None else time, step=step, summary=summary)


def row(step: int, time: float | None = None, /, **values: float) -> list[Event]:
    """The events of one step; `__` in a name stands for a slash."""
    return [scalar(name.replace("__", "/"), step, value, time) for name, value in values.items()]


def tensor(tag: str, step: int, plugin: str, shape: Sequence[int] = (), **content: Any) -> Event:
    dims = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in shape])
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin)) if plugin else None
    value = Summary.Value(tag=tag, tensor=TensorProto(tensor_shape=dims, **content), metadata=metadata)
    return Event(wall_time=T0 + step, step=step, summary=Summary(value=[value]))


def text(tag: str, words: str, time: float = T0) -> Event:
    event = tensor(tag, 0, "text", [1], dtype=STRING, string_val=[words.encode()])
    event.wall_time = time
    return event


def framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return b"".join([length, struct.pack("<I", masked_crc32c(length)), data, struct.pack("<I", masked_crc32c(data))])


def encoded(*events: Event, time: float = T0) -> bytes:
    opening = Event(wall_time=time, file_version="brain.Event:2")
    return b"".join(framed(event.SerializeToString()) for event in (opening, *events))


def written(path: Path, *events: Event, time: float = T0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(*events, time=time))
    return path


def logged(path: Path) -> Iterator[tuple[str, int, float]]:
    """Tag, step and value of the numbers of a file, read by TensorBoard."""
    for event in LegacyEventFileLoader(str(path)).Load():
        for value in event.summary.value:
            if value.HasField("simple_value"):
                yield value.tag, event.step, value.simple_value
