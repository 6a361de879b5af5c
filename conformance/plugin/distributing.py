"""pytest-xdist: all cases of one model go to one worker, so that no request is sent by two."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.plugin.collecting import group_of
from conformance.plugin.conducting import Conductor
from conformance.plugin.state import State


class Distributor:
    """Answers pytest-xdist's hooks, on the controller."""

    def __init__(self, state: State, conductor: Conductor) -> None:
        self._state = state
        self._conductor = conductor

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: list[Any]) -> None:
        """Before the first worker is started, so that all of them inherit the mock's key and get its address."""
        state = self._state
        if state.aimed:
            self._conductor.prepare()
            base_url = state.about.target.base_url
            state.given = {"workers": len(specs), "out": str(state.out), "base_url": base_url}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self._state.given:
            node.workerinput["conformance"] = self._state.given

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        if not self._state.aimed:
            return None
        from xdist.scheduler import LoadScopeScheduling

        class ModelScheduling(LoadScopeScheduling):  # type: ignore[misc]
            def _split_scope(self, nodeid: str) -> str:
                return group_of(nodeid) or nodeid

        return ModelScheduling(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The controller collects nothing itself; what is planned it learns from the first worker that did."""
        state = self._state
        cases = state.about.cases if state.aimed else {}
        named = (nodeid[nodeid.index("[") + 1 : -1] for nodeid in ids if "[" in nodeid)
        state.planned.update({name: cases[name] for name in named if name in cases})

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", {})
        if told := output.get("conformance"):
            self._state.tallies.append(told)
        self._state.left_to_others = max(self._state.left_to_others, output.get("conformance_left_to_others", 0))
