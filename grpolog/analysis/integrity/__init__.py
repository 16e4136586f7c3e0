"""Whether a log is as it was written: its lines, their numbers, its parts and their checksums; and a clean copy."""

from grpolog.analysis.integrity.marks import Mark
from grpolog.analysis.integrity.rank import PartSum
from grpolog.analysis.integrity.repair import Repaired, repair
from grpolog.analysis.integrity.verify import Verified, verify

__all__ = ["Mark", "PartSum", "Repaired", "Verified", "repair", "verify"]
