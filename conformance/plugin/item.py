"""A case as a pytest item, which pytest selects, distributes and reports by its name.

This module does not know how a case runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.claims import Case
from conformance.plugin.detection import SUITE


class CaseItem(pytest.Item):
    """One case and the suite function that observes it; `run` is called when it is the item's turn.

    It is not a `pytest.Function`: that would set up fixtures and look up the line of the function for every case, a third of the
    time that pytest spends on a case, and suite functions use no fixtures.  Also, plugins that run coroutine functions, such
    as pytest-asyncio, leave it alone.
    """

    def __init__(
        self, *, parent: pytest.Collector, function: Any, case: Case, run: Callable[[CaseItem], None], **more: Any
    ) -> None:
        spelled = case.id.encode("unicode_escape").decode("ascii")  # as pytest writes the id of a parameter
        name = f"{function.__name__}[{spelled}]"
        # Pytest would take the brackets of a name for a part of it, and --lf, which reads ids from a file, for parameters.
        super().__init__(name=name, parent=parent, nodeid=f"{_file(parent)}::{name}", **more)
        self.function = function
        self.case = case
        self._run = run
        self.own_markers.extend([*function.pytestmark, *_markers(case)])
        # Every report has a copy of the keywords, so those of the session and of the folders above are left out.
        self.keywords = {name: True, **{mark.name: mark for mark in function.pytestmark}}

    def runtest(self) -> None:
        self._run(self)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.function.__code__.co_firstlineno - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]  # pytest's has a further argument of its own
        """Cut the traceback to the suite function and below; the frames of pytest and of the run explain nothing."""
        excinfo.traceback = excinfo.traceback.cut(path=self.path)
        return super().repr_failure(excinfo)


def _file(parent: pytest.Collector) -> str:
    """Return the file in a node id: as pytest writes it below its root directory, else relative to the suite.

    Pytest would write it relative to what the command line names, so that an id could not be given back to it.
    """
    if parent.path.is_relative_to(parent.config.rootpath) or not parent.path.is_relative_to(SUITE):
        return parent.nodeid
    return parent.path.relative_to(SUITE).as_posix()


def _markers(case: Case) -> Iterator[pytest.Mark]:
    """Yield what -m selects a case by; they are no keywords, of which every report has a copy."""
    named = (("level", case.rule.level.value), ("surface", case.claim.surface))
    for name, value in (*named, ("parameter", case.claim.parameter), ("provider", case.model.column)):
        yield _mark(name, value)


@cache
def _mark(name: str, value: str) -> pytest.Mark:
    """Return a marker; the cases of a run share some hundred of them."""
    return getattr(pytest.mark, name)(name=value).mark  # type: ignore[no-any-return]


def case_of(item: pytest.Item) -> Case | None:
    """Return the case of an item; None for an item that is not the suite's."""
    return item.case if isinstance(item, CaseItem) else None
