"""Recording of TRL's trainers: one line attaches, or callbacks that see less."""

from grpolog.record.trl.attachment import attach
from grpolog.record.trl.callbacks import ComprehensiveLoggingCallback, RewardTrendCallback, get_callbacks

__all__ = ["ComprehensiveLoggingCallback", "RewardTrendCallback", "attach", "get_callbacks"]
