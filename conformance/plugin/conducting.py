"""Running: cases start ahead of the reporter, verdicts become pytest's outcomes, the matrix is written at the end."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.errors import ConfigurationError, ConformanceError, UsageError
from conformance.base.observation import Reason
from conformance.base.sharing import STATE_FILE, DirectoryLock, SharedState
from conformance.contract.claims import Case
from conformance.evidence import files as keeping
from conformance.evidence.recording import EVIDENCE_FILE, Archive, Recorder
from conformance.plugin.collecting import WRITTEN, case_of, group_of
from conformance.plugin.display import Display
from conformance.plugin.junit import properties
from conformance.plugin.state import State
from conformance.render import standing_texts
from conformance.results.matrix import Result, result
from conformance.results.recorded import load, recorded, restored
from conformance.results.run_directory import assemble, begin, write
from conformance.run.catalogue import prices
from conformance.run.embedded import EmbeddedMock
from conformance.run.session import Run
from conformance.trial.judge import JUDGED, Verdict
from conformance.trial.trial import Outcome

_RESULT = pytest.StashKey[dict[str, Any]]()


class Deviation(AssertionError):
    """The endpoint does not do what the contract says; an outage or a fault of ours is never this."""


class Conductor:
    """Answers pytest's hooks about running."""

    def __init__(self, state: State, display: Display) -> None:
        self._state = state
        self._display = display
        self._run: Run | None = None
        self._recorder: Recorder | None = None
        self._archive: Archive | None = None
        self._mock: EmbeddedMock | None = None
        self._groups: dict[str | None, list[pytest.Item]] | None = None

    def prepare(self) -> None:
        """On the controller, what all workers need: a run directory that can be written, and the embedded mock gateway."""
        with _or_exit(self._state):
            self._lay_out()
            if self._state.settings.target.embedded:
                self._state.move(self._serve())
            self._price()
            if not self._state.resumes:
                self._record(None, None).close()

    def _lay_out(self) -> None:
        """Make the evidence of another run in the same directory go, or make that of the run that is resumed fit to go on."""

        self._state.config.add_cleanup(DirectoryLock(self._state.out).release)
        begin(self._state.out, resumed=self._state.resumes)
        (keeping.reopen if self._state.resumes else keeping.clear)(self._state.out)

    def _record(self, worker: str | None, archive: Archive | None) -> Recorder:
        """The recorder of this process: of the whole, of a worker's part, or one that goes on behind what is recorded."""

        state = self._state
        facts = None if state.resumes and not worker else {**state.settings.facts(state.started), **state.selected}
        name = f"evidence.{worker}.ndjson" if worker else EVIDENCE_FILE
        return Recorder(state.out / name, facts, archive if state.resumes else None, state.settings.redact)

    def _price(self) -> None:
        """Where there is a budget and a price that the target does not name, ask the gateway's catalogue, once."""

        state = self._state
        if state.settings.budget is None or state.settings.replays or not state.settings.unpriced:
            return
        if state.settings.target.embedded:
            state.move(self._serve())
        state.price(prices(state.settings.target))
        if missing := state.settings.unpriced:
            raise ConfigurationError(
                f"--budget needs the price of {', '.join(map(str, missing))}, which the gateway does not publish",
                "give prompt_price and completion_price of the model in the target file (USD per million tokens), or let the "
                "gateway list prices at GET /api/models",
            )

    def _serve(self) -> str:
        """Start the embedded mock gateway, once; its base URL."""

        self._mock = self._mock or EmbeddedMock()
        return self._mock.base_url

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Start every selected case ahead of the reporter; under xdist a worker does so with each group it is handed."""
        state = self._state
        option = session.config.option
        alone = state.planned and not state.worker and getattr(option, "dist", "no") == "no" and not option.collectonly
        if alone:
            with _or_exit(state):
                self._price()
        if state.aimed and not state.worker and not option.collectonly:
            self._display.introduce()
        if alone:
            with _or_exit(state):
                self._begin()
            self._start(session.items)
        try:
            return (yield)
        finally:
            self._end()
            if self._run:
                gc.freeze()  # the process ends: to look for what could be freed would only take time

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        case = case_of(pyfuncitem)
        if case is None:
            return None
        if self._state.worker:
            group = group_of(pyfuncitem.nodeid)
            self._begin()
            self._start(self._group(pyfuncitem.session, group))
        assert self._run is not None
        pyfuncitem.user_properties += properties(case)
        outcome = self._outcome(case)
        self._keep(pyfuncitem, case, outcome)
        observed = outcome.observation.seen if outcome.observation else None
        if entry := self._state.expectations.expects(case.cell, observed):
            pyfuncitem.add_marker(pytest.mark.xfail(raises=Deviation, reason=f"{entry.reason} ({entry.where})"))
        _report(case, outcome, fail_on_differs=self._state.option("fail_on_differs"))
        return True

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """The result travels on the report; its duration is that of its exchanges, a deviation needs no traceback."""
        report = yield
        if call.when == "call" and _RESULT in item.stash:
            report.conformance = item.stash[_RESULT]
            report.duration = item.stash[_RESULT]["seconds"]
            if call.excinfo and isinstance(call.excinfo.value, Deviation):
                report.longrepr = str(call.excinfo.value)
        elif call.when == "teardown" and _RESULT in item.stash:
            del item.stash[_RESULT]  # the item stays to the end of the session
            item.user_properties.clear()
        if (report.failed or report.sections) and case_of(item):
            self._take_out_secrets(report)
        return report

    def _take_out_secrets(self, report: pytest.TestReport) -> None:
        """Take secrets out of a traceback, which may show replies in its locals, and out of what was captured."""
        redact = self._state.settings.redact.sentence
        report.sections = [(name, redact(text)) for name, text in report.sections]
        told = str(report.longrepr) if report.failed else ""
        if (clean := redact(told)) != told:
            report.longrepr = clean

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        state, found = self._state, getattr(report, "conformance", None)
        if state.worker:
            return
        if found is not None:
            state.results[found["case"]] = Result.from_document(found)
            self._tick()
        elif report.failed and group_of(report.nodeid):
            state.own_errors += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        state = self._state
        if state.worker:
            output: dict[str, Any] = getattr(session.config, "workeroutput", {})
            output["conformance"] = state.tallies[0].document() if state.tallies else None
            output["conformance_left_to_others"] = state.left_to_others
            if state.desk:
                output["conformance_evidence"] = state.desk.evidence()
        elif session.config.option.collectonly:
            return
        elif (state.planned and (self._run or state.results)) or state.empty_shard:
            with _or_exit(self._state):
                self._write(session)

    def _begin(self) -> None:
        if self._run is not None:
            return

        state = self._state
        if state.settings.target.embedded:
            state.move(self._serve())
        if not state.worker:
            self._lay_out()
        self._archive = archive = state.settings.earlier_run.archive() if state.settings.earlier_run else None
        self._recorder = state.recorder = self._record(state.worker, archive)
        before = load(state.settings.earlier_run.folder) if state.settings.earlier_run else None
        eager = not state.config.option.maxfail
        gc.freeze()  # what collection made stays to the end; looking through it again and again would slow every answer
        self._run = Run(
            state.settings,
            self._recorder,
            recall=self._recorder.find,
            concurrency=state.given.get("concurrency"),
            shared=SharedState(state.out / STATE_FILE if state.worker else None),
            eager=eager,
            archive=archive,
            recorded=recorded(before) if before else None,
        )

    def _group(self, session: pytest.Session, group: str | None) -> list[pytest.Item]:
        """The items of a model when the first of them reaches this worker, and none later: each is looked at once."""
        if self._groups is None:
            self._groups = {}
            for item in session.items:
                self._groups.setdefault(group_of(item.nodeid), []).append(item)
        return self._groups.pop(group, [])

    def _start(self, items: Iterable[pytest.Item]) -> None:
        assert self._run is not None
        self._run.start((case, item.stash[WRITTEN]) for item in items if (case := case_of(item)))

    def _end(self) -> None:
        if self._run:
            self._run.stop()
            self._state.tallies.append(self._run.tally())
        for file in (self._recorder, self._archive):
            if file:
                file.close()
        if self._mock:
            self._mock.close()

    def _tick(self) -> None:
        exchanges = self._run.finished_exchanges if self._run else None
        waiting = self._run.waiting if self._run else 0.0
        self._display.progress(
            max(self._run.finished_cases if self._run else 0, len(self._state.results)), exchanges, waiting
        )

    def _outcome(self, case: Case) -> Outcome:
        """What became of a case; a disk that takes no more evidence ends the run."""

        assert self._run is not None
        try:
            return self._run.wait(case, self._tick)
        except ConformanceError as error:
            self._state.exit_code = error.exit_code
            pytest.exit(str(error), returncode=error.exit_code)

    def _keep(self, item: pytest.Item, case: Case, outcome: Outcome) -> None:

        observed = outcome.observation.seen.value if outcome.observation else "nothing"
        item.user_properties += [("observed", observed), ("verdict", outcome.verdict.value)]
        item.stash[_RESULT] = result(case, outcome).document()

    def _write(self, session: pytest.Session) -> None:

        state = self._state
        planned = [case for case in state.settings.cases.values() if case.id in state.planned]
        stopped = len(state.results) < len(state.planned)
        matrix = assemble(state.settings, planned, state.results, state.tallies, started=state.started, stopped=stopped)
        names = {
            f"{found.claim}@{found.column}:{found.model}"
            for found in state.results.values()
            if found.reason is Reason.RECORDED
        }
        if names and state.settings.earlier_run and (before := load(state.settings.earlier_run.folder)):
            matrix = replace(matrix, cells=restored(matrix.cells, names, before))
        write(matrix, state.out, standing_texts(matrix), replays=state.settings.replays)
        state.matrix = matrix
        if state.stale and session.exitstatus in {0, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED  # what is expected and does not come has to be told
        if session.exitstatus == 0 and not any(cell.verdict in JUDGED for cell in matrix.cells):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED  # all skipped is not a pass: nothing was judged


@contextmanager
def _or_exit(state: State) -> Iterator[None]:
    """What keeps a run from beginning or from being written ends the session with one sentence, which the command line says in
    pytest's place."""

    try:
        try:
            yield
        except OSError as error:
            remedy = "make room, or name another with --out"
            raise UsageError(f"cannot write the run directory: {error}", remedy) from error
    except ConformanceError as error:
        if state.commanded:
            state.refusal = error
            raise pytest.UsageError from error  # without words of its own
        if isinstance(error, UsageError):
            raise pytest.UsageError(str(error)) from error
        pytest.exit(str(error), returncode=error.exit_code)


def _report(case: Case, outcome: Outcome, *, fail_on_differs: bool) -> None:
    """The verdict in pytest's words: against the contract fails, what could not be judged is skipped with its reason."""

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
    yield f"  next:       conformance explain '{case.cell}'"
