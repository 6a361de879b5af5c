"""`conformance run` and `plan`: asking an endpoint, and saying beforehand what that takes."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import ConfigurationError, ConformanceError, UsageError
from conformance.run.options import SETTINGS, Options

_EXITS = {0: 0, 1: 1, 2: 5, 3: 70, 4: 2, 5: 5}


def settings_options(*, planned: bool = False) -> Callable[[Any], Any]:
    """The options that say what is run, or of them those that a plan takes."""

    def add(command: Any) -> Any:
        for each in reversed([each for each in SETTINGS if each.planned or not planned]):
            text = f"{each.help[0].upper()}{each.help[1:]}."
            add_one = click.option(
                f"--{each.name}", each.key, type=each.type, multiple=each.repeats, metavar=each.metavar, help=text
            )
            command = add_one(command)
        return command

    return add


@click.command(context_settings={"ignore_unknown_options": True})
@settings_options()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Run directory.")
@click.option("--fail-on-differs", is_flag=True, help="Let a difference from a should fail as well.")
@click.option(
    "--expectations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known deviations, which do not fail while they are as expected.",
)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    pytest_arguments: tuple[str, ...], out: Path | None, fail_on_differs: bool, expectations: Path | None, **chosen: Any
) -> int:
    """Run the suite and write a run directory.  Further arguments go to pytest: -k, -x, -n 4, --junitxml=FILE ..."""
    from conformance.results.run_directory import directory, exit_code
    from conformance.run.settings import load_settings

    settings = load_settings(Options.of(chosen))
    out = directory(settings, out, datetime.now(UTC))
    plugin = _CommandPlugin(settings)
    code = _pytest(_arguments({**chosen, "expectations": expectations}, out, fail_on_differs, pytest_arguments), plugin)
    state = plugin.state
    if state is not None and state.worker_error:
        raise ConfigurationError(state.worker_error)
    if state is not None and state.error:
        raise state.error
    if state is not None and state.exit_code is not None:
        return state.exit_code  # type: ignore[no-any-return]
    if code == 4:
        _hint(pytest_arguments)
    if code in {3, 4} or state is None:
        return _EXITS.get(code, 70)
    if state.suite_errors:
        raise ConformanceError(
            f"{state.suite_errors} tests of the suite itself broke", "please report the traceback above"
        )
    if state.matrix is None and code == 2:
        click.echo(
            f"conformance: interrupted before a case was judged; go on: conformance run --resume {out}", err=True
        )
        return 5
    if state.matrix is None:
        if not state.planned and "--collect-only" not in pytest_arguments and "--co" not in pytest_arguments:
            parameters = ", ".join(dict.fromkeys(claim.parameter for claim in settings.contract.claims.values()))
            click.echo(
                f"conformance: nothing selected of {len(settings.cases)} cases; try -k with one of: {parameters}",
                err=True,
            )
        return _EXITS.get(code, 70)
    return exit_code(state.matrix, state.expectations, fail_on_differs=fail_on_differs)


def _hint(arguments: Iterable[str]) -> None:
    """Name our own option that a refused one is nearest to; pytest, which refused it, knows only its own."""
    own = [name for parameter in run.params for name in parameter.opts if name.startswith("--")]
    for word in (each.partition("=")[0] for each in arguments if each.startswith("--")):
        if close := difflib.get_close_matches(word, own, n=1, cutoff=0.75):
            click.echo(f"conformance: there is no {word}; did you mean {close[0]}?", err=True)


def _arguments(chosen: dict[str, Any], out: Path, fail_on_differs: bool, more: Iterable[str]) -> list[str]:
    """The suite, the run's options under their pytest names, and what the user adds.

    Pytest's settings are said here, so that those of the folder it is started in do not leak in, and so that they mean the
    same on the machine of a worker.
    """
    names = {each.key: each.name for each in SETTINGS}
    more = list(more)
    arguments = [
        *([] if any(re.match("-v|--verb", each) for each in more) else ["-q"]),
        f"--config-file={os.devnull}",
        "--rootdir=.",
        "--strict-markers",
        "--override-ini=junit_suite_name=conformance",
        "--assert=plain",
        "--noconftest",
        "-p",
        "conformance.plugin",
        "-p",
        "no:asyncio",  # pytest-asyncio, which would wrap what runs on a loop of its own
    ]
    for name, value in {**chosen, "out": out}.items():
        option = f"--conformance-{names.get(name, name)}"
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        arguments += [f"{option}={each}" for each in values]
    if fail_on_differs:
        arguments.append("--conformance-fail-on-differs")
    return [*arguments, "--conformance-progress", "--pyargs", *_packages(), *more]


def _packages() -> list[str]:
    """The suite, and the packages of tests that surfaces of other packages bring."""
    from conformance.surfaces.registry import suites

    return [
        "conformance.suite",
        *(package for package in suites().values() if not package.startswith("conformance.suite.")),
    ]


class _CommandPlugin:
    """A plugin that brings the settings, so that they are loaded once, and keeps the session's state beyond its end."""

    __name__ = "conformance-command"  # by which pytest knows it

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.state: Any = None

    def pytest_unconfigure(self, config: Any) -> None:
        from conformance.plugin.state import STATE

        self.state = config.stash.get(STATE, None)


def _pytest(arguments: list[str], plugin: _CommandPlugin) -> int:
    import pytest

    return int(pytest.main(arguments, plugins=[plugin]))


@click.command()
@settings_options(planned=True)
@click.option("--prices", is_flag=True, help="Ask the endpoint's catalogue for prices that the target does not name.")
def plan(prices: bool, **chosen: Any) -> int:
    """Print what a run would send: cases, requests, tokens, money.  Nothing is sent to the endpoint without --prices."""
    from conformance.render.plan import render
    from conformance.run import catalogue
    from conformance.run.planning import plan as planned
    from conformance.run.settings import load_settings

    settings = load_settings(Options.of(chosen), check_key=prices)
    if prices and settings.target.embedded:
        raise UsageError("--prices asks an endpoint", "name one with --target or --base-url")
    if prices:
        settings = settings.with_prices(catalogue.prices(settings.target))
    click.echo(render(planned(settings), asked=prices), nl=False)
    return 0
