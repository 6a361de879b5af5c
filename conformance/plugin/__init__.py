"""The pytest plugin.

Every pytest of the environment registers the entry point, so this module has only options and markers.  The parts that implement
hooks are imported and registered once a session turns out to run the suite:

    detection    whether a session runs the suite
    parts        registers the other parts
    supporting   the fixture `supports` of other tests
    state        the settings, the plan and the results of the session
    collecting   each case becomes one pytest item
    item         such an item
    protocol     a case runs in one phase
    conducting   cases run ahead, verdicts become outcomes of pytest, the matrix is written at the end
    distributing pytest-xdist: what the controller and the workers tell each other
    scheduling   which worker gets which model
    handover     files that the controller and workers on other machines send each other
    display      header, progress line, summary
    junit, allure_results: the results for other tools
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest

from conformance.plugin.detection import by_package, is_suite_test, names_suite
from conformance.run.option_table import SETTINGS, SHOW, Show

if TYPE_CHECKING:
    from conformance.plugin.collecting import Collecting

_PREFIX = "--conformance-"
_OPTIONS = {
    "expectations": ("FILE", "known deviations, as TOML, which do not fail the run; default: none"),
    "out": ("DIR", "run directory to write; default: reports/runs/TIME-TARGET"),
}
# Each case has all of them, so that `-m 'level(name="must")'` selects.
_MARKERS = (
    "claim(*ids): ids of the claims that the function observes",
    "probe(name): name of a shared probe, by which claims refer to the function",
    "level(name): how binding the claim of a case is for its model: must, should or unstated",
    "surface(name): API of a case, such as chat",
    "parameter(name): parameter or topic of a case, such as temperature",
    "provider(name): column of the model of a case, such as claude",
)
_INI = {
    "conformance_support": "support.json that the fixture supports reads; relative to the configuration file",
    "conformance_model": "model that the fixture supports asks about, as ID or COLUMN:ID; default: the only one of the file",
}
_FLAGS = {
    "fail-on-differs": "fail the run also for a difference from a should",
    "progress": "show one progress line in place of a letter for each case",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup("conformance", "conformance suite for OpenAI-compatible endpoints").addoption
    for option in SETTINGS:
        how: dict[str, Any] = {"action": "append", "default": []} if option.repeats else {}
        name, text = f"conformance_{option.key}", option.help.replace("%", "%%")  # which argparse would format
        add(f"{_PREFIX}{option.name}", dest=name, type=option.type, metavar=option.metavar, help=text, **how)
    for name, (metavar, text) in _OPTIONS.items():
        add(f"{_PREFIX}{name}", metavar=metavar, help=text)
    add(f"{_PREFIX}show", choices=[show.value for show in Show], metavar=SHOW[0], help=SHOW[1])
    for name, text in _FLAGS.items():
        add(f"{_PREFIX}{name}", action="store_true", help=text)
    for name, text in _INI.items():
        parser.addini(name, text, default="")


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    entry = Entry(config)
    config.pluginmanager.register(entry)
    folder = config.invocation_params.dir
    found = [by_package(str(argument), folder) for argument in config.args]
    if found != config.args:
        config.args[:], config.option.pyargs = found, True
    if names_suite(map(str, config.args), folder, packages=config.option.pyargs) or _has_option(config):
        entry.load()


@pytest.fixture(scope="session")
def supports(pytestconfig: pytest.Config) -> Callable[..., bool | Literal["partial"] | None]:
    """Skip a test on a gateway that does not support a parameter: supports("n"); see docs/support.md."""
    from conformance.plugin.supporting import Supports

    return Supports.of(pytestconfig)


def _has_option(config: pytest.Config) -> bool:
    """Return whether the command line has an option of the suite."""
    return any(name.startswith("conformance_") and value for name, value in vars(config.option).items())


class Entry:
    """Registers the parts when the first function of the suite is collected, if the command line does not name the suite."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._loaded = False

    def load(self) -> Collecting:
        """Import and register the parts, and return the one that collects; errors are imported with them."""
        from conformance.base.errors import ConformanceError

        self._loaded = True
        try:
            from conformance.plugin.parts import register
        except ConformanceError as error:  # the HTTP client that the environment selects is not installed
            raise pytest.UsageError(str(error)) from error
        return register(self._config)

    def pytest_pycollect_makeitem(self, collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
        """Pass the first function of the suite to the part that collects, which pytest has not called for this function."""
        if self._loaded or not is_suite_test(obj):
            return None
        return self.load().pytest_pycollect_makeitem(collector, name, obj)
