"""`conformance mock`: the mock gateway, which only this module imports."""

from __future__ import annotations

from typing import Any

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8123, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--api-key", default="sk-test", show_default=True, help="The key to accept; it guards nothing but the mock."
)
@click.option(
    "--defect",
    "defects",
    multiple=True,
    metavar="NAME",
    help="Lie in this way; repeatable.  --list-defects names them.",
)
@click.option("--latency", default=0.0, metavar="SECONDS", help="Wait before each completion.")
@click.option(
    "--requests-per-minute", default=0.0, metavar="N", type=click.FloatRange(0), help="Answer 429 to more than that."
)
@click.option(
    "--limit",
    default="fixed",
    show_default=True,
    type=click.Choice(["fixed", "sliding", "bucket"]),
    help="How they are counted: in fixed or sliding windows, or by a bucket that is refilled evenly.",
)
@click.option(
    "--limit-window",
    default=60.0,
    metavar="SECONDS",
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="The span in which they are counted.",
)
@click.option("--retry-after/--no-retry-after", default=True, help="Whether a 429 says when to come again.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="COLUMN=ID[,class=NAME]",
    help="A model beside the mock's own; repeatable.",
)
@click.option("--list-defects", is_flag=True, help="Print the defects and end.")
def mock(list_defects: bool, **chosen: Any) -> int:
    """Serve the mock gateway."""
    from conformance.mock.defects.degraded import DEGRADED
    from conformance.mock.server import registry
    from conformance.mock.server.options import Options
    from conformance.mock.server.serving import serve

    if list_defects:
        for defect in (*registry.defects().values(), *DEGRADED.values()):
            click.echo(f"{defect.name}: {defect.symptom}")
        return 0
    return serve(Options(**chosen))
