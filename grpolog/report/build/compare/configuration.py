"""The settings that differ, as rows."""

from grpolog.analysis.compare import Differences
from grpolog.analysis.settings import text_of
from grpolog.report.build.compare.tracks import Tracks
from grpolog.report.build.phrases import listed, name_of
from grpolog.report.model import SettingRow
from grpolog.report.numbers import count
from grpolog.report.text import cut

ROWS = 80
"""Settings at most: those that all logs tell."""

_CHARS = 300
_VALUES = 8  # different values of the seeds of an arm that are named


def setting_rows(differences: Differences) -> tuple[SettingRow, ...]:
    """The rows, what may matter first."""
    return tuple(
        SettingRow(found.key, tuple(_values(values) for values in found.values), found.kind)
        for found in differences.found[:ROWS]
    )


def settings_note(tracks: Tracks, differences: Differences) -> str:
    """How many settings are the same, what is left out, and which logs are silent."""
    said = []
    left_out = len(differences.found) - ROWS
    if left_out > 0:
        said.append(f"{count(left_out, 'further setting')} {'differs' if left_out == 1 else 'differ'}.")
    if differences.alike:
        said.append(f"{count(differences.alike, 'setting')} {'is' if differences.alike == 1 else 'are'} the same.")
    silent = [name_of(arm.label) for arm, quiet in zip(tracks.arms, differences.silent, strict=True) if quiet]
    if silent:
        logs = "log of" if len(silent) == 1 else "logs of"
        said.append(f"The {logs} {listed(silent)} {'holds' if len(silent) == 1 else 'hold'} no configuration.")
    return " ".join(said)


def _values(values: tuple[object, ...]) -> str:
    shown = [cut(text_of(value), _CHARS) for value in values[:_VALUES]]
    return ", ".join(shown) + (f" and {len(values) - _VALUES} more" if len(values) > _VALUES else "")
