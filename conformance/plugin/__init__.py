"""Pytest's side of a run.

The entry point is registered for every pytest of an environment.  Here are its options and markers only; the parts that answer
pytest's hooks are imported and registered once a session turns out to be about the suite:

    aim          whether it is
    parts        registers the others
    state        what the session is about and what it has learnt
    collecting   functions that name claims become one item per case
    conducting   cases run ahead, verdicts become pytest's outcomes, the matrix is written at the end
    distributing pytest-xdist: which worker gets which model
    handing      what workers on other machines are given, and give back
    display      header, progress line, summary
    junit, allure_results: what other tools read of a case
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.base.errors import ConformanceError
from conformance.plugin.aim import is_of_suite, names_suite
from conformance.run.options import SETTINGS

if TYPE_CHECKING:
    from conformance.plugin.collecting import Collecting

_PREFIX = "--conformance-"
_OWN = {
    "expectations": ("FILE", "known deviations, which do not fail while they are as expected"),
    "out": ("DIR", "run directory (default: reports/runs/<time>-<target>)"),
}
_FLAGS = {
    "fail-on-differs": "let a difference from a should fail as well",
    "progress": "one progress line in place of a letter per case",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup("conformance", "conformance suite for OpenAI-compatible endpoints").addoption
    for option in SETTINGS:
        how: dict[str, Any] = {"action": "append", "default": []} if option.repeats else {}
        where = f"conformance_{option.key}"
        add(f"{_PREFIX}{option.name}", dest=where, type=option.type, metavar=option.metavar, help=option.help, **how)
    for name, (metavar, text) in _OWN.items():
        add(f"{_PREFIX}{name}", metavar=metavar, help=text)
    for name, text in _FLAGS.items():
        add(f"{_PREFIX}{name}", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "claim(*ids): rows of the contract that the function can observe")
    config.addinivalue_line("markers", "probe(name): a shared probe, which rows of the contract name")
    entry = Entry(config)
    config.pluginmanager.register(entry)
    where = config.invocation_params.dir
    if names_suite(map(str, config.args), where, packages=config.option.pyargs) or _is_given(config):
        entry.load()


def _is_given(config: pytest.Config) -> bool:
    """Whether an option of the suite is given."""
    return any(name.startswith("conformance_") and value for name, value in vars(config.option).items())


class Entry:
    """Registers the parts when the first function of the suite is collected, where the command line does not name the suite."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._loaded = False

    def load(self) -> Collecting:
        """Import and register the parts; the one that collects."""
        self._loaded = True
        try:
            from conformance.plugin.parts import register
        except ConformanceError as error:  # an HTTP client that is asked for and not installed
            raise pytest.UsageError(str(error)) from error
        return register(self._config)

    def pytest_pycollect_makeitem(self, collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
        """Hand the first function of the suite to the part that collects, which was not there when this hook was called."""
        if self._loaded or not is_of_suite(obj):
            return None
        return self.load().pytest_pycollect_makeitem(collector, name, obj)
