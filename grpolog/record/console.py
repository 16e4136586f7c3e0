"""What a run says on the terminal: a block every few steps, two completions now and then, alerts at once."""

import sys
from collections.abc import Sequence
from typing import TextIO

from grpolog.events import AlertEvent, ExampleEvent, PerfEvent, QualityEvent, RewardEvent, StepEvent
from grpolog.record.blocks import alert_block, examples_block, perf_block, quality_block, reward_block, step_lines
from grpolog.record.visible import visible
from grpolog.trends import Alert


class Console:
    """Prints blocks when they are due; never raises, whatever the stream does.

    Args:
        every: steps between two blocks; 0 for silence altogether, alerts included.
        examples_every: steps between two pairs of examples; 0 for none.
        stream: where to print; default: standard output as it is at that moment.
    """

    def __init__(self, every: int = 10, examples_every: int = 50, stream: TextIO | None = None) -> None:
        self.every = every
        self.examples_every = examples_every if every else 0
        self._stream = stream
        self._last_step = 0
        self._last_examples = 0

    def step(
        self,
        step: StepEvent,
        rewards: Sequence[RewardEvent] = (),
        quality: QualityEvent | None = None,
        perf: PerfEvent | None = None,
    ) -> None:
        """Print the block of a step if it is due: at every multiple of `every`, or the first logged step past it."""
        if not _due(step.step, self._last_step, self.every):
            return
        self._last_step = step.step
        shown = (step_lines(step), reward_block(rewards), quality_block(quality), perf_block(perf))
        self._print("\n\n".join(filter(None, shown)) + "\n")

    def examples(self, step: int, best: ExampleEvent, worst: ExampleEvent) -> None:
        """Print the best and the worst completion if they are due."""
        if self.examples_due(step):
            self._last_examples = step
            self._print(examples_block(best, worst))

    def examples_due(self, step: int) -> bool:
        """Whether `examples` would print at this step."""
        return _due(step, self._last_examples, self.examples_every)

    def alert(self, alert: Alert | AlertEvent) -> None:
        """Print an alert; those of the 10 % rule are for the log alone, since healthy runs have dozens of them."""
        if self.every and alert.rule != "trend":
            self._print(alert_block(alert))

    def say(self, line: str) -> None:
        """Print a line unless the console is silent."""
        if self.every:
            self._print(visible(line))

    def _print(self, text: str) -> None:
        stream = self._stream or sys.stdout
        if stream is None:  # a program without a console, such as pythonw
            return
        bars = getattr(sys.modules.get("tqdm"), "tqdm", None)
        try:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            text = text.encode(encoding, "replace").decode(encoding)  # terminals without emoji show a question mark
            if bars is None:
                print(text, file=stream)
            else:  # moves a progress bar out of the way and draws it again below
                bars.write(text, file=stream)
            stream.flush()
        except (OSError, ValueError, LookupError):
            return  # a closed terminal or pipe, or an encoding that is none; the log has it all


def _due(step: int, last: int, every: int) -> bool:
    return every > 0 and step // every != last // every
