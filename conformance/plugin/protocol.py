"""How pytest runs a case: in one phase, and with one report.

Pytest sets up and tears down every test, and reports each of the three phases.  A case has nothing to set up, and the two
further phases would take most of the time that pytest spends on a case.  With several workers each report is also a message,
which takes about as much CPU as the request of the case.  What a case does is known to `conducting`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from conformance.plugin.conducting import Conductor
from conformance.plugin.item import CaseItem
from conformance.plugin.state import State


class Protocol:
    """The hooks of pytest that run a case and complete its reports."""

    def __init__(self, state: State, conductor: Conductor) -> None:
        self._state = state
        self._conductor = conductor
        self._call: Callable[..., object] | None = None  # the hook of the phase, once the first case is run
        self._applies = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Run a case, if the session has only cases and no other plugin has something to do before or after each."""
        if self._call is None:
            self._call, self._applies = _hook_of_call(item.config), _applies(item.session)
        if not self._applies:
            return None
        observe = partial(self._call, item=item)
        hook = item.ihook
        if not self._state.worker:
            hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        ends = (pytest.exit.Exception, KeyboardInterrupt)
        call = pytest.CallInfo.from_call(observe, when="call", reraise=ends)
        report = hook.pytest_runtest_makereport(item=item, call=call)
        report.is_only_one = True
        hook.pytest_runtest_logreport(report=report)
        self._conductor.forget(item)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Report the end of a case too: JUnit XML and pytest's progress wait for it.  A worker sends only the first report."""
        if self._state.worker or not report.__dict__.pop("is_only_one", False):
            return
        end = copy.copy(report)
        end.when, end.outcome, end.longrepr, end.sections, end.duration = "teardown", "passed", None, [], 0.0
        for name in ("conformance", "wasxfail"):
            end.__dict__.pop(name, None)
        hook = self._state.config.hook
        hook.pytest_runtest_logreport(report=end)
        hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)


def _hook_of_call(config: pytest.Config) -> Callable[..., object]:
    """Return pytest's hook for the phase that observes, without the plugin that adds log messages to reports.

    That plugin needs the phase before.  Messages are still shown and written to a file as they come.
    """
    manager = config.pluginmanager
    return manager.subset_hook_caller("pytest_runtest_call", remove_plugins=[manager.get_plugin("logging-plugin")])


def _applies(session: pytest.Session) -> bool:
    """Return whether cases can be run in one phase: nothing else runs, and only pytest itself implements the other phases."""
    hook = session.config.hook
    others = (*hook.pytest_runtest_setup.get_hookimpls(), *hook.pytest_runtest_teardown.get_hookimpls())
    pure = all(implementation.function.__module__.startswith("_pytest.") for implementation in others)
    return pure and not session.config.option.usepdb and all(isinstance(item, CaseItem) for item in session.items)
