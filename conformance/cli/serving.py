"""`conformance mock`: serve the mock gateway, which only this module imports."""

from __future__ import annotations

from typing import Any

import click

from conformance.cli.completing import OPTIONS, completer
from conformance.cli.examples import examples
from conformance.cli.numbers import WHOLE, Number

_PORT = Number("a whole number from 0 to 65535", 0, 65535, whole=True)
_NOT_NEGATIVE = Number("a number of at least 0", 0)
_SHARE = Number("a number from 0 to 1", 0, 1)
# A window of 0 seconds would divide by zero, and one below a millisecond is shorter than the serving of a single request.
_WINDOW = Number("a number of seconds, at least 0.001", 0.001)


def _defects() -> list[Any]:
    """Return all ways in which the mock gateway can misbehave, with its degraded modes."""
    from conformance.mock.defects.degraded import DEGRADED
    from conformance.mock.server import registry

    return [*registry.defects().values(), *DEGRADED.values()]


@click.command(
    epilog=examples(
        "conformance mock --port 0",
        "conformance mock --defect drops_n --share 0.2",
        "conformance mock --model openai=my-model",
        "conformance mock --contract mine.toml",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@click.option("--port", default=8123, show_default=True, type=_PORT, help="Port; 0 takes a free one.")
@click.option(
    "--api-key",
    default="sk-test",
    show_default=True,
    help="The key that requests must have; it protects nothing but the mock.",
)
@click.option(
    "--defect",
    "defects",
    multiple=True,
    metavar="NAME",
    help="Misbehave in this way; repeatable.  --list-defects lists the names.",
    shell_complete=completer(lambda context: [defect.name for defect in _defects()]),
)
@click.option(
    "--share",
    default=1.0,
    metavar="SHARE",
    type=_SHARE,
    help="Misbehave on this share of the requests; default: 1, all.",
)
@click.option(
    "--seed", metavar="N", type=WHOLE, help="Draw the requests of --share from this number; default: at random."
)
@click.option(
    "--latency",
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    type=_NOT_NEGATIVE,
    help="Time to wait before each answer.",
)
@click.option(
    "--requests-per-minute",
    default=0.0,
    metavar="N",
    type=_NOT_NEGATIVE,
    help="Answer 429 to requests above this rate; default: 0, no limit.",
)
@click.option(
    "--tokens-per-minute",
    default=0.0,
    metavar="N",
    type=_NOT_NEGATIVE,
    help="Answer 429 to requests above this rate, where four bytes of a request are a token; default: 0, no limit.",
)
@click.option(
    "--at-once",
    default=0,
    metavar="N",
    type=Number("a whole number of at least 0", 0, whole=True),
    help="Answer 429 while this number of requests is in flight; default: 0, no limit.",
)
@click.option(
    "--limit",
    default="fixed",
    show_default=True,
    type=click.Choice(["fixed", "sliding", "bucket"]),
    help="How requests or tokens are counted: in fixed or sliding windows, or by a token bucket that refills evenly.",
)
@click.option(
    "--limit-window",
    default=60.0,
    metavar="SECONDS",
    show_default=True,
    type=_WINDOW,
    help="Length of the window in which they are counted.",
)
@click.option("--retry-after/--no-retry-after", default=True, show_default=True, help="Send Retry-After with a 429.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="COLUMN=ID[,class=NAME]",
    help="A model to serve in addition to the built-in ones; repeatable.",
)
@click.option(
    "--contract",
    default="cometapi",
    show_default=True,
    metavar="NAME|PATH",
    help="The contract to keep, built in or a folder or file.",
    shell_complete=OPTIONS["contract"],
)
@click.option("--list-defects", is_flag=True, help="Print the names and symptoms of all defects, and exit.")
def mock(list_defects: bool, **chosen: Any) -> int:
    """Serve the mock gateway, on http://127.0.0.1:8123/v1 by default."""
    from conformance.mock.server.options import Options
    from conformance.mock.server.serving import serve

    if list_defects:
        for defect in _defects():
            click.echo(f"{defect.name}: {defect.symptom}")
        return 0
    return serve(Options(**chosen))
