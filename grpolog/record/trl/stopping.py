"""How `stop_on` ends a training: one decision of rank 0 for all ranks, a checkpoint, and the end."""

from typing import Any, TypeVar

from accelerate.utils import broadcast_object_list

Value = TypeVar("Value")


class Stopping:
    """The stop of one training on one rank, which all ranks make at the same step."""

    def __init__(self) -> None:
        self.why: str | None = None
        """The alert that training stops for, once it does."""
        self.saved_at: int | None = None
        """Step of the newest checkpoint of this training."""
        self._limit: int | None = None

    def begin(self, why: str, args: Any, state: Any, control: Any) -> None:
        """Have the trainer save, delete nothing for it, and end.

        What it saves may be what the alert is about: an older checkpoint that the new one would displace is worth more.
        """
        self.why = why
        self._limit, args.save_total_limit = args.save_total_limit, None
        control.should_training_stop = True
        self.save(state, control)

    def save(self, state: Any, control: Any) -> None:
        """Have the trainer save once more if it stops and has not saved this step."""
        if self.why is not None and self.saved_at != state.global_step:
            control.should_save = True

    def end(self, args: Any) -> None:
        """Give the trainer its own settings back."""
        if self.why is not None and self._limit is not None:
            args.save_total_limit = self._limit


def told_by_rank_zero(value: Value) -> Value:
    """What rank 0 has for `value`. All ranks have to come here together, or those that do wait for ever."""
    told = [value]
    broadcast_object_list(told, from_process=0)
    return told[0]
