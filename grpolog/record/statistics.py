"""All events of one generation, with the memory that statistics keep from one generation to the next."""

from collections.abc import Mapping
from typing import Any

from grpolog.events import Envelope
from grpolog.record.advantages import total_rewards
from grpolog.record.batch import Batch, Scoring
from grpolog.record.examples import ExamplePicker
from grpolog.record.groups import group_events
from grpolog.record.options import Options
from grpolog.record.quality import QualityState, quality_event
from grpolog.record.ranges import Ranges
from grpolog.record.rewards import reward_events
from grpolog.record.tags import Tags


class Statistics:
    """Turns batches into events.

    Args:
        options: tags, indicators and what examples to keep.
    """

    def __init__(self, options: Options) -> None:
        self.ranges = Ranges()
        self.quality = QualityState(Tags.of(options.think_tags, options.answer_tags, options.indicators))
        self.examples = ExamplePicker(
            mode="none" if options.examples == 0 else options.examples,  # type: ignore[arg-type]
            budget_bytes=options.example_bytes,
            text_limit=options.text_limit,
            seed=options.seed,
        )

    def events(self, batch: Batch, scoring: Scoring, where: Mapping[str, Any]) -> list[Envelope]:
        """The reward, group, quality and example events of one generation, in this order."""
        self.ranges.observe(batch, scoring)
        return [
            *reward_events(batch, scoring, self.ranges, where),
            *group_events(batch, scoring, self.ranges, where),
            quality_event(batch, scoring, self.quality, where),
            *self.examples.offer(batch, scoring, total_rewards(batch, scoring), where),
        ]
