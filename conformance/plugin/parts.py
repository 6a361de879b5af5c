"""Register the parts of the plugin, which implement the hooks of pytest, for one session."""

from __future__ import annotations

from functools import partial

import pytest

from conformance.plugin.collecting import Collecting
from conformance.plugin.conducting import Conductor
from conformance.plugin.display import Display
from conformance.plugin.distributing import Distributor
from conformance.plugin.junit import JUnit
from conformance.plugin.protocol import Protocol
from conformance.plugin.state import STATE, State


def register(config: pytest.Config) -> Collecting:
    """Register the parts and return the one that collects; check the settings if the command line names the suite."""
    state = config.stash[STATE] = State(config)
    display = Display(state)
    conductor = Conductor(state, display)
    collecting = Collecting(state, conductor.run)
    distributor, protocol = Distributor(state, conductor, display), Protocol(state, conductor)
    for part in (collecting, conductor, protocol, distributor, display, JUnit(state)):
        config.pluginmanager.register(part)
    if getattr(config.option, "allure_report_dir", None):
        _register_with_allure(config, state)
    if state.runs_suite and not config.option.help:
        state.check()
    return collecting


def _register_with_allure(config: pytest.Config, state: State) -> None:
    """Register the part for Allure with pytest and with Allure, whose library is imported only with --alluredir."""
    import allure_commons

    from conformance.plugin.allure_results import AllureResults, Writing

    part = AllureResults(state)
    config.pluginmanager.register(part)
    for each in (part, Writing(state)):
        allure_commons.plugin_manager.register(each)
        config.add_cleanup(partial(allure_commons.plugin_manager.unregister, each))
