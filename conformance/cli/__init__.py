"""The command line: parse options, call the rest of the package, set the exit code.  The text of results is made in render/.

Commands import the modules they need when they run.  All of them together take six times as long to import as click and the
commands, so that `--help` and short commands would take half a second of CPU instead of a tenth.
"""

from __future__ import annotations

import io
import sys
import traceback

import click

from conformance import __version__
from conformance.base.errors import ConformanceError
from conformance.base.quoting import harmless
from conformance.cli.comparing import gate
from conformance.cli.describing import contract, target
from conformance.cli.reading import explain, history, report, show, site
from conformance.cli.running import plan, run
from conformance.cli.serving import mock
from conformance.cli.surroundings import (
    check_directory,
    hear_ends,
    long_path,
    open_standard_streams,
    withstand_full_disks,
)
from conformance.cli.watching import watch


def main() -> None:
    """Run the command line; report an error as one line on stderr and end with the documented exit code."""
    open_standard_streams()
    stdout_failed = withstand_full_disks()
    hear_ends()
    try:
        check_directory()
        code = cli.main(standalone_mode=False)
    except ConformanceError as error:
        click.echo(f"conformance: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(harmless(shown.getvalue()), err=True, nl=False)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("conformance: interrupted", err=True)
        code = 5
    except BrokenPipeError:
        code = 0
    except Exception as error:  # noqa: BLE001  Python would end with 1, which means a deviation of the endpoint
        if too_long := long_path(error):
            click.echo(f"conformance: {too_long}", err=True)
            sys.exit(too_long.exit_code)
        traceback.print_exc()
        click.echo("conformance: error in this program; please report the traceback above", err=True)
        code = 70
    if reason := stdout_failed():
        click.echo(
            f"conformance: stdout cannot be written: {reason}; the rest of the output is above, on stderr", err=True
        )
        code = 2
    sys.exit(code or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="conformance")
def cli() -> None:
    """Test whether an OpenAI-compatible endpoint does what its documentation says."""


for command in (run, plan, watch, show, mock, gate, report, history, explain, site, target, contract):
    # Click would cut the first sentence at the width of the terminal.
    command.short_help = (command.help or "").partition("\n\n")[0]
    cli.add_command(command)
