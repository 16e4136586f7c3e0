"""What a comparison calls metrics, parts of an axis and directions."""

import math
import re
from typing import Literal

from grpolog.report.build.phrases import name_of
from grpolog.report.model import Across

Better = Literal["up", "down", "none"]

_REWARD = re.compile(r"(eval_)?(?:(.+)_)?(?:rewards/(.+)/mean|reward)", re.DOTALL)


def what_of(metric: str) -> str:
    """`accuracy in evaluation`, `the total reward in training`; a metric that is no reward by its name."""
    match = _REWARD.fullmatch(metric)
    if match is None or (match[2] and not match[1]):
        return name_of(metric)
    what = name_of(match[3]) if match[3] else "the total reward"
    where = "evaluation" if match[1] else "training"
    return f"{what} in {where}{f' on {name_of(match[2])}' if match[2] else ''}"


def title_of(metric: str) -> str:
    """The same as a title: names stay as they are."""
    return what_of(metric).replace("the total", "Total", 1)


def part_of(window: tuple[float, float], across: Across) -> str:
    """`steps 75 to 150`, `minutes 5 to 9`, `2,000 to 4,000 tokens`."""
    begin, end = f"{math.ceil(window[0]):,}", f"{window[1]:,.0f}"
    if across == "tokens":
        return f"{begin} to {end} tokens"
    return f"{across.removesuffix('s')}s {begin} to {end}"


def comparative(difference: float, better: Better) -> str:
    """Whether more of a metric is better, or only higher."""
    if better == "none":
        return "higher" if difference > 0 else "lower"
    return "better" if (difference > 0) == (better == "up") else "worse"
