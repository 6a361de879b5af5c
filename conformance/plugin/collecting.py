"""Collection: a function that names claims becomes one item for each case of them."""

from __future__ import annotations

import inspect
import re
from typing import Any, cast

import pytest

from conformance.contract.claims import Case
from conformance.plugin.aim import is_of_suite
from conformance.plugin.state import State
from conformance.suite import observed

_GROUP = re.compile(r"\[[^@\[\]]+@([^=\]]+)")


WRITTEN = pytest.StashKey[Any]()


class Collecting:
    """Answers pytest's hooks about collection."""

    def __init__(self, state: State) -> None:
        self._state = state

    def pytest_pycollect_makeitem(self, collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
        """A test of the suite takes `case` and `ask` only; one that this contract has no claims for is left out."""
        if not is_of_suite(obj) or not callable(obj):
            return None
        others = [each for each in inspect.signature(obj).parameters if each not in {"case", "ask"}]
        if others or not inspect.iscoroutinefunction(obj):
            found = f"found {', '.join(others)}" if others else "found a function that is no coroutine"
            rule = "a suite test is a coroutine and takes `case` and `ask` only"
            raise collector.CollectError(f"{name}: {rule}; {found}")
        return None if self._cases(obj) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if is_of_suite(metafunc.function):
            cases = self._cases(metafunc.function)
            metafunc.parametrize("case, ask", [(case, None) for case in cases], ids=[case.id for case in cases])

    def _cases(self, function: object) -> list[Case]:
        """The cases of the run that a function observes."""

        settings = self._state.settings
        return settings.cases_of(observed(function, settings.contract))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave what -k and the like selected to the other shards where it is theirs."""
        if not self._state.aimed or self._state.settings.shard is None:
            return
        others = [item for item in items if (case := case_of(item)) and not self._state.settings.includes(case)]
        if others:
            self._state.left_to_others = len(others)
            config.hook.pytest_deselected(items=others)
            left = set(others)
            items[:] = [item for item in items if item not in left]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is planned, and the coroutines as they were written: pytest-asyncio wraps that of an item while it runs."""
        for item in session.items:
            if isinstance(item, pytest.Function) and (case := case_of(item)):
                self._state.planned[case.id] = case
                item.stash[WRITTEN] = item.function


def case_of(item: pytest.Item) -> Case | None:
    """The case that an item stands for; None for an item of somebody else's."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec") or not is_of_suite(item.function):
        return None
    return cast("Case | None", item.callspec.params.get("case"))


def group_of(nodeid: str) -> str | None:
    """The model that a case belongs to, column:id, from its node id."""
    found = _GROUP.search(nodeid)
    return found[1] if found else None
