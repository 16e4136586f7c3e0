"""Events to frames: reading a log back, its histories, its audit."""

from grpolog.analysis.audit import Audit, NonFinite
from grpolog.analysis.history import UnknownMetricError
from grpolog.analysis.pulse import Status
from grpolog.analysis.reader import read
from grpolog.analysis.run import Run
from grpolog.analysis.sequence import Gap

__all__ = ["Audit", "Gap", "NonFinite", "Run", "Status", "UnknownMetricError", "read"]
