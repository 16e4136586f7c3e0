"""What is paid: rewards, their spread, groups without contrast, advantages.

Warning signs and their sources follow what practitioners and papers published; where they disagree the text says so.
"""

from typing import Final

from grpolog.metrics.vocabulary.entry import (
    ANY,
    COMPLETIONS,
    EXTREME,
    GROUPS,
    IMPORTED,
    POOLED,
    POSITIVE,
    SHARE,
    Metric,
    logged,
    quality,
    reward,
    step,
)

_CONTRAST = (
    "Above one half of the groups, sustained, much of the batch teaches nothing, above three quarters nearly all: "
    "prompts are too hard or too easy (DAPO, arXiv 2503.14476; RLHF book, ch. 7)."
)
_RANGE = "null unless its range is known: given, or exactly two values seen"
_FLAT = "Below 0.01 the function pays every answer alike and teaches nothing (Csefalvay, part III)."

METRICS: Final[tuple[Metric, ...]] = (
    reward(
        "reward", "mean", "up", COMPLETIONS + IMPORTED,
        definition="Mean total reward: the weighted sum over reward functions.",
        worry="When it is still flat after some 300 steps (Unsloth tutorial), or turns constant from one step to the "
        "next, which is a verifier that is down (ms-swift #3372, TRL #3452); in evaluation, when it stays below its "
        "best (RLHF book, ch. 14).",
    ),
    reward(
        "reward_std", "std", "none", POOLED + IMPORTED, bounds=POSITIVE,
        definition="Sample standard deviation (n - 1) of the total reward over all completions, not within groups.",
        worry="Not by itself: a wide batch can hide groups without any contrast; see group/equal_share (TRL logs the "
        "spread of the batch since 0.27).",
    ),
    reward(
        "rewards/<f>/mean", "mean", "up", COMPLETIONS + IMPORTED,
        worry="When one function rises while the task's falls by a quarter of its spread or more: the reward is being "
        "gamed (format 0.44 to 1.0 with accuracy 0.23 to 0.03: LessWrong; rlvrbook, ch. 7).",
    ),
    reward("rewards/<f>/std", "std", "none", POOLED + IMPORTED, bounds=POSITIVE, worry=_FLAT),
    reward("rewards/<f>/min", "min", "none", EXTREME, definition="Lowest reward that the function gave."),
    reward("rewards/<f>/max", "max", "none", EXTREME, definition="Highest reward that the function gave."),
    reward("rewards/<f>/group_std", "group_std", "none", GROUPS, bounds=POSITIVE, worry=_FLAT),
    reward("rewards/<f>/equal_share", "equal_share", "down", GROUPS, bounds=SHARE, worry=_CONTRAST),
    reward(
        "rewards/<f>/best_share", "best_share", "none", GROUPS, bounds=SHARE,
        definition=f"Share of groups in which every scored completion got the function's best reward; {_RANGE}.",
    ),
    reward(
        "rewards/<f>/worst_share", "worst_share", "down", GROUPS, bounds=SHARE,
        definition=f"Share of groups in which every scored completion got the function's worst reward; {_RANGE}.",
    ),
    reward(
        "rewards/<f>/none_share", "none_share", "none", COMPLETIONS, bounds=SHARE,
        worry="Not in a function that skips rows on purpose; a share that jumps at a step is a verifier that fails "
        "(ms-swift #3372).",
    ),
    reward(
        "rewards/<f>/advantage_share", "advantage_share", "none", COMPLETIONS,
        definition="Share of the advantage that comes from the function: sum(A * c) / sum(A^2) over completions, with "
        "c its term of the advantage A; shares add up to 1 and may be negative.",
        worry="Above 0.7 in a function that is not the task: the run learns that function instead (rldoctor).",
    ),
    reward(
        "group/std", "group_std", "none", GROUPS, bounds=POSITIVE,
        definition="Mean over groups of the sample standard deviation of the total.",
        worry="When it nears 0 below the best reward: answers to one prompt are no longer told apart (DAPO, arXiv "
        "2503.14476).",
    ),
    reward(
        "group/equal_share", "equal_share", "down", GROUPS, bounds=SHARE, worry=_CONTRAST,
        definition="Share of groups whose totals are all equal: no answer is better than another, so none teaches.",
    ),
    reward(
        "group/best_share", "best_share", "none", GROUPS, bounds=SHARE,
        definition="Share of groups whose totals are all the best possible: prompts that are too easy.",
        worry="When it takes most of the batch: filter prompts that always succeed (DAPO, arXiv 2503.14476).",
    ),
    reward(
        "group/worst_share", "worst_share", "down", GROUPS, bounds=SHARE,
        definition="Share of groups whose totals are all the worst possible: prompts that are too hard.",
        worry="Near 1 from the first step: the prompts are too hard, or every answer is cut off (TRL #5697).",
    ),
    quality(
        "live_share", "", "up", SHARE, name="group/live_share",
        worry="Below one half, sustained: most of the batch carries no learning signal (DAPO, arXiv 2503.14476).",
    ),
    step(
        "frac_reward_zero_std", "", "down", SHARE, worry=_CONTRAST,
        definition="Share of completions in groups whose totals are all equal, as the trainer says it.",
    ),
    logged("advantages/mean", "", "none", "Mean advantage over the tokens or completions that are learned from.", ANY),
    logged("advantages/min", "", "none", "Lowest advantage.", ANY),
    logged("advantages/max", "", "none", "Highest advantage.", ANY),
)  # fmt: skip
