"""pytest-xdist: all cases of one model go to one worker, so that no request is sent twice.

The workers divide the target's concurrency among them.  They share the pace of requests in a file of the run directory; if
some are on other machines, each has an equal part of the target's rates instead.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, NoReturn

import pytest

from conformance.base.errors import UsageError
from conformance.base.sharing import STATE_FILE, SharedState
from conformance.plugin.collecting import group_of
from conformance.plugin.conducting import Conductor
from conformance.plugin.display import Display
from conformance.plugin.handover import read_option_files, remove_token, save_evidence, usage_error_of, write_token
from conformance.plugin.state import State
from conformance.run.shards import limits_note
from conformance.run.tally import Tally

# Seconds in which all workers of a stopped session together must end.  xdist itself waits 10 seconds before it kills a
# worker.  With less time the evidence of a slow worker would be lost, with more an interrupted run would hang on workers
# that xdist has killed.
_SHUTDOWN_SECONDS = 10.0


class Distributor:
    """Answers pytest-xdist's hooks, on the controller."""

    def __init__(self, state: State, conductor: Conductor, display: Display) -> None:
        self._state = state
        self._display = display
        self._conductor = conductor
        self._workers = 1
        self._shares = [1]  # the concurrency of each worker to come
        self._nodes: list[Any] = []  # the workers whose results have not been collected yet

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: list[Any]) -> None:
        """Prepare the run before the first worker starts: workers inherit the key of the mock gateway and get its address.

        Start only as many workers as can be busy: a worker takes whole models and needs a concurrency of at least one.
        """
        state = self._state
        if state.runs_suite:
            if state.settings.target.embedded and not all(spec.popen for spec in specs):
                self._end_run(
                    "--tx with another machine must come with --base-url, because the embedded mock gateway serves this "
                    "machine only; start a mock gateway with conformance mock --host"
                )
            self._conductor.prepare()
            settings = state.settings
            groups = {group_of(f"[{name}]") for name in settings.cases}
            del specs[max(1, min(len(groups), settings.target.concurrency)) :]
            state.config.add_cleanup(lambda: remove_token(state.out))
            prices = {model.id: model.price for model in settings.target.models if model.price}
            state.from_controller = {
                "out": str(state.out),
                "base_url": settings.target.base_url,
                "where": str(state.config.invocation_params.dir),
                "prices": {name: [str(price.prompt), str(price.completion)] for name, price in prices.items()},
                "token": write_token(state.out),
                "texts": read_option_files(state.option_files, state.config.invocation_params.dir),
            }
            if not all(spec.popen for spec in specs):
                state.from_controller["apart"] = len(specs)
                self._display.note(limits_note(settings.target, len(specs), "workers on other machines"))
            self._workers = len(specs)
            self._shares = concurrency_shares(settings.target.concurrency, self._workers)
            self._shared().remove()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker its part of the run.  A worker that replaces a dead one gets the smallest share of the concurrency."""
        if self._state.from_controller:
            share = self._shares.pop(0) if len(self._shares) > 1 else self._shares[0]
            node.workerinput["conformance"] = {**self._state.from_controller, "concurrency": share}
            self._nodes.append(node)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Collect the results of workers that are still running: the controller of a stopped session no longer waits for them."""
        end = time.monotonic() + _SHUTDOWN_SECONDS
        for node in list(self._nodes):
            with suppress(Exception):  # the worker is gone
                node.shutdown()
                node.channel.waitclose(max(0.0, end - time.monotonic()))
            self._collect(node)

    def pytest_unconfigure(self) -> None:
        """Delete the shared file after the last worker has ended."""
        if self._state.from_controller and not self._state.worker:
            self._shared().remove()

    def _shared(self) -> SharedState:
        return SharedState(self._state.out / STATE_FILE)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        if not self._state.runs_suite:
            return None
        from conformance.plugin.scheduling import ModelScheduling  # which loads xdist

        scheduling = ModelScheduling(config, log)
        # xdist takes the number of workers from the command line, and would wait for those that were not started.
        scheduling.numnodes = self._workers
        return scheduling

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Take the plan from a worker: the controller collects nothing itself."""
        state = self._state
        cases = state.settings.cases if state.runs_suite else {}
        names = (nodeid[nodeid.index("[") + 1 : -1] for nodeid in ids if "[" in nodeid)
        state.planned.update({name: cases[name] for name in names if name in cases})
        if state.runs_suite:
            self._display.announce()

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Collect the results of a worker that ended; a usage error of a worker, such as a missing key, ends the run."""
        if message := usage_error_of(error):
            self._end_run(message)
        self._collect(node)

    def _collect(self, node: Any) -> None:
        """Add the tally and the evidence of a worker, once."""
        if node not in self._nodes:
            return
        self._nodes.remove(node)
        output = getattr(node, "workeroutput", {})
        if tally := output.get("conformance"):
            self._state.tallies.append(Tally.from_document(tally))
        if error := output.get("conformance_error"):
            self._state.error = self._state.error or UsageError(*error)
        save_evidence(output.get("conformance_evidence"), self._state.out, node.gateway.id)
        self._state.cases_of_other_shards = max(
            self._state.cases_of_other_shards, output.get("conformance_cases_of_other_shards", 0)
        )

    def _end_run(self, message: str) -> NoReturn:
        """End the run with an error message."""
        self._state.worker_error = message
        pytest.exit(message)


def concurrency_shares(whole: int, workers: int) -> list[int]:
    """Return the concurrency of each worker, the largest first; together they have that of the target, `whole`."""
    return [whole // workers + (number < whole % workers) for number in range(workers)]
