"""NeMo-RL's dumps, `train_data_step12.jsonl` and `val_data_step12.jsonl`, joined with the event files beside them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from grpolog import progress
from grpolog.errors import LogError
from grpolog.events import Mode
from grpolog.generation.batch import Text
from grpolog.sources import tensorboard
from grpolog.sources.dumped import Dump, generations_of
from grpolog.sources.items import Generation, Item, Opening
from grpolog.sources.joined import joined
from grpolog.sources.json_lines import first_objects, objects
from grpolog.sources.numbers import real
from grpolog.sources.records import Record, unrolled
from grpolog.sources.sample import Format, Note, Sample

_FRAMEWORK: Final = "nemo-rl"
_NEEDED: Final = {"content", "rewards"}
_OTHERS: Final = {"idx", "input_lengths", "advantages", "token_ids", "agent_ref", "filtered_rewards"}
"""Of these keys a dump has one more."""

_STEP: Final = re.compile(r"step_?(\d+)")


def recognises(sample: Sample) -> bool:
    """Whether this is a dump, or a folder of them."""
    if sample.is_folder:
        return bool(dumps_in(sample.path))
    found = first_objects(sample)
    return bool(found) and all(row.keys() >= _NEEDED and bool(row.keys() & _OTHERS) for row in found)


def dumps_in(folder: Path) -> list[Path]:
    """The dumps of a folder by the step that their names say, validations first: they precede the update."""
    by_kind: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        if _STEP.search(file.stem) and file.is_file():
            by_kind.setdefault(_STEP.sub("", file.stem), []).append(file)
    files = [file for kind in by_kind.values() if any(recognises(Sample(f)) for f in kind[:3]) for file in kind]
    return sorted(files, key=lambda file: (_step_of(file), _mode_of(file) != "eval"))


def read(path: Path, note: Note) -> Iterator[Item]:
    """By step the completions that were dumped, and the rows of the event files where there are some."""
    files = [path] if path.is_file() else dumps_in(path)
    rows: Iterator[Item] = iter((Opening(_FRAMEWORK),))
    if path.is_dir() and tensorboard.FORMAT.recognises(Sample(path)):
        rows = tensorboard.read(path, note)
    read_any = False
    for item in joined(rows, ((_step_of(file), _generations(file, note)) for file in progress.each(files))):
        read_any = read_any or not isinstance(item, Opening)
        yield item
    if not read_any:
        raise LogError("holds no completion that could be read", path)


def _generations(file: Path, note: Note) -> Iterator[Generation]:
    if not _STEP.search(file.stem):
        note("corrected value", file, None, "neither the name nor the content says the step: taken as step 0")
    rows = [row for _, line in objects(file, note) for row in unrolled(line) if row.keys() >= _NEEDED]
    if rows:
        yield from generations_of(_dump(file, rows), mode=_mode_of(file))


def _dump(file: Path, rows: Sequence[Record]) -> Dump:
    single = len({len(row["content"]) for row in rows if isinstance(row["content"], list)}) <= 1
    texts = [_texts(row["content"], single) for row in rows]
    advantages = [_advantage(row) for row in rows]
    return Dump(
        path=file,
        step=_step_of(file),
        prompts=[prompt for prompt, _ in texts],
        completions=[completion for _, completion in texts],
        rewards={"reward": [real(row.get("filtered_rewards", row["rewards"])) for row in rows]},
        advantages=[value for value in advantages if value is not None] if None not in advantages else None,
    )


def _texts(content: Any, single: bool) -> tuple[Text, Text]:
    """Prompt and completion of a conversation: messages with roles, or their texts alone.

    Texts alone do not tell who speaks. Where all conversations are equally long only the last one is the model's; else
    only the first one is the prompt.
    """
    if not isinstance(content, list):
        return "", str(content)
    if content and all(isinstance(message, Mapping) for message in content):
        messages = [{key: message[key] for key in ("role", "content") if key in message} for message in content]
        asked = list(takewhile(lambda message: message.get("role") != "assistant", messages))
        return list(asked), messages[len(asked) :]
    texts = list(map(str, content))
    begin = max(0, len(texts) - 1) if single else 1
    return "\n".join(texts[:begin]), "\n".join(texts[begin:])


def _advantage(row: Record) -> float | None:
    """The advantage that all tokens of a completion share; None where they differ."""
    found, mask = row.get("advantages"), row.get("token_loss_mask")
    if not isinstance(found, list):
        return real(found)
    trained = [a for a, m in zip(found, mask, strict=False) if m] if isinstance(mask, list) else found
    values = set(trained) if all(isinstance(value, (int, float)) for value in trained) else set()
    return float(values.pop()) if len(values) == 1 else None


def _step_of(file: Path) -> int:
    found = _STEP.search(file.stem)
    return int(found[1]) if found else 0


def _mode_of(file: Path) -> Mode:
    """Validations have fewer keys and another name."""
    return "eval" if file.stem.lower().startswith("val") else "train"


FORMAT = Format(
    "nemo_rl_dump",
    "train_data_step*.jsonl and val_data_step*.jsonl of NeMo-RL, with the event files in the same folder",
    recognises,
    read,
)
