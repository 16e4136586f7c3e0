"""Which checkpoints a trainer keeps."""

import re
from pathlib import Path

_NAME = re.compile(r"checkpoint-(\d+)")


def checkpoints_in(folder: str | Path) -> list[str]:
    """The folders `checkpoint-<step>` in the output folder of a Hugging Face trainer, in the order of their steps."""
    found = [(int(match[1]), path) for path in Path(folder).iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path.as_posix() for _, path in sorted(found) if path.is_dir()]
