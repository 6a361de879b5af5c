"""Pytest's side of a run: options, and the parts that answer pytest's hooks.

    state        what the session is about and what it has learnt
    collecting   functions that name claims become one item per case
    conducting   cases run ahead, verdicts become pytest's outcomes, the matrix is written at the end
    distributing pytest-xdist: which worker gets which model
    handing      what workers on other machines are given, and give back
    display      header, progress line, summary
    junit, allure_results: what other tools read of a case

The entry point is registered for every pytest of an environment, so the rest of the package is imported only where the
suite is asked for; otherwise nothing happens here.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.plugin.collecting import Collecting
from conformance.plugin.conducting import Conductor
from conformance.plugin.display import Display
from conformance.plugin.distributing import Distributor
from conformance.plugin.junit import JUnit
from conformance.plugin.state import STATE, State

_PREFIX = "--conformance-"


def pytest_addoption(parser: pytest.Parser) -> None:
    from conformance.run.options import SETTINGS

    add = parser.getgroup("conformance", "conformance suite for OpenAI-compatible endpoints").addoption
    for each in SETTINGS:
        how: dict[str, Any] = {"action": "append", "default": []} if each.repeats else {}
        where = f"conformance_{each.key}"
        add(f"{_PREFIX}{each.name}", dest=where, type=each.type, metavar=each.metavar, help=each.help, **how)
    known = "known deviations, which do not fail while they are as expected"
    add(f"{_PREFIX}expectations", metavar="FILE", help=known)
    add(f"{_PREFIX}out", metavar="DIR", help="run directory (default: reports/runs/<time>-<target>)")
    add(f"{_PREFIX}fail-on-differs", action="store_true", help="let a difference from a should fail as well")
    add(f"{_PREFIX}progress", action="store_true", help="one progress line in place of a letter per case")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "claim(*ids): rows of the contract that the function can observe")
    config.addinivalue_line("markers", "probe(name): a shared probe, which rows of the contract name")
    state = config.stash[STATE] = State(config)
    display = Display(state)
    conductor = Conductor(state, display)
    for part in (Collecting(state), conductor, Distributor(state, conductor, display), display, JUnit(state)):
        config.pluginmanager.register(part)
    if getattr(config.option, "allure_report_dir", None):
        _tell_allure(config, state)
    if state.aimed and not config.option.help:
        state.check()


def _tell_allure(config: pytest.Config, state: State) -> None:
    """Register with pytest and with Allure, whose library is loaded only where its results are asked for."""
    import allure_commons

    from conformance.plugin.allure_results import AllureResults

    part = AllureResults(state)
    config.pluginmanager.register(part)
    allure_commons.plugin_manager.register(part)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(part))
