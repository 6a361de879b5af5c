"""Pytest's side of a run, and nothing else: options, collection, waiting, outcomes, scheduling under xdist.

It is registered for every pytest in the environment, so it imports the rest of the package only when a test of
conformance.suite is asked for, and does nothing otherwise.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from conformance.contract import Case
    from conformance.embedded import EmbeddedMock
    from conformance.matrix import Matrix, Result
    from conformance.recording import Recorder
    from conformance.session import Run, Settings
    from conformance.trial import Outcome

SUITE = Path(__file__).parent / "suite"
_GROUP = re.compile(r"\[[^@\[\]]+@([^=\]]+)")
_PREFIX = "--conformance-"


class Deviation(AssertionError):
    """The endpoint does not do what the contract says; an outage or a fault of ours is never this."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "conformance suite for OpenAI-compatible endpoints")
    add = group.addoption
    add(f"{_PREFIX}target", metavar="NAME|FILE", help="endpoint under test (default: the embedded mock gateway)")
    add(f"{_PREFIX}base-url", metavar="URL", help="base URL in place of the target's, ending in /v1")
    add(f"{_PREFIX}api-key-env", metavar="VAR", help="environment variable that holds the key")
    add(
        f"{_PREFIX}model",
        action="append",
        default=[],
        metavar="COLUMN=ID[,class=NAME]",
        help="model to test; repeatable",
    )
    add(f"{_PREFIX}contract", metavar="NAME|FILE", help="contract in place of the target's")
    add(f"{_PREFIX}concurrency", type=int, metavar="N", help="requests in flight at once")
    add(f"{_PREFIX}target-version", metavar="TEXT", help="version of the gateway, for the record")
    add(f"{_PREFIX}out", metavar="DIR", help="run directory (default: reports/runs/<time>-<target>)")
    add(f"{_PREFIX}fail-on-differs", action="store_true", help="let a difference from a should fail as well")
    add(f"{_PREFIX}progress", action="store_true", help="one progress line in place of a letter per case")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "claim(*ids): rows of the contract that the function can observe")
    conductor = Conductor(config)
    config.pluginmanager.register(conductor, "conformance-conductor")
    if conductor.aimed and not config.option.help:
        conductor.about  # noqa: B018  what is wrong with the options is said before anything is collected


class Conductor:
    """Holds one pytest session's run and answers pytest's calls about it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.worker: str | None = getattr(config, "workerinput", {}).get("workerid")
        self.started = datetime.now(UTC)
        self.planned: dict[str, Case] = {}
        self.results: dict[str, Result] = {}
        self.tallies: list[dict[str, Any]] = []
        self.matrix: Matrix | None = None
        self.own_errors = 0
        self._about: Settings | None = None
        self._run: Run | None = None
        self._recorder: Recorder | None = None
        self._mock: EmbeddedMock | None = None
        self._given: dict[str, Any] = getattr(config, "workerinput", {}).get("conformance", {})
        self._out: Path | None = Path(self._given["out"]) if self._given else None
        self._shown = 0.0

    # ---------------------------------------------------------------- what the run is about

    @property
    def aimed(self) -> bool:
        """Whether the command line asks for the suite itself."""
        return any(_leads_to_suite(str(each), self.config.invocation_params.dir) for each in self.config.args)

    @property
    def about(self) -> Settings:
        """The run's settings; what is wrong with them is pytest's usage error."""
        if self._about is None:
            from conformance.errors import ConformanceError
            from conformance.session import settings

            try:
                self._about = settings(
                    self._option("target"),
                    base_url=self._option("base_url"),
                    api_key_env=self._option("api_key_env"),
                    models=self._option("model"),
                    contract=self._option("contract"),
                    concurrency=self._option("concurrency"),
                    target_version=self._option("target_version"),
                )
            except ConformanceError as error:
                raise pytest.UsageError(str(error)) from error
            if self._given:
                self._about = self._about.at(self._given["base_url"])
        return self._about

    @property
    def out(self) -> Path:
        if self._out is None:
            from conformance.report import directory

            chosen = self._option("out")
            self._out = Path(chosen) if chosen else directory(self.about.target.name, self.started)
            self._out = self.config.invocation_params.dir / self._out
        return self._out

    @property
    def _reporter(self) -> Any:
        return self.config.pluginmanager.get_plugin("terminalreporter")

    def _option(self, name: str) -> Any:
        return getattr(self.config.option, f"conformance_{name}")

    # ---------------------------------------------------------------- collection

    def pytest_pycollect_makeitem(self, collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
        """A function that names claims takes `case` and `ask` only; one whose claims this contract lacks is left out."""
        marks = _claims(obj)
        if not marks:
            return None
        others = [each for each in inspect.signature(obj).parameters if each not in {"case", "ask"}]  # type: ignore[arg-type]
        if others or not inspect.iscoroutinefunction(obj):
            found = f"found {', '.join(others)}" if others else "found a function that is no coroutine"
            raise collector.CollectError(
                f"{name}: a suite test is a coroutine and takes `case` and `ask` only; {found}"
            )
        return None if self.about.of(marks) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        marks = _claims(metafunc.function)
        if marks:
            cases = self.about.of(marks)
            metafunc.parametrize("case", cases, ids=[case.id for case in cases])
            metafunc.parametrize("ask", [None], ids=[pytest.HIDDEN_PARAM])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.planned.update({case.id: case for item in session.items if (case := _case(item))})

    # ---------------------------------------------------------------- running

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Start every selected case ahead of the reporter; under xdist a worker starts a group when it is handed one."""
        alone = not self.worker and not _distributes(self.config)
        if self.planned and self._option("progress") and self.config.option.verbose < 0 and not self.worker:
            for line in self._header():
                self._reporter.write_line(line)
        if self.planned and alone and not self.config.option.collectonly:
            self._begin()
            self._start(session.items)
        try:
            return (yield)
        finally:
            if self._run:
                self._run.stop()
                self.tallies.append(self._run.tally())
            if self._recorder:
                self._recorder.close()
            if self._mock:
                self._mock.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        case = _case(pyfuncitem)
        if case is None:
            return None
        if self.worker:
            self._begin()
            group = _group(pyfuncitem.nodeid)
            self._start([item for item in pyfuncitem.session.items if _group(item.nodeid) == group])
        assert self._run is not None
        outcome = self._run.wait(case, self._tick, 0.2)
        self._keep(pyfuncitem, case, outcome)
        _raise(case, outcome, fail_on_differs=self._option("fail_on_differs"))
        return True

    def _begin(self) -> None:
        if self._run is None:
            from conformance.recording import NAME, Recorder
            from conformance.session import Run

            settled = self.about
            if settled.target.embedded:
                settled = settled.at(self._serve())
            self._about = settled
            self._recorder = Recorder(
                self.out / (f"evidence.{self.worker}.ndjson" if self.worker else NAME), settled.facts()
            )
            eager = not self.config.option.maxfail
            self._run = Run(settled, self._recorder, share=self._given.get("workers", 1), eager=eager)

    def _serve(self) -> str:
        from conformance.embedded import EmbeddedMock

        self._mock = self._mock or EmbeddedMock()
        return self._mock.base_url

    def _start(self, items: list[pytest.Item]) -> None:
        assert self._run is not None
        self._run.start(
            (case, item.function) for item in items if isinstance(item, pytest.Function) and (case := _case(item))
        )

    def _keep(self, item: pytest.Item, case: Case, outcome: Outcome) -> None:
        from dataclasses import asdict

        from conformance.matrix import result

        item.user_properties += [("claim", case.claim.id), ("verdict", outcome.verdict.value)]
        item.stash[_RESULT] = asdict(result(case, outcome))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """The result travels on the report; its duration is that of its exchanges, a deviation needs no traceback."""
        report = yield
        if call.when == "call" and _RESULT in item.stash:
            report.conformance = item.stash[_RESULT]
            report.duration = item.stash[_RESULT]["seconds"]
            if call.excinfo and isinstance(call.excinfo.value, Deviation):
                report.longrepr = str(call.excinfo.value)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = getattr(report, "conformance", None)
        if found is not None and not self.worker:
            from conformance.matrix import Result

            self.results[found["case"]] = Result(**{**found, "evidence": tuple(found["evidence"])})
            self._tick()
        elif report.failed and not self.worker and _group(report.nodeid):
            self.own_errors += 1

    # ---------------------------------------------------------------- the end

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.worker:
            output: dict[str, Any] = getattr(self.config, "workeroutput", {})
            output["conformance"] = self.tallies[0] if self.tallies else None
            return
        if self.planned and not self.config.option.collectonly and (self._run or self.results):
            self._finish(session)

    def _finish(self, session: pytest.Session) -> None:
        from conformance.judge import JUDGED
        from conformance.report import assemble, write

        stopped = len(self.results) < len(self.planned)
        planned = [case for case in self.about.cases.values() if case.id in self.planned]
        self.matrix = assemble(
            self.about,
            planned,
            self.results,
            [each for each in self.tallies if each],
            started=self.started,
            stopped=stopped,
        )
        write(self.matrix, self.out)
        if session.exitstatus == 0 and not any(cell.verdict in JUDGED for cell in self.matrix.cells):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED  # all skipped is not a pass: nothing was judged

    def pytest_report_header(self) -> list[str] | None:
        return self._header() if self.aimed else None

    def _header(self) -> list[str]:
        about = self.about
        named = ", ".join(f"{model} ({model.kind.name})" for model in about.models)
        where = "started for this run" if about.mode == "mock" else about.target.base_url
        return [
            f"conformance: target {about.target.name}, {where}",
            f"conformance: contract {about.contract.name} {about.contract.digest}, models {named}",
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.matrix is not None:
            from conformance.render.terminal import summary

            tr = terminalreporter
            tr.ensure_newline()
            unicode = "utf" in (getattr(tr._tw._file, "encoding", None) or "").lower()
            tr.write(summary(self.matrix, self.out, width=tr._tw.fullwidth, colour=tr.hasmarkup, unicode=unicode))

    # ---------------------------------------------------------------- progress

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """With a progress line a case is counted under its verdict, without a letter and a section of its own."""
        if self._option("progress") and hasattr(report, "conformance") and self.config.option.verbose < 0:
            return report.conformance["verdict"], "", ""
        return None

    def _tick(self) -> None:
        if not self._option("progress") or self.config.option.verbose < -1:
            return
        import time

        tr = self._reporter
        now, every = time.monotonic(), 0.1 if tr.isatty else 5.0
        self._shown = self._shown or now - every + 1.0 * (not tr.isatty)
        if now - self._shown < every:
            return
        self._shown = now
        known = max(self._run.known if self._run else 0, len(self.results))
        sent = f", {self._run.finished} exchanges finished" if self._run else ""
        line = f"{known} of {len(self.planned)} cases known{sent}"
        if tr.isatty:
            tr.rewrite(line, erase=True)
        else:
            tr.write_line(line)

    # ---------------------------------------------------------------- pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, config: pytest.Config, specs: list[Any]) -> None:
        """Before the first worker is started, so that all of them inherit the mock's key and address."""
        if self.aimed:
            self._given = {"workers": len(specs), "out": str(self.out), "base_url": self.about.target.base_url}
            if self.about.target.embedded:
                self._given["base_url"] = self._serve()
                self._about = self.about.at(self._given["base_url"])

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self._given:
            node.workerinput["conformance"] = self._given

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """All cases of one model go to one worker, so that no request is sent by two."""
        if not self.aimed:
            return None
        from xdist.scheduler import LoadScopeScheduling

        class ModelScheduling(LoadScopeScheduling):  # type: ignore[misc]
            def _split_scope(self, nodeid: str) -> str:
                return _group(nodeid) or nodeid

        return ModelScheduling(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        cases = self.about.cases if self.aimed else {}
        named = (nodeid[nodeid.index("[") + 1 : -1] for nodeid in ids if "[" in nodeid)
        self.planned.update({name: cases[name] for name in named if name in cases})

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        told = getattr(node, "workeroutput", {}).get("conformance")
        if told:
            self.tallies.append(told)


_RESULT = pytest.StashKey[dict[str, Any]]()


def _leads_to_suite(argument: str, where: Path) -> bool:
    path = argument.split("::")[0]
    if path == "conformance.suite" or path.startswith("conformance.suite."):
        return True
    full = (where / path).resolve()
    return full == SUITE or SUITE in full.parents


def _claims(function: object) -> list[str]:
    marks = getattr(function, "pytestmark", [])
    return [each for mark in marks if mark.name == "claim" for each in mark.args]


def _case(item: pytest.Item) -> Case | None:
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec") or not _claims(item.function):
        return None
    return cast("Case | None", item.callspec.params.get("case"))


def _group(nodeid: str) -> str | None:
    """The model that a case belongs to, column:id, from its node id."""
    found = _GROUP.search(nodeid)
    return found[1] if found else None


def _distributes(config: pytest.Config) -> bool:
    return getattr(config.option, "dist", "no") != "no"


def _raise(case: Case, outcome: Outcome, *, fail_on_differs: bool) -> None:
    """The verdict in pytest's words: against the contract fails, what could not be judged is skipped with its reason."""
    verdict = outcome.verdict.value
    if verdict == "deviates" or (verdict == "differs" and fail_on_differs):
        raise Deviation("\n".join(_explanation(case, outcome)))
    if verdict in {"inconclusive", "blocked", "not applicable"}:
        pytest.skip(f"{verdict}: {outcome.detail}")


def _explanation(case: Case, outcome: Outcome) -> Iterator[str]:
    observed = outcome.observation.seen.value if outcome.observation else "nothing"
    yield f"{outcome.verdict.value}: {case.claim.statement}"
    yield f"  documented: {case.rule.documented} ({case.rule.says.value}, {case.rule.level.value})"
    yield f"  observed:   {observed}: {outcome.detail}"
    yield f"  source:     {case.claim.sources[0].page}, {case.claim.sources[0].section}"
    yield f"  next:       conformance explain '{case.cell}'"
