"""The catalogue of rules. A further rule is a frozen dataclass with `name`, `about`, `unjudged` and `judge`, and an
entry in `CATALOGUE`.
"""

from typing import Final

from grpolog.trends.rules.behaviour import Dominance, FormatCollapse, ModeCollapse, ToolFailures
from grpolog.trends.rules.contrast import NoContrast
from grpolog.trends.rules.entropy import EntropyCollapse, EntropyExplosion
from grpolog.trends.rules.evaluation import EvalDrop
from grpolog.trends.rules.length import EmptyAnswers, LengthDrift, Truncation
from grpolog.trends.rules.policy import KlBlowUp, SamplerMismatch
from grpolog.trends.rules.reward import Oscillation, RewardDrop, RewardHacking, Stagnation
from grpolog.trends.rules.rule import NOT_HERE, About, Rule
from grpolog.trends.rules.staleness import Staleness
from grpolog.trends.rules.system import MemoryGrowth, SlowDown
from grpolog.trends.rules.update import GradientSpike, NonFinite, NoUpdate

CATALOGUE: Final[tuple[Rule, ...]] = (
    NonFinite(),
    ToolFailures(),
    RewardHacking(),
    RewardDrop(),
    NoContrast(),
    FormatCollapse(),
    Dominance(),
    EvalDrop(),
    Stagnation(),
    Oscillation(),
    Truncation(),
    EmptyAnswers(),
    ModeCollapse(),
    LengthDrift(),
    EntropyExplosion(),
    EntropyCollapse(),
    KlBlowUp(),
    SamplerMismatch(),
    Staleness(),
    GradientSpike(),
    NoUpdate(),
    MemoryGrowth(),
    SlowDown(),
)
"""All rules, the gravest matters first: of two that speak of one metric in one cycle the first is heard."""

__all__ = ["CATALOGUE", "NOT_HERE", "About", "Rule"]
