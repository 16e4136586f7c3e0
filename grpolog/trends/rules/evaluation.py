"""The rule on evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from grpolog.trends.fall import SPREADS, Fall
from grpolog.trends.finding import Finding, levels
from grpolog.trends.rules.rule import About
from grpolog.trends.view import View


@dataclass(frozen=True, slots=True)
class EvalDrop:
    """An evaluation falls from the best it had, beyond its own error.

    The distance between training and evaluation is normal; that evaluation falls is not. A function that only shapes
    the reward may be given up for the task.
    """

    spreads: float = SPREADS
    name: str = "eval_drop"
    about: ClassVar[About] = About(
        looks_for="The reward of an evaluation falls from its best level over at least two evaluations.",
        causes="Overfitting to few prompts, a gamed reward that evaluation does not share, a policy that drifts.",
        remedy="Use the checkpoint at the best evaluation; more prompts; a higher beta; stop earlier.",
        source="RLHF book, ch. 14; Tulu 3; it happens with true verifiers as well",
    )

    def unjudged(self, view: View) -> str | None:  # noqa: D102
        return None if view.cycles.own else "there was no evaluation: train reward only"

    def judge(self, view: View) -> Iterator[Finding]:  # noqa: D102
        for series, rows in view.evaluations:
            fall = Fall.of(series, self.spreads)
            yield Finding(
                series.name,
                levels(info=fall.found) if view.shapes(series.name) else levels(warning=fall.found),
                lambda i, name=series.name, fall=fall: (  # type: ignore[misc]
                    f"{name} fell from {fall.before[i]:.3g} to {fall.after[i]:.3g}"
                ),
                hold_clear=2,
                before=fall.before,
                after=fall.after,
                effect=lambda i, fall=fall: fall.effect[i],  # type: ignore[misc]
                window=1,
                averaged=fall.averaged,
                rows=rows,
            )
