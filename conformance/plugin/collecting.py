"""Collection: each case of the run becomes one pytest item of the function that observes its claim."""

from __future__ import annotations

import inspect
import re
from typing import Any, cast

import pytest

from conformance.contract.claims import Case
from conformance.plugin.detection import is_suite_test
from conformance.plugin.state import State
from conformance.suite import observed

# The model in a node id such as test_n.py::test_count[chat.n.count@openai:gpt-4.1=2]: from the first @ in the brackets up
# to the value or the closing bracket.  A claim id has neither @ nor brackets, and a model id has = and ] percent-encoded
# (see Case.id).
_GROUP = re.compile(r"\[[^@\[\]]+@([^=\]]+)")

COROUTINE = pytest.StashKey[Any]()  # the coroutine function of an item, as it was written


class Collecting:
    """The hooks of pytest about collection."""

    def __init__(self, state: State) -> None:
        self._state = state

    def pytest_pycollect_makeitem(self, collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
        """Refuse a test of the suite with wrong parameters, and leave out one that observes no claim of this contract."""
        if not is_suite_test(obj) or not callable(obj):
            return None
        others = [name for name in inspect.signature(obj).parameters if name not in {"case", "ask"}]
        if others or not inspect.iscoroutinefunction(obj):
            got = f"got the parameters {', '.join(others)}" if others else "got an ordinary function"
            raise collector.CollectError(f"{name} must be a coroutine that takes only `case` and `ask`, {got}")
        return None if self._cases(obj) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if is_suite_test(metafunc.function):
            cases = self._cases(metafunc.function)
            metafunc.parametrize("case, ask", [(case, None) for case in cases], ids=[case.id for case in cases])

    def _cases(self, function: object) -> list[Case]:
        """Return the cases of the run that a function observes."""
        settings = self._state.settings
        return settings.cases_of(observed(function, settings.contract))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect the cases of other shards among those that -k and the like selected."""
        if not self._state.runs_suite or self._state.settings.shard is None:
            return
        others = [item for item in items if (case := case_of(item)) and not self._state.settings.includes(case)]
        if others:
            self._state.cases_of_other_shards = len(others)
            config.hook.pytest_deselected(items=others)
            deselected = set(others)
            items[:] = [item for item in items if item not in deselected]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the planned cases, and their coroutine functions before pytest-asyncio replaces them while an item runs."""
        for item in session.items:
            if isinstance(item, pytest.Function) and (case := case_of(item)):
                self._state.planned[case.id] = case
                item.stash[COROUTINE] = item.function


def case_of(item: pytest.Item) -> Case | None:
    """Return the case of an item; None for an item that is not the suite's."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec") or not is_suite_test(item.function):
        return None
    return cast("Case | None", item.callspec.params.get("case"))


def group_of(nodeid: str) -> str | None:
    """Return the model of a case, as column:id, from its node id; None for a node that is not a case."""
    found = _GROUP.search(nodeid)
    return found[1] if found else None
