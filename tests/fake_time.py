"""A clock that stands still until it is told to move."""


class FakeTime:
    """Call it for the seconds; let them pass with `pass_`."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds
