"""The arguments of `conformance run` that go to pytest, and what was meant by one that nobody knows."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from conformance.plugin.detection import names_case
from conformance.run.option_table import SETTINGS


def for_pytest(chosen: dict[str, Any], out: Path, fail_on_differs: bool, more: Iterable[str]) -> list[str]:
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


def meant(argument: str, options: Iterable[str]) -> str | None:
    """Return what was meant by an argument that is neither an option of ours nor one of pytest's, or a path; None if unclear.

    A target or an address needs its option: pytest takes it for a path of tests.  For an option the nearest of `options` is told.
    The cutoff 0.75 accepts one or two wrong letters (--concurency); a lower one would suggest our options for those of pytest.
    """
    if not argument.startswith("-"):
        option = _option_for(argument)
        there = f"did you mean {option} {shlex.quote(argument)}?"
        return f"{argument!r} is no test of the suite; {there}" if option else None
    option = argument.partition("=")[0]
    close = difflib.get_close_matches(option, list(options), n=1, cutoff=0.75)
    return f"unknown option {option}; did you mean {close[0]}?" if close else None


def _option_for(value: str) -> str | None:
    """Return the option that takes a value which was given without one; None if it looks like that of no option."""
    from conformance.target.targets import built_in

    if value.startswith(("http://", "https://")):
        return "--base-url"
    return "--target" if value.endswith(".toml") or value in built_in() else None
