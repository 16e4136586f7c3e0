"""A log as one file: parts, report, schemas and a manifest with checksums in a `.tar.zst`.

Guarantees: the same log gives the same bytes; a manifest comes first and names every file with size and SHA-256.
Archives of unknown origin are read by a parser of its own that takes plain files and nothing else: no link, device or
name that leads elsewhere, and no more bytes than allowed.
"""

from grpolog.archive.manifest import Manifest, Member
from grpolog.archive.pack import pack, snapshot
from grpolog.archive.unpack import LIMIT, Unpacked, is_archive, unpack

__all__ = ["LIMIT", "Manifest", "Member", "Unpacked", "is_archive", "pack", "snapshot", "unpack"]
