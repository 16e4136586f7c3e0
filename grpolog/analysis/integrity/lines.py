"""One line of a log: whether it is strict JSON and what the event models say of it."""

from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from pydantic import ValidationError

from grpolog.events import EVENTS, SCHEMA_VERSION, Envelope, RunEvent, any_event
from grpolog.jsonl import check_size

_read: Final = any_event.validator.validate_json


@dataclass(frozen=True, slots=True)
class Odd:
    """What is known of a line that its event's model does not take as it is."""

    attempt: int = -1
    seq: int = -1
    rank: int = -1
    """All of them -1 where the line does not say."""

    run: RunEvent | None = None
    """The run event that it is."""

    damage: str | None = None
    """Why it is no line that a recorder wrote."""

    is_json: bool = True

    unknown: str | None = None
    """What a newer version of the format may have added; None where nothing is wrong after all."""


def read_line(line: bytes) -> Envelope | Odd:
    """The event of a line, parsed and held against its model in one pass of compiled code; or what is odd about it."""
    try:
        event: Envelope = _read(line, strict=True)
    except (ValidationError, RecursionError):
        return _look_closely(line)
    if b"NaN" in line or b"Infinity" in line:  # numbers that pydantic's parser knows and JSON does not
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError as error:
            return Odd(damage=f"is no JSON: {error}", is_json=False)
    return event


def run_of(line: bytes) -> RunEvent | None:
    """The run event that a line is, with fields of a newer version or without; None where it is none that is known."""
    found = read_line(line)
    if isinstance(found, Odd):
        return found.run
    return found if isinstance(found, RunEvent) else None


def _look_closely(line: bytes) -> Odd:
    try:
        check_size(line)
    except ValueError as error:
        return Odd(damage=f"is {error}", is_json=False)
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Odd(damage=f"is no JSON: {error}", is_json=False)
    if not isinstance(record, dict):
        return Odd(damage=f"is no event but {type(record).__name__}")
    attempt, seq, rank = numbers = record.get("attempt", 0), record.get("seq", -1), record.get("rank", 0)
    if not all(type(value) is int and 0 <= value < 2**63 for value in numbers):
        attempt = seq = rank = -1
    odd = Odd(attempt, seq, rank)
    version, name = record.get("v"), record.get("event")
    if type(version) is not int or version < 1 or not isinstance(name, str):
        return Odd(damage="is JSON, but no event of a log")
    if version > SCHEMA_VERSION:
        return replace(odd, unknown=f"events of log format {version}; this grpolog knows {SCHEMA_VERSION}")
    if name not in EVENTS:
        return replace(odd, unknown=f"events `{name}`")
    return _against_model(EVENTS[name], name, line, record, odd)


def _against_model(model: type[Envelope], name: str, line: bytes, record: dict[str, Any], odd: Odd) -> Odd:
    try:
        try:
            event = model.model_validate_json(line, strict=True, extra="ignore")
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
                raise
            event = model.model_validate(record, extra="ignore")  # nested deeper than pydantic's parser goes
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "?"
        return replace(odd, damage=f"{name} event: {first['msg']} @ $.{field}")
    fields = sorted(record.keys() - model.model_fields.keys())
    run = event if isinstance(event, RunEvent) else None
    unknown = f"fields of {name} events: {', '.join(fields)[:200]}" if fields else None
    return replace(odd, run=run, unknown=unknown)
