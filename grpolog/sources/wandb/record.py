"""The records of `.wandb` files that say something about a run, without W&B's own schema.

Field numbers are those of `wandb_internal.proto`, the same from W&B 0.12 to 0.31. Values are JSON texts; the schema
of 0.31 also has typed ones.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from grpolog.sources.lenient_json import loads
from grpolog.sources.protobuf import BYTES, VARINT, double, fields, signed, text

_HISTORY, _SUMMARY, _OUTPUT, _CONFIG, _OUTPUT_RAW, _RUN, _EXIT, _ENVIRONMENT = 2, 3, 4, 5, 13, 17, 18, 26


@dataclass(frozen=True, slots=True)
class History:
    """What one call of `wandb.log` gave."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """Last or closing values."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the run was started with, or a part of that."""

    config: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    """Fields of the run event: `host`, `git_commit`."""

    versions: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    run: str = ""
    """W&B's identifier of the run, the same after a resume."""

    started: float = 0.0
    """Unix time."""


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of what the process wrote to its console."""

    text: str


@dataclass(frozen=True, slots=True)
class Exit:
    """The process ended."""

    code: int


Record = History | Summary | Setting | Output | Exit


def record(data: bytes) -> Record | None:
    """The content of a record; None for one that says nothing about training.

    Raises:
        ValueError: the bytes are no record.
    """
    for number, wire, _, inside in fields(data):
        if wire == BYTES and number in _READ:
            return _READ[number](inside)
    return None


def _items(data: bytes) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Path and value of each item of a history, summary or configuration."""
    for number, wire, _, inside in fields(data):
        if number == 1 and wire == BYTES:
            yield _item(inside)


def _item(data: bytes) -> tuple[tuple[str, ...], Any]:
    path: tuple[str, ...] = ()
    value: Any = None
    for number, wire, integer, inside in fields(data):
        if number in (1, 2):
            path = (*path, text(inside))
        elif number in (8, 16):
            value = _json(inside)
        elif number == 4 and wire == VARINT:
            value = bool(integer)
        elif number == 5 and wire == VARINT:
            value = (integer >> 1) ^ -(integer & 1)  # zigzag
        elif number == 6 and len(inside) == 8:
            value = double(inside)
        elif number == 7:
            value = text(inside)
    return path, value


def _json(data: bytes) -> Any:
    """A value; what is no JSON is taken as text."""
    try:
        return loads(data)
    except ValueError:
        return text(data)


def _history(data: bytes) -> History:
    return History(_nested(data))


def _summary(data: bytes) -> Summary | None:
    """Closing totals; the other values of a summary, which W&B repeats with each entry, are in the history."""
    return Summary(_nested(data)) if b"train_" in data or b"total_flos" in data else None


def _nested(data: bytes) -> dict[str, Any]:
    """Values by key; of nested ones as objects again, which `flat` takes apart like those of an export."""
    found: dict[str, Any] = {}
    for path, value in _items(data):
        if len(path) == 1:
            found[path[0]] = value
        elif path:
            place = found
            for part in path[:-1]:
                if not isinstance(place.get(part), dict):
                    place[part] = {}
                place = place[part]
            place[path[-1]] = value
    return found


def _config(data: bytes) -> Setting:
    return Setting({key: unwrapped(value) for key, value in _nested(data).items() if key != "_wandb"})


def unwrapped(value: Any) -> Any:
    """A configured value without the object `{"value": ..., "desc": ...}` that some exports put around it."""
    if isinstance(value, Mapping) and "value" in value and value.keys() <= {"value", "desc"}:
        return value["value"]
    return value


def _run(data: bytes) -> Setting:
    inside = {number: content for number, wire, _, content in fields(data) if wire == BYTES}
    return Setting(
        config=_config(inside.get(4, b"")).config,
        fields=_given(host=text(inside.get(13, b"")), git_commit=_commit(inside.get(21, b""))),
        run=text(inside.get(1, b"")),
        started=next((float(signed(value)) for number, _, value, _ in fields(inside.get(17, b"")) if number == 1), 0.0),
    )


def _environment(data: bytes) -> Setting:
    inside = {number: content for number, wire, _, content in fields(data) if wire == BYTES}
    arguments = [text(content) for number, wire, _, content in fields(data) if number == 5 and wire == BYTES]
    return Setting(
        fields=_given(host=text(inside.get(12, b"")), git_commit=_commit(inside.get(9, b""))),
        versions=_given(python=text(inside.get(2, b"")).removeprefix("CPython ")),
        command=(text(inside[6]), *arguments) if 6 in inside else (),
    )


def _commit(data: bytes) -> str:
    return next((text(inside) for number, _, _, inside in fields(data) if number == 2), "")


def _given(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _exit(data: bytes) -> Exit:
    return Exit(next((signed(code) for number, wire, code, _ in fields(data) if number == 1 and wire == VARINT), 0))


def _output(data: bytes) -> Output:
    return Output("".join(text(inside) for number, wire, _, inside in fields(data) if number == 3 and wire == BYTES))


_READ: Final[dict[int, Callable[[bytes], Record | None]]] = {
    _HISTORY: _history,
    _SUMMARY: _summary,
    _OUTPUT: _output,
    _CONFIG: _config,
    _OUTPUT_RAW: _output,
    _RUN: _run,
    _EXIT: _exit,
    _ENVIRONMENT: _environment,
}
