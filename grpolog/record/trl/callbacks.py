"""Callbacks for `callbacks=[...]` of a trainer.

Alone they record what a callback can see, which is the trainer's scalars, to `{output_dir}/grpolog.jsonl`. With
`grpolog.attach` they are the recorder's hooks and see every completion.
"""

from pathlib import Path
from typing import Any

from grpolog.record.trl.hooks import RecordingCallback


class ComprehensiveLoggingCallback(RecordingCallback):
    """Records a run: training metrics, rewards, generation quality, performance, examples.

    Args:
        script_args: the script's arguments, kept in the run event.
        log_examples: whether completions are kept and shown.
        path: the log, if the callback is alone; default `{output_dir}/grpolog.jsonl`.
        options: see `grpolog.record.options.Options`.
    """

    def __init__(
        self, script_args: Any = None, log_examples: bool = True, path: str | Path | None = None, **options: Any
    ) -> None:
        if not log_examples:
            options = {"examples": "none", "console_examples": 0, **options}
        super().__init__(path, **options)
        if script_args is not None:
            self.script["script_args"] = _fields(script_args)


class RewardTrendCallback(RecordingCallback):
    """Watches the rewards and alerts when they change by more than 10 % from one window to the next.

    Args:
        window_size: rows in a window.
        path: the log, if the callback is alone; default `{output_dir}/grpolog.jsonl`.
        options: see `grpolog.record.options.Options`.
    """

    def __init__(self, window_size: int = 100, path: str | Path | None = None, **options: Any) -> None:
        super().__init__(path, window_size=window_size, **options)


def get_callbacks(
    training_args: Any = None, model_args: Any = None, script_args: Any = None, **options: Any
) -> list[RecordingCallback]:
    """The callbacks that record a run, for `callbacks=[...]` of a trainer.

    Args:
        training_args: the trainer's arguments; the log goes to their `output_dir`.
        model_args: the model's arguments, kept in the run event.
        script_args: the script's arguments, kept in the run event.
        options: see `grpolog.record.options.Options`; `window_size` is the trend rule's.
    """
    output = getattr(training_args, "output_dir", None)
    path = Path(output) / "grpolog.jsonl" if output else None
    trend = RewardTrendCallback(options.pop("window_size", 100), path)
    logging = ComprehensiveLoggingCallback(script_args, path=path, **options)
    if model_args is not None:
        logging.script["model_args"] = _fields(model_args)
    return [logging, trend]


def _fields(arguments: Any) -> Any:
    """The fields of an argument object; its text where it has none."""
    return dict(vars(arguments)) if hasattr(arguments, "__dict__") else repr(arguments)
