"""Events to frames: reading a log back, its histories, its audit."""

from grpolog.analysis.history import UnknownMetricError
from grpolog.analysis.reader import read
from grpolog.analysis.run import Run, Status

__all__ = ["Run", "Status", "UnknownMetricError", "read"]
