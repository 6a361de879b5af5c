"""What a pytest session knows of its run: settings, plan, results.  It answers no hook."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import ConformanceError
from conformance.base.money import Price
from conformance.contract.claims import Case
from conformance.evidence.recording import Recorder
from conformance.plugin.aim import names_suite
from conformance.plugin.handing import Desk
from conformance.results.expectations import Expectations, Stale, load
from conformance.results.matrix import Matrix, Result
from conformance.results.run_directory import directory
from conformance.run.options import SETTINGS, Options
from conformance.run.settings import Settings, load_settings
from conformance.run.tally import Tally
from conformance.suite import faults


class State:
    """One per session.  Under xdist every worker has its own; what the controller decided comes in as `given`."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        handed: dict[str, Any] = getattr(config, "workerinput", {})
        self.worker: str | None = handed.get("workerid")
        self.given: dict[str, Any] = handed.get("conformance", {})
        self.started = datetime.now(UTC)
        self.planned: dict[str, Case] = {}
        self.results: dict[str, Result] = {}
        self.tallies: list[Tally] = []
        self.matrix: Matrix | None = None
        self.recorder: Recorder | None = None
        self.own_errors = 0
        self.refusal: ConformanceError | None = None  # why the run could not begin or be written
        self.exit_code: int | None = None
        self.left_to_others = 0
        command = config.pluginmanager.get_plugin("conformance-command")
        self.commanded = command is not None
        self._settings: Settings | None = getattr(command, "settings", None)
        self.unusable: str | None = None
        self.desk = Desk(self.given) if self.given else None
        if self.desk:
            config.add_cleanup(self.desk.close)
        self._out: Path | None = self.desk.out if self.desk else None

    @property
    def aimed(self) -> bool:
        """Whether the command line asks for the suite itself."""
        where = self.config.invocation_params.dir
        return names_suite(map(str, self.config.args), where, packages=self.config.option.pyargs)

    @property
    def empty_shard(self) -> bool:
        """Whether all that was selected belongs to other shards, so that there is nothing to do and nothing amiss."""
        return not self.planned and self.left_to_others > 0

    def check(self) -> None:
        """Load the settings now, so that what is wrong with them is said before anything is collected."""
        self._settings = self.settings
        self._check_contract()
        assert self.expectations is not None
        assert self.out is not None
        if self.settings.earlier_run and not self.config.option.keyword:
            self.config.option.keyword = self.settings.earlier_run.keyword

    def _check_contract(self) -> None:
        """Every claim of the contract is observed by something; a claim that vanished in silence would be taken for tested."""

        if wrong := faults(self.settings.contract):
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            message, _, hint = wrong[0].partition("; ")
            command = f"conformance contract --check --contract {self.settings.target.contract}"
            raise pytest.UsageError(
                f"contract {self.settings.contract.name}: {message}{more}. {hint}. All of them: {command}"
            )

    @property
    def selected(self) -> dict[str, str]:
        """What -k selects, for the record: a run about a past one selects the same unless it is told otherwise."""
        keyword: str = self.config.option.keyword
        return {"keyword": keyword} if keyword else {}

    @property
    def settings(self) -> Settings:
        """The run's settings; what is wrong with them is pytest's usage error."""
        if self._settings is None:
            try:
                self._settings = load_settings(Options.of({option.key: self.option(option.key) for option in SETTINGS}))
            except ConformanceError as error:
                where = f"worker {self.worker} on {platform.node()}: " if self.worker else ""
                raise pytest.UsageError(f"{where}{error}") from error
            if self.given:
                self._settings = self._settings.at_base_url(self.given["base_url"])
                self.price({name: Price(*map(Decimal, pair)) for name, pair in self.given["prices"].items()})
            if self.desk and self.desk.away and self._settings.budget is not None:
                raise pytest.UsageError(
                    f"worker {self.worker} on {platform.node()}: --budget holds on one machine only; give each machine a shard "
                    "and a budget of its own"
                )
        return self._settings

    @property
    def resumes(self) -> bool:
        """Whether the run goes on with one that is recorded."""
        return self.settings.earlier_run is not None and self.settings.earlier_run.resumed

    def move(self, base_url: str) -> None:
        """Let the run be about the address that the embedded mock gateway got."""
        self._settings = self.settings.at_base_url(base_url)

    def price(self, found: Mapping[str, Price]) -> None:
        """Let the run be about these prices as well, by model id."""
        self._settings = self.settings.with_prices(found)

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

    @cached_property
    def expectations(self) -> Expectations:
        """The known deviations; a file that is not in order is pytest's usage error."""

        file = self.option("expectations")
        try:
            where = self.config.invocation_params.dir
            return load(where / file, self.settings.contract.name) if file else Expectations()
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from error

    @property
    def stale(self) -> tuple[Stale, ...]:
        """The expectations that the finished run does not meet; a selection says nothing of what it left out."""
        if self.matrix is None:
            return ()
        return self.expectations.stale(self.matrix.cells, whole=not self.matrix.run.partial)

    @property
    def quiet(self) -> bool:
        """Whether one progress line stands for pytest's own: asked for, and not overruled by -v."""
        return bool(self.option("progress")) and self.config.option.verbose < 0

    @property
    def named(self) -> dict[str, str | None]:
        """What may be a file, as the options and the target say it."""
        contract = self.settings.target.contract
        return {"target": self.option("target"), "contract": contract, "expectations": self.option("expectations")}

    def option(self, name: str) -> Any:
        if self.desk and name in self.desk.files:
            return str(self.desk.files[name])
        return getattr(self.config.option, f"conformance_{name}")


STATE = pytest.StashKey[State]()
