"""`grpolog rules [NAME]`: what each rule looks for, its thresholds, their source, and what to do."""

import click

from grpolog.cli import screen


@click.command(short_help="Explain the rules: what they look for, thresholds, sources, remedies.")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def rules(name: str | None, as_json: bool) -> None:
    """Explain a rule, or list all of them.

    Live rules judge row by row, while training and when a log is read; post rules judge a log as it lies there.
    """
    from dataclasses import asdict

    from grpolog.analysis.post import POST
    from grpolog.analysis.ruling import EVERY, thresholds, unknown
    from grpolog.errors import UsageError

    known = {rule.name: rule for rule in EVERY}
    when = dict.fromkeys(known, "live") | {rule.name: "post" for rule in POST}
    if name is not None and name not in known:
        raise UsageError(unknown("rule", name, known))
    chosen = [known[name]] if name is not None else list(known.values())
    if as_json:
        found = [
            {"name": rule.name, "when": when[rule.name], **asdict(rule.about), "thresholds": thresholds(rule)}
            for rule in chosen
        ]
        click.echo(screen.json_of(found))
        return
    if name is None:
        width = max(map(len, known))
        for rule in chosen:
            click.echo(f"{rule.name:<{width}}  {when[rule.name]}  {rule.about.looks_for}")
        click.echo("\nlive: row by row, while training and later; post: a log as it lies there.")
        click.echo("`grpolog rules NAME` tells causes, thresholds, sources and what to do.")
        return
    rule = chosen[0]
    click.echo(f"{rule.name} ({when[rule.name]})\n\n{rule.about.looks_for}\n")
    click.echo(f"Likely causes: {rule.about.causes}")
    click.echo(f"What to do:    {rule.about.remedy}")
    click.echo(f"Source:        {rule.about.source}")
    own = thresholds(rule)
    if own:
        click.echo("\nThresholds (change them with --rules FILE.toml):")
        click.echo(f"[rules.{rule.name}]")
        for threshold, value in own.items():
            click.echo(f"{threshold} = {value}")
