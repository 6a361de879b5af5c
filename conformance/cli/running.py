"""`conformance run` and `plan`: test an endpoint, and count beforehand what that sends."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import ConfigurationError, ConformanceError, UsageError
from conformance.cli import arguments, numbers
from conformance.cli.completing import OPTIONS
from conformance.cli.examples import examples
from conformance.run.option_table import SETTINGS, SHOW, Show
from conformance.run.options import Options

_TYPES: dict[type, Any] = {int: numbers.WHOLE, float: numbers.ANY}
# Our exit code for each of pytest's: passed, failed, interrupted, internal error, wrong usage, nothing collected.
_EXIT_CODES = {0: 0, 1: 1, 2: 5, 3: 70, 4: 2, 5: 5}


def settings_options(*, planned: bool = False, without: Collection[str] = ()) -> Callable[[Any], Any]:
    """Return a decorator that adds the options of a run to a command; with `planned` only those that a plan takes."""

    def add(command: Any) -> Any:
        # Each decorator puts its option before those that were added earlier, so the first option is added last.
        for option in reversed(
            [option for option in SETTINGS if (option.planned or not planned) and option.name not in without]
        ):
            decorate = click.option(
                f"--{option.name}",
                option.key,
                type=_TYPES.get(option.type, option.type),
                multiple=option.repeats,
                metavar=option.metavar,
                help=f"{option.help[0].upper()}{option.help[1:]}.",
                shell_complete=OPTIONS.get(option.name),
            )
            command = decorate(command)
        return command

    return add


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "conformance run --profile smoke",
        "conformance run --target cometapi --claim 'chat.n.*@claude:*'",
        "conformance run --base-url https://gateway.example/v1 --api-key-env MY_KEY --model openai=gpt-4.1-mini",
        "conformance run --target mine.toml -n 4 --junitxml=junit.xml",
    ),
)
@settings_options()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Run directory to write; default: reports/runs/TIME-TARGET.",
)
@click.option(
    "--show",
    type=click.Choice([show.value for show in Show]),
    metavar=SHOW[0],
    help=f"{SHOW[1][0].upper()}{SHOW[1][1:]}.",
)
@click.option("--fail-on-differs", is_flag=True, help="Exit with 1 also for a difference from a should.")
@click.option(
    "--expectations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known deviations, as TOML, which do not fail the run; default: none.",
)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    pytest_arguments: tuple[str, ...],
    out: Path | None,
    fail_on_differs: bool,
    expectations: Path | None,
    show: str | None,
    **chosen: Any,
) -> int:
    """Run the suite and write a run directory.

    Other arguments go to pytest: -k, -x, -n 4, --junitxml=FILE ...
    """
    from conformance.contract.selection import similar
    from conformance.results.run_directory import directory, exit_code
    from conformance.run.loading import load_settings

    try:
        settings = load_settings(Options.of(chosen))
    except ConformanceError:
        for argument in pytest_arguments:  # a misspelt option may be why something is missing
            if meant := arguments.meant(argument, _options()):
                click.echo(f"conformance: {meant}", err=True)
        raise
    chose_directory = out is not None
    out = directory(settings, out, datetime.now(UTC))
    plugin = _CommandPlugin(settings, chose_directory=chose_directory)
    ours = {**chosen, "expectations": expectations, "show": show}
    code = _pytest(arguments.for_pytest(ours, out, fail_on_differs, pytest_arguments), plugin)
    state = plugin.state
    if state is not None and state.worker_error:
        raise ConfigurationError(state.worker_error)
    if state is not None and state.error:
        raise state.error
    if state is not None and state.exit_code is not None:
        return state.exit_code  # type: ignore[no-any-return]
    if code in {3, 4} or state is None:
        return _EXIT_CODES.get(code, 70)
    if state.suite_errors:
        raise ConformanceError(
            f"{state.suite_errors} tests of the suite raised an exception", "please report the traceback above"
        )
    if state.matrix is None and code == 2:
        click.echo(
            f"conformance: interrupted before a case was judged; go on: conformance run --resume {out}", err=True
        )
        return 5
    if state.matrix is None:
        if not state.planned and "--collect-only" not in pytest_arguments and "--co" not in pytest_arguments:
            pattern = similar(state.config.option.keyword, (case.cell for case in settings.cases.values()))
            click.echo(
                f"conformance: nothing selected of {len(settings.cases)} cases; for instance --claim {shlex.quote(pattern)}",
                err=True,
            )
        return _EXIT_CODES.get(code, 70)
    return exit_code(state.matrix, state.expectations, fail_on_differs=fail_on_differs)


def _options() -> list[str]:
    """Return the options of `conformance run`."""
    return [name for parameter in run.params for name in parameter.opts if name.startswith("--")]


class _CommandPlugin:
    """A plugin that passes the settings to the session, so that they are loaded once, and keeps its state beyond its end."""

    __name__ = "conformance-command"  # the name under which the session finds it

    def __init__(self, settings: Any, *, chose_directory: bool) -> None:
        self.settings = settings
        self.chose_directory = chose_directory
        self.state: Any = None

    def pytest_load_initial_conftests(self, args: list[str], parser: Any) -> None:
        """Refuse what nobody knows in one error, now that all plugins are there; pytest's own has four lines about pytest."""
        known, unknown = parser.parse_known_and_unknown_args(args)
        for argument in [*unknown, *(path for path in known.file_or_dir if not Path(path).exists())]:
            if meant := arguments.meant(argument, _options()):
                raise UsageError(meant)
            if argument.startswith("-"):
                listed = "conformance run --help and pytest --help list the options"
                raise UsageError(f"unknown option {argument.partition('=')[0]}", listed)

    def pytest_unconfigure(self, config: Any) -> None:
        from conformance.plugin.state import STATE

        self.state = config.stash.get(STATE, None)


def _pytest(given: list[str], plugin: _CommandPlugin) -> int:
    import pytest

    return int(pytest.main(given, plugins=[plugin]))


@click.command(
    epilog=examples(
        "conformance plan --profile standard",
        "conformance plan --target mine.toml --prices",
    ),
)
@settings_options(planned=True)
@click.option("--prices", is_flag=True, help="Ask the endpoint for prices that the target file lacks.")
def plan(prices: bool, **chosen: Any) -> int:
    """Print what a run would send: cases, requests, tokens, money.

    Sends nothing to the endpoint, except for --prices.
    """
    from conformance.contract import costs
    from conformance.render.plan import render
    from conformance.run import catalogue
    from conformance.run.loading import load_settings
    from conformance.run.planning import plan as planned

    settings = load_settings(Options.of(chosen), check_key=prices)
    if prices and settings.target.embedded:
        raise UsageError("--prices must come with an endpoint to ask", "name it with --target or --base-url")
    if prices:
        settings = settings.with_prices(catalogue.prices(settings.target))
    if stale := costs.warning(settings.contract_name, settings.contract):
        click.echo(f"conformance: {stale}", err=True)
    click.echo(render(planned(settings), asked=prices), nl=False)
    return 0
