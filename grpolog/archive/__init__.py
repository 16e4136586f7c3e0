"""A log as one file: parts, report, schemas and a manifest with checksums in a `.tar.zst`.

Guarantees: the same log gives the same bytes; a manifest comes first and names every file with size and SHA-256.
Archives of unknown origin are read by a parser of its own that takes plain files and nothing else: no link, device or
name that leads elsewhere, and no more bytes than allowed.
"""
