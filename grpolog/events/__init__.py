"""The data model of a log: one typed event a line.

Everything else about the format is derived from these models: the published JSON Schemas, the columns of the
frames, the documentation. Fields that are null are left out of the line, so absent and null mean the same.
"""

from typing import Annotated

from pydantic import Field, TypeAdapter

from grpolog.events._envelope import SCHEMA_VERSION, Envelope, GenerationEnvelope, Mode
from grpolog.events.alert import AlertEvent, AlertGroup, Severity
from grpolog.events.example import ExampleEvent, Finish, Kept
from grpolog.events.perf import GpuReading, PerfEvent
from grpolog.events.quality import QualityEvent
from grpolog.events.reward import TOTAL, GroupEvent, RewardEvent
from grpolog.events.run import Capture, RunEvent
from grpolog.events.step import StepEvent

Event = RunEvent | StepEvent | RewardEvent | GroupEvent | QualityEvent | PerfEvent | ExampleEvent | AlertEvent
"""Any line of a log."""

EVENTS: dict[str, type[Envelope]] = {
    "run": RunEvent,
    "step": StepEvent,
    "reward": RewardEvent,
    "group": GroupEvent,
    "quality": QualityEvent,
    "perf": PerfEvent,
    "example": ExampleEvent,
    "alert": AlertEvent,
}
"""Each event's model by the value of `event`, in the order of a step."""

any_event: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
"""Validates a line of any type: `any_event.validate_python(record, extra="ignore")`."""

__all__ = [
    "EVENTS",
    "SCHEMA_VERSION",
    "TOTAL",
    "AlertEvent",
    "AlertGroup",
    "Capture",
    "Envelope",
    "Event",
    "ExampleEvent",
    "Finish",
    "GenerationEnvelope",
    "GpuReading",
    "GroupEvent",
    "Kept",
    "Mode",
    "PerfEvent",
    "QualityEvent",
    "RewardEvent",
    "RunEvent",
    "Severity",
    "StepEvent",
    "any_event",
]
