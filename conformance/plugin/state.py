"""The state of one pytest session: settings, plan, results.  No hook of pytest is answered here."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import ConformanceError, UsageError
from conformance.base.money import Price
from conformance.base.reading import reason_of
from conformance.contract.claims import Case
from conformance.evidence.recording import Recorder
from conformance.plugin.detection import names_suite
from conformance.plugin.handover import WorkerFiles
from conformance.results.expectations import Expectations, Stale, load
from conformance.results.matrix import Matrix, Result
from conformance.results.run_directory import directory, set_aside
from conformance.run.loading import load_settings
from conformance.run.option_table import SETTINGS
from conformance.run.options import Options
from conformance.run.settings import Settings
from conformance.run.tally import Tally
from conformance.suite import faults, unusable_traits
from conformance.trial.judge import Verdict


class State:
    """The settings, the plan and the results of one session.

    Under xdist every worker has a state of its own; `from_controller` holds what the controller decided and sent.
    `started_by_command` tells `conformance run`, which prints `error` itself, from plain pytest.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        worker_input: dict[str, Any] = getattr(config, "workerinput", {})
        self.worker: str | None = worker_input.get("workerid")
        self.from_controller: dict[str, Any] = worker_input.get("conformance", {})
        self.started = datetime.now(UTC)
        self.planned: dict[str, Case] = {}
        self.results: dict[str, Result] = {}
        self.deviations = 0  # of the results
        self.tallies: list[Tally] = []
        self.matrix: Matrix | None = None
        self.recorder: Recorder | None = None
        self.suite_errors = 0  # tests of the suite that raised an exception
        self.error: ConformanceError | None = None  # why the run could not start or be written
        self.exit_code: int | None = None
        self.cases_of_other_shards = 0
        command = config.pluginmanager.get_plugin("conformance-command")
        self.started_by_command = command is not None
        self._settings: Settings | None = getattr(command, "settings", None)
        self.worker_error: str | None = None  # why a worker could not start
        self.worker_files = WorkerFiles(self.from_controller) if self.from_controller else None
        if self.worker_files:
            config.add_cleanup(self.worker_files.close)
        self._out: Path | None = self.worker_files.out if self.worker_files else None
        self._chose_directory = getattr(command, "chose_directory", bool(self.option("out")))

    def add(self, result: Result) -> None:
        """Keep the result of a case."""
        self.results[result.case] = result
        self.deviations += result.verdict is Verdict.DEVIATES

    @property
    def runs_suite(self) -> bool:
        """Whether the command line names the suite, so that the session is a run."""
        where = self.config.invocation_params.dir
        return names_suite(map(str, self.config.args), where, packages=self.config.option.pyargs)

    @property
    def empty_shard(self) -> bool:
        """Whether all selected cases belong to other shards: then there is nothing to do, which is not an error."""
        return not self.planned and self.cases_of_other_shards > 0

    def check(self) -> None:
        """Load the settings, so that an error in them is reported before anything is collected."""
        self._settings = self.settings
        self._check_contract()
        assert self.expectations is not None
        assert self.out is not None
        if self.settings.earlier_run and not self.selected:
            self.config.option.keyword = self.settings.earlier_run.keyword
            self.config.option.markexpr = self.settings.earlier_run.markers

    def _check_contract(self) -> None:
        """Raise a usage error for a claim that no test observes: a claim missing from the matrix would be taken for tested."""
        _refuse(faults(self.settings.contract), self.settings)

    @property
    def selected(self) -> dict[str, str]:
        """The -k and -m of the session, to be recorded: a replay or a resume selects the same cases unless it has its own."""
        options = {"keyword": self.config.option.keyword, "markers": self.config.option.markexpr}
        return {name: expression for name, expression in options.items() if expression}

    @property
    def settings(self) -> Settings:
        """The settings of the run; an error in them is a usage error of pytest."""
        if self._settings is None:
            try:
                self._settings = load_settings(Options.of({option.key: self.option(option.key) for option in SETTINGS}))
            except ConformanceError as error:
                where = f"worker {self.worker} on {platform.node()}: " if self.worker else ""
                raise pytest.UsageError(f"{where}{error}") from error
            # A session that runs tests of other packages does not have to test the whole contract, but it builds requests.
            _refuse(unusable_traits(self._settings.contract), self._settings)
            if self.from_controller:
                self._settings = self._settings.at_base_url(self.from_controller["base_url"])
                self.price({name: Price(*map(Decimal, pair)) for name, pair in self.from_controller["prices"].items()})
            if self.worker_files and self.worker_files.is_remote and self._settings.budget is not None:
                raise pytest.UsageError(
                    f"worker {self.worker} on {platform.node()}: --budget must be used on one machine only; give each machine a "
                    "--shard and a --budget of its own"
                )
        return self._settings

    @property
    def resumes(self) -> bool:
        """Whether the run continues a recorded one."""
        return self.settings.earlier_run is not None and self.settings.earlier_run.resumed

    def move(self, base_url: str) -> None:
        """Set the address of the endpoint: the embedded mock gateway gets its port when it starts."""
        self._settings = self.settings.at_base_url(base_url)

    def price(self, prices: Mapping[str, Price]) -> None:
        """Add prices that the target does not name, by model id."""
        self._settings = self.settings.with_prices(prices)

    @property
    def out(self) -> Path:
        """The run directory."""
        if self._out is None:
            chosen, here = self.option("out"), self.config.invocation_params.dir
            try:
                self._out = here / directory(self.settings, here / chosen if chosen else None, self.started)
            except ConformanceError as error:
                raise pytest.UsageError(str(error)) from error
        return self._out

    def set_aside(self) -> None:
        """Move the run directory from among the others, unless the user chose it: no model answered."""
        if not (self._chose_directory or self.settings.earlier_run):
            self._out = set_aside(self.out)

    @cached_property
    def expectations(self) -> Expectations:
        """The known deviations; an error in their file is a usage error of pytest."""
        file = self.option("expectations")
        try:
            where = self.config.invocation_params.dir
            return load(where / file, self.settings.contract.name) if file else Expectations()
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from error

    def not_written(self, place: object, error: OSError) -> None:
        """Note that a file could not be written, which ends a run with an error after all that it has to say."""
        message = f"{place} cannot be written: {reason_of(error)}"
        self.error = self.error or UsageError(message, "make room, or name another place for it")

    @property
    def stale(self) -> tuple[Stale, ...]:
        """The expectations that the finished run does not meet; cells that a selection left out do not count."""
        if self.matrix is None:
            return ()
        return self.expectations.stale(self.matrix.cells, whole=not self.matrix.run.partial)

    @property
    def shows_progress(self) -> bool:
        """Whether one progress line replaces the output of pytest; -v brings back the latter."""
        return bool(self.option("progress")) and self.config.option.verbose < 0

    @property
    def option_files(self) -> dict[str, str | None]:
        """The values of the options that may name a file, by option; the contract may be named by the target."""
        contract = self.settings.target.contract
        return {"target": self.option("target"), "contract": contract, "expectations": self.option("expectations")}

    def option(self, name: str) -> Any:
        """Return the value of an option of ours; on a worker, files that options name are copies."""
        if self.worker_files and name in self.worker_files.files:
            return str(self.worker_files.files[name])
        return getattr(self.config.option, f"conformance_{name}")


STATE = pytest.StashKey[State]()


def _refuse(wrong: list[str], settings: Settings) -> None:
    """Raise a usage error with the first of the faults of a contract; do nothing if there are none."""
    if wrong:
        message, _, hint = wrong[0].partition("; ")
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        command = f"conformance contract --check --contract {settings.target.contract}"
        parts = (f"contract {settings.contract.name}: {message}{more}", hint, f"All of them: {command}")
        raise pytest.UsageError(". ".join(filter(None, parts)))
