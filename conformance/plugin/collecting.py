"""Collection: each case of the run becomes one pytest item of the function that observes its claim."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

from conformance.contract.claims import Case
from conformance.plugin.detection import is_suite_test
from conformance.plugin.item import CaseItem, case_of
from conformance.plugin.state import State
from conformance.suite import observed
from conformance.trial.invariants import invariant_of

# The model in a node id such as test_n.py::test_count[chat.n.count@openai:gpt-4.1=2]: from the first @ in the brackets up
# to the value or the closing bracket.  A claim id has neither @ nor brackets, and a model id has = and ] percent-encoded
# (see Case.id).
_GROUP = re.compile(r"\[[^@\[\]]+@([^=\]]+)")


class Collecting:
    """The hooks of pytest about collection; `run` is called with each item when it is its turn."""

    def __init__(self, state: State, run: Callable[[CaseItem], None]) -> None:
        self._state = state
        self._run = run

    def pytest_pycollect_makeitem(self, collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
        """Return an item for each case that a test of the suite observes; refuse a test with wrong parameters."""
        if not is_suite_test(obj) or not callable(obj):
            return None
        others = [name for name in inspect.signature(obj).parameters if name not in {"case", "ask"}]
        if others or not inspect.iscoroutinefunction(obj):
            got = f"got the parameters {', '.join(others)}" if others else "got an ordinary function"
            raise collector.CollectError(f"{name} must be a coroutine that takes only `case` and `ask`, {got}")
        return [CaseItem.from_parent(collector, function=obj, case=case, run=self._run) for case in self._cases(obj)]

    def _cases(self, function: object) -> list[Case]:
        """Return the cases of the run that a function observes."""
        settings = self._state.settings
        return settings.cases_of(observed(function, settings.contract))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect the cases of other shards among those that -k and the like selected.

        Statements about every reply come last: they are judged after all others, and who waits for them reports nothing else.
        """
        if not self._state.runs_suite:
            return
        items.sort(key=_is_invariant)
        if self._state.settings.shard is None:
            return
        others = [item for item in items if (case := case_of(item)) and not self._state.settings.includes(case)]
        if others:
            self._state.cases_of_other_shards = len(others)
            config.hook.pytest_deselected(items=others)
            deselected = set(others)
            items[:] = [item for item in items if item not in deselected]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the planned cases."""
        self._state.planned.update({case.id: case for item in session.items if (case := case_of(item))})


def _is_invariant(item: pytest.Item) -> bool:
    return isinstance(item, CaseItem) and invariant_of(item.function) is not None


def group_of(nodeid: str) -> str | None:
    """Return the model of a case, as column:id, from its node id; None for a node that is not a case."""
    found = _GROUP.search(nodeid)
    return found[1] if found else None
