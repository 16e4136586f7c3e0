"""`grpolog demo`: train a tiny model, record it, report it."""

from importlib.util import find_spec
from pathlib import Path

import click

from grpolog.cli import destination


@click.command(short_help="Train a tiny model, record it, report it.")
@click.option("--steps", type=click.IntRange(min=1), default=300, show_default=True, help="Optimizer steps.")
@click.option("--no-train", is_flag=True, help="Report the recorded run that grpolog ships; needs no torch.")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder for the log and the report.",
)
def demo(steps: int, no_train: bool, out: Path) -> None:
    """Train a tiny model on the CPU with TRL's GRPOTrainer, record the run and report it, in about a minute."""
    from grpolog.cli.report import write_report

    if no_train:
        from grpolog.demo.recorded import unpack

        log = unpack(out)
    else:
        refuse_without_trl()
        from grpolog.demo.train import train

        log = train(out / "demo.jsonl", steps)
    click.echo(f"Wrote {log}", err=True)
    (outputs,) = destination.plan([log], None, None)
    write_report(log, outputs)


def refuse_without_trl() -> None:
    """Say what to install when the demo cannot train.

    Raises:
        UsageError: torch, transformers or trl is not installed.
    """
    from grpolog.errors import UsageError

    missing = [name for name in ("torch", "transformers", "trl") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo trains with {', '.join(missing)}, not installed here: "
            'pip install "grpolog[trl]", or see a recorded run with grpolog demo --no-train'
        )
