"""Rows to alerts: pure and vectorised, the same code live and in replay.

While training: events go through `RowBuilder.add`, finished rows through `Monitor.update`. Later: `attempts` makes
the rows of a log, `replay` judges them. A resumed attempt sets `monitor.state` to `resumed_state`.
"""

from grpolog.trends.alert import Alert
from grpolog.trends.monitor import Monitor, State, advance, rules_hash, start
from grpolog.trends.replay import Attempt, Judged, attempts, replay, resumed_state
from grpolog.trends.rows import RowBuilder
from grpolog.trends.rules import CATALOGUE
from grpolog.trends.setting import Setting
from grpolog.trends.table import Column, Row, Table

__all__ = [
    "CATALOGUE",
    "Alert",
    "Attempt",
    "Column",
    "Judged",
    "Monitor",
    "Row",
    "RowBuilder",
    "Setting",
    "State",
    "Table",
    "advance",
    "attempts",
    "replay",
    "resumed_state",
    "rules_hash",
    "start",
]
