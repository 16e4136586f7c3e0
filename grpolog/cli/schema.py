"""`grpolog schema [EVENT]`: the JSON Schemas of the log, of the report and of a comparison."""

import click


@click.command(short_help="Print the JSON Schema of an event, of any line, of the report, of a comparison.")
@click.argument("event", required=False)
@click.option("--list", "only_names", is_flag=True, help="Print the names of the events.")
def schema(event: str | None, only_names: bool) -> None:
    """Print the JSON Schema of EVENT, or of any line of a log.

    EVENT may also be `report` or `comparison`: what `grpolog report` and `grpolog compare` write as JSON.
    """
    import json

    from grpolog.errors import UsageError
    from grpolog.events import EVENTS, json_schema

    if only_names:
        click.echo("\n".join(EVENTS))
        return
    if event in ("report", "comparison"):
        from grpolog.report import json_schema as of_report

        content = of_report.schema(event)
    elif event is None or event in EVENTS:
        content = json_schema.any_line_schema() if event is None else json_schema.schema(event)
    else:
        raise UsageError(
            f"no event is called {event!r}; the events are {', '.join(EVENTS)}, and there are report and comparison"
        )
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))
