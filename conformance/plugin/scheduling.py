"""pytest-xdist's scheduler for the suite: imported only where a run has several workers, since it imports xdist."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

from xdist.scheduler import LoadScopeScheduling

from conformance.plugin.collecting import group_of


class ModelScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives all cases of a model to one worker.

    xdist goes through all tests of a worker whenever one of them ends, and through the whole collection to find the number of
    each, which is quadratic: seconds at 20,000 cases.  So tests that have ended are forgotten here, and numbers looked up.
    """

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        nodeid = self.registered_collections[node][item_index]
        del self.assigned_work[node][self._split_scope(nodeid)][nodeid]
        self._reschedule(node)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid) or nodeid

    def _pending_of(self, workload: Mapping[str, Sized]) -> int:
        return sum(map(len, workload.values()))

    def _assign_work_unit(self, node: Any) -> None:
        scope, unit = self.workqueue.popitem(last=False)
        self.assigned_work.setdefault(node, {})[scope] = unit
        numbers = {nodeid: number for number, nodeid in enumerate(self.registered_collections[node])}
        node.send_runtest_some([numbers[nodeid] for nodeid in unit])
