"""Progress bars in the text of a training run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_MARK = re.compile(rb"%(?:\|[^|\r\n]{0,400}\|)? {0,9}(\d{1,12})/(\d{1,12}) \[|\r {2,}\r|\n {30,}(?=\n)")
_MOST_TOTALS = 8


class Bar(NamedTuple):
    """A bar drawn, or taken away."""

    start: int
    n: int
    total: int
    """Steps that it counts to; 0 where the bar is taken away."""


def bars(text: bytes, rows: Iterable[tuple[int, int]] = ()) -> Iterator[Bar]:
    """What happens to bars in a block, in order.

    Left out are bars with a caption, such as `Loading weights: `, unless it speaks of training; and of bars that only
    move on behind their first step, all but the last one before something else happens.

    Args:
        text: the block.
        rows: where its rows begin and end, in order; within them are no bars.
    """
    place = 0
    for start, end in rows:
        yield from _bars_between(text, place, start)
        place = end
    yield from _bars_between(text, place, len(text))


def _bars_between(text: bytes, begin: int, end: int) -> Iterator[Bar]:
    before: Bar | None = None
    held: Bar | None = None
    for match in _MARK.finditer(text, begin, end):
        start = match.start()
        if match[1] is None:
            bar = Bar(start, 0, 0)
        elif text[start - 5 : start - 3] != b": " or b"rain" in text[max(0, start - 40) : start]:
            bar = Bar(start, int(match[1]), int(match[2]))
            if before is not None and bar.total == before.total and bar.n >= before.n > 0:
                before = held = bar
                continue
        else:
            continue
        if held is not None:
            yield held
            held = None
        yield bar
        before = bar if bar.total else None
    if held is not None:
        yield held


@dataclass(slots=True)
class Progress:
    """The bars of one run so far, by their totals."""

    last: dict[int, int] = field(default_factory=dict)
    """What each showed last."""

    redrawn: dict[int, list[int]] = field(default_factory=dict)
    """What each showed when it was drawn again."""

    shown: int | None = None
    """The total of the bar that was drawn last."""

    _cleared: int = 0
    _seen: dict[int, int] = field(default_factory=dict)

    def take(self, bar: Bar) -> None:
        """Note a bar."""
        if not bar.total:
            self._cleared += 1
            return
        total = bar.total
        if total not in self.last:
            self._seen[total] = self._cleared
            if len(self.last) >= _MOST_TOTALS:
                self.last.pop(next(iter(self.last)))
        elif self._seen[total] != self._cleared:
            self._seen[total] = self._cleared
            self.redrawn.setdefault(total, []).append(bar.n)
        self.last[total] = bar.n
        self.shown = total
