"""`grpolog schema [EVENT]`: the JSON Schemas of the log."""

import click


@click.command(short_help="Print the JSON Schema of an event or of any line.")
@click.argument("event", required=False)
@click.option("--list", "only_names", is_flag=True, help="Print the names of the events.")
def schema(event: str | None, only_names: bool) -> None:
    """Print the JSON Schema of EVENT, or of any line of a log."""
    import json

    from grpolog.errors import UsageError
    from grpolog.events import EVENTS, json_schema

    if only_names:
        click.echo("\n".join(EVENTS))
        return
    if event is not None and event not in EVENTS:
        raise UsageError(f"no event is called {event!r}; the events are {', '.join(EVENTS)}")
    content = json_schema.any_line_schema() if event is None else json_schema.schema(event)
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))
