"""Groups with rewards that are not finite."""

import numpy as np

from grpolog.generation.batch import Batch, Scoring
from grpolog.generation.ranges import Ranges
from grpolog.generation.rewards import reward_events


def equal_share(*rewards: float) -> float | None:
    n = len(rewards)
    batch = Batch(["p"] * n, ["c"] * n, np.array(rewards, dtype=np.float64)[:, None], group_size=2)
    return reward_events(batch, Scoring(("f",), (1.0,)), Ranges(), {"step": 1})[0].equal_share


def test_an_infinite_reward_beside_a_finite_one_is_a_difference() -> None:
    assert equal_share(np.inf, 1.0, -np.inf, 0.0) == 0.0
    assert equal_share(np.inf, -np.inf, 1.0, 1.0) == 0.5


def test_equal_infinite_rewards_are_equal() -> None:
    assert equal_share(np.inf, np.inf, -np.inf, -np.inf) == 1.0
