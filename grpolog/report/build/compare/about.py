"""How to read a comparison, and what it was made from."""

from collections.abc import Iterator

import grpolog
from grpolog.report.build.compare.tracks import BUCKETS, Tracks
from grpolog.report.build.phrases import name_of
from grpolog.report.text import cut

_SENTENCE = 400


def about(tracks: Tracks, generated_at: str | None) -> tuple[tuple[str, str], ...]:
    """Headings and sentences."""
    return tuple(_about(tracks, generated_at))


def _about(tracks: Tracks, generated_at: str | None) -> Iterator[tuple[str, str]]:
    verdict = (
        "Compared is the last quarter of what all runs reach, its last half where evaluations are few. Values of the "
        "same place are paired. The interval of a difference is a circular block bootstrap of the paired differences: "
        "it tells two runs apart, not two configurations."
    )
    yield "Verdict", verdict
    if any(len(arm.runs) > 1 for arm in tracks.arms):
        seeds = (
            "Of several seeds each one's mean counts once; the interval is Welch's t. Lines are means over seeds, the "
            "band goes from the lowest to the highest seed, as far as all of them got."
        )
        yield "Seeds", seeds
    yield "Lines", f"Means of at most {BUCKETS} spans; single values and superseded steps are in each run's own report."
    yield "First and last", "Figures of the end are means over the last tenth of a run's finite values."
    for track in tracks.every:
        info = track.run.info
        origin = f" · {info.framework}" if info and info.framework else ""
        sentence = track.run.audit.sentences()[0]
        yield name_of(track.name), cut(f"{track.run.path.name}{origin} · {sentence}", _SENTENCE)
    yield "Report", f"grpolog {grpolog.__version__}{f', {generated_at}' if generated_at else ''}"
