"""The command line: parse, build, call, exit.  Nothing here formats; what is printed comes from render/."""

from __future__ import annotations

import sys
import traceback

import click

from conformance import __version__
from conformance.base.errors import ConformanceError
from conformance.cli.describing import contract, target
from conformance.cli.reading import explain, gate, history, report, site
from conformance.cli.running import plan, run
from conformance.cli.serving import mock


def main() -> None:
    """Entry point: a group whose own errors end in one sentence on stderr and the documented exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except ConformanceError as error:
        click.echo(f"conformance: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("conformance: interrupted", err=True)
        code = 5
    except BrokenPipeError:
        code = 0
    except Exception:  # noqa: BLE001  Python would end with 1, which says that an endpoint deviates
        traceback.print_exc()
        click.echo("conformance: this is an error of its own; please report the traceback above", err=True)
        code = 70
    sys.exit(code or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="conformance")
def cli() -> None:
    """Hold an OpenAI-compatible endpoint against what its gateway documents."""


for each in (run, plan, mock, gate, report, history, explain, site, target, contract):
    cli.add_command(each)
