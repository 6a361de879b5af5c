"""Running: cases start ahead of the reporter, verdicts become outcomes of pytest, the matrix is written at the end."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.errors import ConformanceError, UsageError
from conformance.base.observation import Reason
from conformance.base.sharing import STATE_FILE, DirectoryLock, SharedState
from conformance.contract.claims import Case
from conformance.evidence import files as evidence_files
from conformance.evidence.recording import EVIDENCE_FILE, Archive, Recorder, read
from conformance.plugin.collecting import group_of
from conformance.plugin.display import Display
from conformance.plugin.item import CaseItem, case_of
from conformance.plugin.junit import properties
from conformance.plugin.state import State
from conformance.render import standing_texts
from conformance.render.escaping import in_quotes
from conformance.render.progress import Progress
from conformance.results.matrix import Result, result
from conformance.results.recorded import load, recorded, restored
from conformance.results.rejudging import rejudged
from conformance.results.run_directory import assemble, begin, write
from conformance.run.catalogue import for_budget
from conformance.run.embedded import EmbeddedMock
from conformance.run.session import Run
from conformance.trial.judge import JUDGED, Verdict
from conformance.trial.trial import Outcome

# New objects after which Python looks for garbage in cycles.  A run makes hardly any such garbage, and at the default of 700
# looking for it takes 7 % of the CPU of a run; 20,000 objects are a few megabytes, the garbage of some hundred cases at most.
_GARBAGE = 20_000

_RESULT = pytest.StashKey[dict[str, Any]]()


class Deviation(AssertionError):
    """The endpoint contradicts the contract.  Neither an outage nor an error of ours raises this."""


class Conductor:
    """The hooks of pytest about running."""

    def __init__(self, state: State, display: Display) -> None:
        self._state = state
        self._display = display
        self._run: Run | None = None
        self._recorder: Recorder | None = None
        self._archive: Archive | None = None
        self._mock: EmbeddedMock | None = None
        self._groups: dict[str | None, list[pytest.Item]] | None = None

    def prepare(self) -> None:
        """Prepare on the controller what all workers need: a writable run directory, the embedded mock gateway, prices."""
        with _exit_on_error(self._state):
            self._open_directory()
            if self._state.settings.target.embedded:
                self._state.move(self._serve())
            self._price()
            if not self._state.resumes:
                self._record(None, None).close()

    def _open_directory(self) -> None:
        """Take over the run directory: delete the evidence of an earlier run, or reopen that of the run to resume."""
        self._state.config.add_cleanup(DirectoryLock(self._state.out).release)
        begin(self._state.out, resumed=self._state.resumes)
        (evidence_files.reopen if self._state.resumes else evidence_files.clear)(self._state.out)

    def _record(self, worker: str | None, archive: Archive | None) -> Recorder:
        """Return the recorder of this process: for the whole run, for a worker's part, or one that appends to a recording."""
        state = self._state
        facts = None if state.resumes and not worker else {**state.settings.facts(state.started), **state.selected}
        name = f"evidence.{worker}.ndjson" if worker else EVIDENCE_FILE
        return Recorder(state.out / name, facts, archive if state.resumes else None, state.settings.redact)

    def _price(self) -> None:
        """Ask the gateway for prices if there is a budget and a price is unknown."""
        state = self._state
        if state.settings.budget is None or state.settings.replays or not state.settings.unpriced:
            return
        if state.settings.target.embedded:
            state.move(self._serve())
        state.price(for_budget(state.settings))

    def _serve(self) -> str:
        """Start the embedded mock gateway if it is not running, and return its base URL."""
        self._mock = self._mock or EmbeddedMock(contract=self._state.settings.contract_name)
        return self._mock.base_url

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Start every selected case ahead of the reporter; under xdist a worker starts the cases of a model at its first one."""
        state = self._state
        option = session.config.option
        alone = state.planned and not state.worker and getattr(option, "dist", "no") == "no" and not option.collectonly
        if alone:
            with _exit_on_error(state):
                self._price()
        if state.runs_suite and not state.worker and not option.collectonly:
            self._display.introduce()
        if alone:
            with _exit_on_error(state):
                self._begin()
            self._start(session.items)
        try:
            return (yield)
        finally:
            self._end()
            if state.planned:
                gc.freeze()  # the process ends soon: collecting garbage would only take time, also where workers ran the cases

    def run(self, item: CaseItem) -> None:
        """Wait for the case of an item and report its verdict as an outcome of pytest."""
        case = item.case
        if self._state.worker:
            self._begin()
            self._start(self._group(item.session, group_of(item.nodeid)))
        item.user_properties += properties(case)
        outcome = self._outcome(case)
        self._keep(item, case, outcome)
        observed = outcome.observation.seen if outcome.observation else None
        if entry := self._state.expectations.expects(case.cell, observed):
            item.add_marker(pytest.mark.xfail(raises=Deviation, reason=f"{entry.reason} ({entry.where})"))
        _report(case, outcome, fail_on_differs=self._state.option("fail_on_differs"))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Attach the result to the report with the duration of its exchanges, and show a deviation without a traceback."""
        report = yield
        if call.when == "call" and _RESULT in item.stash:
            report.conformance = item.stash[_RESULT]
            report.duration = item.stash[_RESULT]["seconds"]
            if call.excinfo and isinstance(call.excinfo.value, Deviation):
                report.longrepr = str(call.excinfo.value)
        elif call.when == "teardown":
            self.forget(item)
        if (report.failed or report.sections) and case_of(item):
            self._redact(report)
        return report

    def forget(self, item: pytest.Item) -> None:
        """Release what the reports of a case held: pytest keeps the item until the session ends."""
        if _RESULT in item.stash:
            del item.stash[_RESULT]
            item.user_properties.clear()

    def _redact(self, report: pytest.TestReport) -> None:
        """Remove secrets from a traceback, whose local variables may hold replies, and from captured output.

        Half of a character becomes its escape, since xdist sends UTF-8.
        """

        def cleaned(text: str) -> str:
            return self._state.settings.redact.sentence(text).encode("utf-8", "backslashreplace").decode()

        report.sections = [(name, cleaned(text)) for name, text in report.sections]
        text = str(report.longrepr) if report.failed else ""
        if (clean := cleaned(text)) != text:
            report.longrepr = clean

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        state, document = self._state, getattr(report, "conformance", None)
        if state.worker:
            return
        if document is not None:
            state.add(Result.from_document(document))
            self._tick()
        elif report.failed and group_of(report.nodeid):
            state.suite_errors += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        state = self._state
        if state.worker:
            output: dict[str, Any] = getattr(session.config, "workeroutput", {})
            output["conformance"] = state.tallies[0].document() if state.tallies else None
            output["conformance_error"] = state.error and [state.error.message, state.error.hint]
            output["conformance_cases_of_other_shards"] = state.cases_of_other_shards
            if state.worker_files:
                output["conformance_evidence"] = state.worker_files.evidence()
        elif session.config.option.collectonly:
            return
        elif (state.planned and (self._run or state.results)) or state.empty_shard:
            with _exit_on_error(self._state):
                self._write(session)

    def _begin(self) -> None:
        """Create the run of this process, once."""
        if self._run is not None:
            return
        state = self._state
        if state.settings.target.embedded:
            state.move(self._serve())
        if not state.worker:
            self._open_directory()
        self._archive = archive = state.settings.earlier_run.archive() if state.settings.earlier_run else None
        self._recorder = state.recorder = self._record(state.worker, archive)
        earlier = load(state.settings.earlier_run.folder) if state.settings.earlier_run else None
        eager = not state.config.option.maxfail
        gc.freeze()  # objects made by collection live to the end; scanning them in every collection would slow each answer
        gc.set_threshold(_GARBAGE)
        self._run = Run(
            state.settings,
            self._recorder,
            recall=self._recorder.find,
            concurrency=state.from_controller.get("concurrency"),
            shared=SharedState(state.out / STATE_FILE if state.worker else None),
            apart=state.from_controller.get("apart", 1),
            eager=eager,
            archive=archive,
            recorded=recorded(earlier) if earlier else None,
        )

    def _group(self, session: pytest.Session, group: str | None) -> list[pytest.Item]:
        """Return the items of a model when its first item reaches this worker, and [] afterwards.

        All items are grouped once: looking through them for each model would take most of the time of a run of thousands.
        """
        if self._groups is None:
            self._groups = {}
            for item in session.items:
                self._groups.setdefault(group_of(item.nodeid), []).append(item)
        return self._groups.pop(group, [])

    def _start(self, items: Iterable[pytest.Item]) -> None:
        """Queue the cases of items on the background loop."""
        assert self._run is not None
        self._run.start((item.case, item.function) for item in items if isinstance(item, CaseItem))

    def _end(self) -> None:
        """Stop the run, close its files and stop the embedded mock gateway."""
        if self._run:
            self._run.stop()
            self._state.tallies.append(self._run.tally())
        for file in (self._recorder, self._archive):
            if file:
                file.close()
        if self._mock:
            self._mock.close()

    def _tick(self) -> None:
        """Update the progress line."""
        run = self._run
        silent, patience = run.silence if run else (0.0, 0.0)
        self._display.progress(
            Progress(
                planned=len(self._state.planned),
                known=max(run.finished_cases if run else 0, len(self._state.results)),
                requests=run.finished_exchanges if run else None,
                deviations=max(run.deviations if run else 0, self._state.deviations),
                waiting=run.waiting if run else 0.0,
                silent=silent,
                patience=patience,
            )
        )

    def _outcome(self, case: Case) -> Outcome:
        """Wait for the outcome of a case.  An error of ours, such as a full disk, ends the run."""
        assert self._run is not None
        try:
            return self._run.wait(case, self._tick)
        except ConformanceError as error:
            self._state.exit_code = error.exit_code
            pytest.exit(str(error), returncode=error.exit_code)

    def _keep(self, item: pytest.Item, case: Case, outcome: Outcome) -> None:
        """Keep the result of a case on its item, for the report."""
        observed = outcome.observation.seen.value if outcome.observation else "nothing"
        found = result(case, outcome)
        wider = [("wider", "true")] if found.wider else []
        item.user_properties += [("observed", observed), ("verdict", outcome.verdict.value), *wider]
        item.stash[_RESULT] = found.document()

    def _write(self, session: pytest.Session) -> None:
        """Write the matrix, and let the exit status say if an expectation is stale or nothing was judged."""
        state = self._state
        planned = [case for case in state.settings.cases.values() if case.id in state.planned]
        stopped = len(state.results) < len(state.planned)
        matrix = assemble(state.settings, planned, state.results, state.tallies, started=state.started, stopped=stopped)
        names = {
            f"{case.claim}@{case.column}:{case.model}"
            for case in state.results.values()
            if case.reason is Reason.RECORDED
        }
        if names and state.settings.earlier_run and (earlier := load(state.settings.earlier_run.folder)):
            matrix = replace(matrix, cells=restored(matrix.cells, names, earlier))
        if len(state.tallies) > 1:  # each worker compared the replies of its own models only
            matrix = replace(matrix, cells=rejudged(matrix.cells, [read(state.out)], state.settings.contract))
        state.matrix = matrix  # a full disk must not hide the verdicts
        write(matrix, state.out, standing_texts(matrix), replays=state.settings.replays)
        if matrix.run.unanswered:
            state.set_aside()
        if state.stale and session.exitstatus in {0, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED  # a stale expectation fails the run
        if session.exitstatus == 0 and not any(cell.verdict in JUDGED for cell in matrix.cells):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED  # a run in which no cell was judged must not pass


@contextmanager
def _exit_on_error(state: State) -> Iterator[None]:
    """End the session with one error message if the run cannot start or be written.

    `conformance run` prints the message itself; then pytest ends without one.
    """
    try:
        try:
            yield
        except OSError as error:
            remedy = "make room, or name another directory with --out"
            raise UsageError(f"cannot write the run directory: {error}", remedy) from error
    except ConformanceError as error:
        if state.started_by_command:
            state.error = error
            raise pytest.UsageError from error  # without a message
        if isinstance(error, UsageError):
            raise pytest.UsageError(str(error)) from error
        pytest.exit(str(error), returncode=error.exit_code)


def _report(case: Case, outcome: Outcome, *, fail_on_differs: bool) -> None:
    """Raise Deviation for a verdict against the contract, and skip a case that could not be judged, with its reason."""
    verdict = outcome.verdict
    if verdict is Verdict.DEVIATES or (verdict is Verdict.DIFFERS and fail_on_differs):
        raise Deviation("\n".join(_explanation(case, outcome)))
    if verdict not in JUDGED:
        pytest.skip(f"{verdict}: {outcome.detail}")


def _explanation(case: Case, outcome: Outcome) -> Iterator[str]:
    observed = outcome.observation.seen.value if outcome.observation else "nothing"
    yield f"{outcome.verdict.value}: {case.claim.statement}"
    yield f"  documented: {case.rule.documented} ({case.rule.says.value}, {case.rule.level.value})"
    yield f"  observed:   {observed}: {outcome.detail}"
    yield f"  source:     {case.claim.sources[0].page}, {case.claim.sources[0].section}"
    yield f"  next:       conformance explain {in_quotes(case.cell)}"
