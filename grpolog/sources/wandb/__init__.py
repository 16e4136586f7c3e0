"""W&B's files: offline `.wandb` files, summaries and exported histories, read without its package."""

from collections.abc import Iterator
from pathlib import Path

from grpolog import progress
from grpolog.errors import LogError
from grpolog.sources.folder import files_below
from grpolog.sources.items import Item
from grpolog.sources.sample import HEAD_BYTES, Format, Note, Sample, as_text
from grpolog.sources.wandb import exported, offline, summary
from grpolog.sources.wandb.framing import MAGIC


def recognises(sample: Sample) -> bool:
    """Whether this is a `.wandb` file, or a folder with one, such as `wandb/offline-run-...`."""
    return bool(_offline_files(sample.path)) if sample.is_folder else sample.head.startswith(MAGIC)


def read(path: Path, note: Note) -> Iterator[Item]:
    """The files of one run in the order of their starts: a run that was resumed has one for each.

    Raises:
        LogError: a file cannot be opened, or the folder holds several runs.
    """
    files = [path] if path.is_file() else _offline_files(path)
    if len(files) > 1:
        runs = {file: offline.run_of(file) for file in files}
        if len({run for run, _ in runs.values()}) > 1:
            names = ", ".join(str(file.relative_to(path)) for file in files[:5])
            raise LogError(f"holds {len(files)} runs of W&B; give one of them: {names}", path)
        files.sort(key=lambda file: runs[file][1])
    for file in progress.each(files):
        yield from offline.read(file, note)


def is_summary(sample: Sample) -> bool:
    """Whether this is a summary, or a folder of W&B with one and without a history."""
    if sample.is_folder:
        return len(_summaries(sample.path)) == 1
    return summary.is_summary(sample.text)


def read_summary(path: Path, note: Note) -> Iterator[Item]:
    """The last values."""
    yield from summary.read(path if path.is_file() else _summaries(path)[0], note)


def _offline_files(folder: Path) -> list[Path]:
    return files_below(folder, len(MAGIC), lambda head: head == MAGIC)


def _summaries(folder: Path) -> list[Path]:
    return files_below(folder, HEAD_BYTES, lambda head: head[:1] == b"{" and summary.is_summary(as_text(head)))


OFFLINE = Format(
    "wandb", "offline files of W&B (run-*.wandb), or the folder wandb/ or one of its runs", recognises, read
)

HISTORY = Format(
    "wandb_history",
    "history exported from W&B: CSV, JSON or JSONL with _step, or the CSV of a chart",
    exported.recognises,
    exported.read,
)

SUMMARY = Format("wandb_summary", "wandb-summary.json: the last value of each metric", is_summary, read_summary)
