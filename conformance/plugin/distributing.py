"""pytest-xdist: all cases of one model go to one worker, so that no request is sent by two.

The workers share the target's concurrency and, in a file of the run directory, how fast it may be asked.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, NoReturn

import pytest

from conformance.base.sharing import STATE_FILE, SharedState
from conformance.plugin.collecting import group_of
from conformance.plugin.conducting import Conductor
from conformance.plugin.display import Display
from conformance.plugin.handing import complaint, mark, receive, texts, unmark
from conformance.plugin.state import State
from conformance.run.tally import Tally

_LAST_WORDS = (
    10.0  # seconds for all workers of a stopped session together: xdist itself waits as long before it kills them
)


class Distributor:
    """Answers pytest-xdist's hooks, on the controller."""

    def __init__(self, state: State, conductor: Conductor, display: Display) -> None:
        self._state = state
        self._display = display
        self._conductor = conductor
        self._workers = 1
        self._parts = [1]
        self._nodes: list[Any] = []  # the workers that have not said yet what they leave

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: list[Any]) -> None:
        """Before the first worker is started, so that all of them inherit the mock's key and get its address.

        No more workers are started than can be busy: each takes whole groups, and at least one request is in flight in each.
        """
        state = self._state
        if state.aimed:
            if state.settings.target.embedded and not all(each.popen for each in specs):
                self._refuse("the embedded mock gateway is for workers on this machine; serve one with conformance mock, "
                    "and give its address with --base-url")  # fmt: skip
            self._conductor.prepare()
            settings = state.settings
            groups = {group_of(f"[{name}]") for name in settings.cases}
            del specs[max(1, min(len(groups), settings.target.concurrency)) :]
            state.config.add_cleanup(lambda: unmark(state.out))
            known = {each.id: each.price for each in settings.target.models if each.price}
            state.given = {
                "out": str(state.out),
                "base_url": settings.target.base_url,
                "where": str(state.config.invocation_params.dir),
                "prices": {name: [str(price.prompt), str(price.completion)] for name, price in known.items()},
                "token": mark(state.out),
                "texts": texts(state.named, state.config.invocation_params.dir),
            }
            self._workers = len(specs)
            self._parts = parts(settings.target.concurrency, self._workers)
            self._shared().remove()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker that takes a dead one's place takes its part of the concurrency too, or less."""
        if self._state.given:
            part = self._parts.pop(0) if len(self._parts) > 1 else self._parts[0]
            node.workerinput["conformance"] = {**self._state.given, "concurrency": part}
            self._nodes.append(node)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hear what workers leave that are still up: a session that was stopped no longer listens to them itself."""
        end = time.monotonic() + _LAST_WORDS
        for node in list(self._nodes):
            with suppress(Exception):  # a worker that is gone says nothing
                node.shutdown()
                node.channel.waitclose(max(0.0, end - time.monotonic()))
            self._take_over(node)

    def pytest_unconfigure(self) -> None:
        """After the last worker has ended."""
        if self._state.given and not self._state.worker:
            self._shared().remove()

    def _shared(self) -> SharedState:

        return SharedState(self._state.out / STATE_FILE)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        if not self._state.aimed:
            return None
        from xdist.scheduler import LoadScopeScheduling

        class ModelScheduling(LoadScopeScheduling):  # type: ignore[misc]
            def _split_scope(self, nodeid: str) -> str:
                return group_of(nodeid) or nodeid

        scheduling = ModelScheduling(config, log)
        scheduling.numnodes = self._workers  # which it takes from the command line, and waits for so many
        return scheduling

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The controller collects nothing itself; what is planned it learns from the first worker that did."""
        state = self._state
        cases = state.settings.cases if state.aimed else {}
        named = (nodeid[nodeid.index("[") + 1 : -1] for nodeid in ids if "[" in nodeid)
        state.planned.update({name: cases[name] for name in named if name in cases})
        if state.aimed:
            self._display.announce()

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what the worker leaves; one that cannot begin, such as without a key, ends the run with its sentence."""
        if told := complaint(error):
            self._refuse(told)
        self._take_over(node)

    def _take_over(self, node: Any) -> None:

        if node not in self._nodes:
            return
        self._nodes.remove(node)
        output = getattr(node, "workeroutput", {})
        if told := output.get("conformance"):
            self._state.tallies.append(Tally.from_document(told))
        receive(output.get("conformance_evidence"), self._state.out, node.gateway.id)
        self._state.left_to_others = max(self._state.left_to_others, output.get("conformance_left_to_others", 0))

    def _refuse(self, why: str) -> NoReturn:
        """End the run with one sentence."""
        self._state.unusable = why
        pytest.exit(why)


def parts(whole: int, workers: int) -> list[int]:
    """The concurrency of each worker, the largest first: together no more than the target's."""
    return [whole // workers + (number < whole % workers) for number in range(workers)]
