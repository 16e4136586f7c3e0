"""All events of one generation, with the memory that statistics keep from one generation to the next."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grpolog.events import Envelope
from grpolog.generation.advantages import total_rewards
from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.examples import ExamplePicker
from grpolog.generation.groups import group_events
from grpolog.generation.quality import QualityState, quality_event
from grpolog.generation.ranges import Ranges
from grpolog.generation.rewards import reward_events
from grpolog.generation.tags import Tags


class Statistics:
    """Turns batches into events.

    Args:
        tags: what is counted in the texts.
        examples: which completions are kept as text.
    """

    def __init__(self, tags: Tags, examples: ExamplePicker) -> None:
        self.ranges = Ranges()
        self.quality = QualityState(tags)
        self.examples = examples

    def events(self, batch: Batch, scoring: Scoring, where: Mapping[str, Any]) -> list[Envelope]:
        """The reward, group, quality and example events of one generation, in this order."""
        return [event for _, make in self.parts(batch, scoring, where) for event in make()]

    def parts(
        self, batch: Batch, scoring: Scoring, where: Mapping[str, Any]
    ) -> list[tuple[str, Callable[[], Sequence[Envelope]]]]:
        """The same in parts with their names, to be made one by one: a part that fails need not cost the others."""
        self.ranges.observe(batch, scoring)
        return [
            ("reward", lambda: reward_events(batch, scoring, self.ranges, where)),
            ("group", lambda: group_events(batch, scoring, self.ranges, where)),
            ("quality", lambda: [quality_event(batch, scoring, self.quality, where)]),
            ("example", lambda: self.examples.offer(batch, scoring, total_rewards(batch, scoring), where)),
        ]
