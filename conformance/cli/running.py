"""`conformance run` and `plan`: test an endpoint, and count beforehand what that sends."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import ConfigurationError, ConformanceError, UsageError
from conformance.cli import numbers
from conformance.cli.completing import OPTIONS
from conformance.cli.examples import examples
from conformance.plugin.detection import names_case
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
        _suggest(pytest_arguments)  # a misspelt option may be why something is missing
        raise
    chose_directory = out is not None
    out = directory(settings, out, datetime.now(UTC))
    plugin = _CommandPlugin(settings, chose_directory=chose_directory)
    ours = {**chosen, "expectations": expectations, "show": show}
    code = _pytest(_arguments(ours, out, fail_on_differs, pytest_arguments), plugin)
    state = plugin.state
    if state is not None and state.worker_error:
        raise ConfigurationError(state.worker_error)
    if state is not None and state.error:
        raise state.error
    if state is not None and state.exit_code is not None:
        return state.exit_code  # type: ignore[no-any-return]
    if code == 4:
        _suggest(pytest_arguments)
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


def _suggest(arguments: Iterable[str]) -> None:
    """Print the option that was meant by each argument that pytest got, and that looks like one for us.

    A target or an address needs its option: pytest takes it for a path of tests.  For an unknown option the nearest of ours is
    printed, since pytest knows only options of its own.  The cutoff 0.75 accepts one or two wrong letters (--concurency); a
    lower one would suggest our options for those of pytest.
    """
    known = [name for parameter in run.params for name in parameter.opts if name.startswith("--")]
    for argument in arguments:
        option = argument.partition("=")[0]
        if not argument.startswith("-"):
            if meant := _option_for(argument):
                message = f"{argument!r} is no test of the suite; did you mean {meant} {shlex.quote(argument)}?"
                click.echo(f"conformance: {message}", err=True)
        elif close := difflib.get_close_matches(option, known, n=1, cutoff=0.75):
            click.echo(f"conformance: unknown option {option}; did you mean {close[0]}?", err=True)


def _option_for(value: str) -> str | None:
    """Return the option that takes a value which was given without one; None if it looks like that of no option."""
    from conformance.target.targets import built_in

    if value.startswith(("http://", "https://")):
        return "--base-url"
    return "--target" if value.endswith(".toml") or value in built_in() else None


def _arguments(chosen: dict[str, Any], out: Path, fail_on_differs: bool, more: Iterable[str]) -> list[str]:
    """Return the arguments of pytest: the suite, our options under their pytest names, and the arguments of the user.

    All settings of pytest are given here, so that a configuration file in the current folder has no effect, and so that
    workers on other machines have the same settings.
    """
    names = {option.key: option.name for option in SETTINGS}
    more = list(more)
    arguments = [
        *([] if any(re.match("-v|--verb", argument) for argument in more) else ["-q"]),
        f"--config-file={os.devnull}",
        "--rootdir=.",
        "--strict-markers",
        "--override-ini=junit_suite_name=conformance",
        "--assert=plain",
        "--noconftest",
        "-p",
        "conformance.plugin",
        "-p",
        "no:asyncio",  # pytest-asyncio would wrap the coroutines of the suite, which run on a loop of our own
    ]
    for name, value in {**chosen, "out": out}.items():
        option = f"--conformance-{names.get(name, name)}"
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        arguments += [f"{option}={text}" for text in values]
    if fail_on_differs:
        arguments.append("--conformance-fail-on-differs")
    named = any(names_case(argument) and before != "--deselect" for before, argument in pairwise(["", *more]))
    return [*arguments, "--conformance-progress", "--pyargs", *([] if named else _packages()), *more]


def _packages() -> list[str]:
    """Return the package of the suite and those of surfaces that other packages install."""
    from conformance.surfaces.registry import suites

    return [
        "conformance.suite",
        *(package for package in suites().values() if not package.startswith("conformance.suite.")),
    ]


class _CommandPlugin:
    """A plugin that passes the settings to the session, so that they are loaded once, and keeps its state beyond its end."""

    __name__ = "conformance-command"  # the name under which the session finds it

    def __init__(self, settings: Any, *, chose_directory: bool) -> None:
        self.settings = settings
        self.chose_directory = chose_directory
        self.state: Any = None

    def pytest_unconfigure(self, config: Any) -> None:
        from conformance.plugin.state import STATE

        self.state = config.stash.get(STATE, None)


def _pytest(arguments: list[str], plugin: _CommandPlugin) -> int:
    import pytest

    return int(pytest.main(arguments, plugins=[plugin]))


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
