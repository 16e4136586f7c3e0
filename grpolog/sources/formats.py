"""All foreign formats. Each is a module of its own, loaded with this one."""

from grpolog.sources import (
    by_step,
    hf_state,
    nemo_rl,
    notebook,
    prime_rl,
    printed,
    scored,
    stdout,
    tensorboard,
    tinker,
    trl_completions,
    verl,
    wandb,
)
from grpolog.sources.sample import Format

FORMATS: tuple[Format, ...] = (
    trl_completions.FORMAT,
    nemo_rl.FORMAT,
    prime_rl.FORMAT,
    tinker.FORMAT,
    verl.DUMP,
    scored.FORMAT,
    notebook.FORMAT,
    wandb.HISTORY,
    stdout.FORMAT,
    hf_state.FORMAT,
    tensorboard.FORMAT,
    wandb.OFFLINE,
    wandb.SUMMARY,
    verl.METRICS,
    *by_step.FORMATS,
    printed.FORMAT,
)
"""All formats, those that are surest to recognise first."""
