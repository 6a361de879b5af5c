"""`conformance watch`: ask a few claims each night, and tell what turned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from conformance.cli.examples import examples
from conformance.cli.numbers import Number
from conformance.cli.running import settings_options
from conformance.run.options import Options

WATCHES = Path("reports") / "watch"
_AT_LEAST_ONE = Number("a whole number of at least 1", 1, whole=True)
# Options of a run that a watch has no use for: it never splits or repeats a run, and its nights ask for one sample.
_WITHOUT = frozenset({"too-long", "shard", "samples", "share", "replay", "resume"})


@click.command(
    epilog=examples(
        "conformance watch --target mine.toml --plan",
        "conformance watch --target mine.toml --baseline reports/runs/latest --webhook-env CHAT_WEBHOOK",
        "conformance watch --target mine.toml --metrics /var/lib/node_exporter/conformance.prom",
    ),
)
@settings_options(without=_WITHOUT)
@click.option(
    "--state",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of what is known from the nights before; default: reports/watch/TARGET.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="In the first night: a finished run, whose deviations are known; default: none.",
)
@click.option(
    "--requests", default=10, show_default=True, type=_AT_LEAST_ONE, help="Most requests to a model in a night."
)
@click.option("--tokens", default=500, show_default=True, type=_AT_LEAST_ONE, help="Most tokens of a model in a night.")
@click.option("--plan", "planned", is_flag=True, help="Print what the next night asks, and exit; sends nothing.")
@click.option(
    "--metrics", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write OpenMetrics to FILE."
)
@click.option("--webhook-env", metavar="VAR", help="Variable with the address of a webhook to tell what turned.")
@click.option(
    "--webhook-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File with the address of the webhook and nothing else.",
)
@click.option("--github-issue", metavar="OWNER/REPO", help="Repository in which an issue says what turned.")
@click.option(
    "--github-token-env",
    default="GITHUB_TOKEN",
    show_default=True,
    metavar="VAR",
    help="Variable with a token that may make issues.",
)
@click.option("--link", default="", metavar="URL", help="Address that a message ends with, such as that of your site.")
def watch(
    folder: Path | None,
    baseline: Path | None,
    requests: int,
    tokens: int,
    planned: bool,
    metrics: Path | None,
    **chosen: Any,
) -> int:
    """Ask a few claims that are due, and tell what turned.

    Prints nothing if nothing turned.  Exits with 1 if something turned worse.
    """
    from conformance.contract import costs
    from conformance.render.watch import plan
    from conformance.run.loading import load_settings
    from conformance.watch.rotation import Limits
    from conformance.watch.telling import Recipients
    from conformance.watch.watch import Watch

    names = ("webhook_env", "webhook_file", "github_issue", "github_token_env", "link")
    recipients = Recipients(**{name: chosen.pop(name) for name in names})
    settings = load_settings(Options.of(chosen), check_key=not planned)
    watching = Watch(settings, Limits(requests, tokens), folder or WATCHES / settings.target.name, recipients)
    if planned:
        if stale := costs.warning(settings.contract_name, settings.contract):
            click.echo(f"conformance: {stale}", err=True)
        click.echo(plan(watching.plan(baseline)), nl=False)
        return 0
    return watching.run_night(baseline, metrics, lambda text: click.echo(text, nl=False)).exit_code
