"""Versions of packages as the model card says them that TRL writes beside its checkpoints."""

import re
from pathlib import Path
from typing import Final

from grpolog import jsonl
from grpolog.errors import LogError

_NAME: Final = "README.md"
_VERSION: Final = re.compile(
    r"^\s*[-*] (TRL|Transformers|Pytorch|PyTorch|PEFT|Datasets|Tokenizers|Unsloth)[ :]+v?(\d+\.\d[\w.+]*)", re.MULTILINE
)
_PACKAGES: Final = {"pytorch": "torch"}
_LONGEST: Final = 2**20


def versions_beside(file: Path) -> dict[str, str]:
    """Versions by package, from the model card in the folder of a file, else in the one above; empty without any."""
    for folder in (file.parent, file.parent.parent):
        try:
            text = jsonl.beginning(folder / _NAME, _LONGEST).decode("utf-8", "replace")
        except (LogError, *jsonl.BROKEN):
            continue
        found = {name.lower(): version for name, version in _VERSION.findall(text)}
        if "trl" in found:
            return {_PACKAGES.get(name, name): version for name, version in found.items()}
    return {}
