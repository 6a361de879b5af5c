"""Allure results: add labels, source, verdict and evidence to the result of each case before allure-pytest writes it.

Loaded only with --alluredir.  Allure itself makes history, timeline and categories from these results.
"""

# pyright: reportCallIssue=false
# Allure defines its records with attrs in a form whose parameters mypy understands and pyright does not.

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Generator, Iterator
from typing import Any

import allure_commons
import pytest
from allure_commons.model2 import Attachment, Label, Link, Parameter, StatusDetails, TestResult

from conformance.base.observation import printable
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange
from conformance.plugin.item import case_of
from conformance.plugin.state import State
from conformance.results.explanation import distinct, reproduce
from conformance.results.matrix import Result
from conformance.target.keys import in_shell
from conformance.trial.judge import Verdict

_SEVERITY = {"must": "critical", "should": "normal", "unstated": "trivial"}
# Allure takes these labels from the file of a test, so they would change with the folder in which a run is started.
_FILE_LABELS = {"parentSuite", "suite", "subSuite", "package"}
# Characters of one attachment.  A reply may have 2 MiB, which a browser shows slowly and nobody reads; 200,000 characters
# are about 50 pages, more than any reply that is not itself the fault.
_LONGEST_ATTACHMENT = 200_000


class AllureResults:
    """The hooks of pytest and of Allure: the former brings the outcome of a case, the latter the result to complete."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[str, tuple[Case, Result, str]] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        report = yield
        case = case_of(item)
        if case and (document := getattr(report, "conformance", None)):
            self._known[item.name] = (case, Result.from_document(document), str(report.longrepr or ""))
        return report

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: TestResult) -> None:
        """Complete the result of a case before Allure writes it; leave results of other tests unchanged."""
        if result.name not in self._known:
            return
        case, outcome, explanation = self._known.pop(result.name)
        result.name, result.fullName = case.id, case.claim.id
        result.testCaseId, result.historyId = _hash(case.claim.id), _hash(case.id)
        result.titlePath = [case.claim.surface, case.claim.parameter]
        result.description = case.claim.statement
        result.start = result.stop - round(outcome.seconds * 1000)
        result.parameters = [Parameter(name=key, value=value) for key, value in _parameters(case)]
        result.labels = [label for label in result.labels if label.name not in _FILE_LABELS]
        result.labels += [Label(name=key, value=value) for key, value in _labels(case, outcome)]
        result.links += [Link("link", source.url, f"{source.page}: {source.section}") for source in case.claim.sources]
        _status(result, outcome, explanation)
        if outcome.against:
            result.attachments += [self._attach(name, text) for name, text in self._evidence(outcome.evidence)]

    def _evidence(self, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield name and text of each attachment: request, reply and curl line of the first distinct exchanges."""
        settings = self._state.settings
        wanted = distinct(ids)
        exchanges = self._state.recorder.find(wanted) if self._state.recorder else {}
        for number, exchange in enumerate((exchanges[key] for key in wanted if key in exchanges), 1):
            target = settings.target
            bearer = in_shell(target.api_key_env, target.api_key_file)
            names = [name for name, _ in target.headers]
            command = reproduce(exchange.request, settings.mode == "mock", target.base_url, bearer, names)
            yield f"{number} request {exchange.id}", _request(exchange)
            yield f"{number} reply {exchange.id}", _reply(exchange)
            yield f"{number} curl", command

    def _attach(self, name: str, text: str) -> Attachment:
        """Write an attachment and return its record."""
        shown = printable(text, keep="\n\t")
        if len(shown) > _LONGEST_ATTACHMENT:
            shown = f"{shown[:_LONGEST_ATTACHMENT]}\n... ({len(shown)} characters in all, see evidence.ndjson)"
        file = f"{uuid.uuid4()}-attachment.txt"
        allure_commons.plugin_manager.hook.report_attached_data(body=f"{shown}\n", file_name=file)
        return Attachment(name=name, source=file, type="text/plain")


class Writing:
    """The hooks of Allure that write files: none of them may end a run."""

    def __init__(self, state: State) -> None:
        self._state = state

    @allure_commons.hookimpl(hookwrapper=True)
    def report_result(self, result: TestResult) -> Generator[None, Any, None]:
        yield from self._withstand()

    @allure_commons.hookimpl(hookwrapper=True)
    def report_container(self, container: Any) -> Generator[None, Any, None]:
        yield from self._withstand()

    @allure_commons.hookimpl(hookwrapper=True)
    def report_attached_data(self, body: Any, file_name: str) -> Generator[None, Any, None]:
        yield from self._withstand()

    @allure_commons.hookimpl(hookwrapper=True)
    def report_attached_file(self, source: Any, file_name: str) -> Generator[None, Any, None]:
        yield from self._withstand()

    def _withstand(self) -> Generator[None, Any, None]:
        """Go on where the disk takes no more; the end of the run says so."""
        outcome = yield
        error = outcome.excinfo[1] if outcome.excinfo else None
        if isinstance(error, OSError):
            outcome.force_result(None)
            self._state.not_written(error.filename or "a file of --alluredir", error)


def _hash(text: str) -> str:
    """Return the id by which Allure recognizes a test in later runs: its function may test several claims."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _parameters(case: Case) -> Iterator[tuple[str, str]]:
    yield "model", str(case.model)
    if value := case.id.removeprefix(case.cell).removeprefix("="):
        yield "value", value


def _labels(case: Case, outcome: Result) -> Iterator[tuple[str, str]]:
    """Yield the labels that results are filtered and grouped by; epic, feature and story make the tree of behaviours."""
    labels = (case.claim.surface, case.claim.parameter, case.claim.id)
    yield from zip(("epic", "feature", "story"), labels, strict=True)
    yield from zip(("surface", "parameter", "claim"), labels, strict=True)
    yield from zip(("parentSuite", "suite", "subSuite"), labels, strict=True)
    yield from (("provider", case.model.column), ("model", case.model.id))
    yield from (
        ("level", outcome.level.value),
        ("severity", _SEVERITY[outcome.level]),
        ("verdict", outcome.verdict.value),
    )


def _status(result: TestResult, outcome: Result, explanation: str) -> None:
    """Set verdict and detail in place of the name of an exception; a blocked case is broken, as it is an error in JUnit."""
    if outcome.verdict is Verdict.BLOCKED:
        result.status = "broken"
    expected = result.status == "skipped" and outcome.against
    message = f"{outcome.verdict}: {outcome.detail}"
    trace = explanation if outcome.against and explanation else None
    reason = result.statusDetails.message.partition("\n")[0] if expected and result.statusDetails else ""
    result.statusDetails = StatusDetails(message=f"{reason}; {message}" if reason else message, trace=trace)


def _request(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.method} {request.path}\ncontent-type: {request.content_type}\n\n{request.body or ''}"


def _reply(exchange: Exchange) -> str:
    status = exchange.status if exchange.status is not None else f"{exchange.failure}: {exchange.failure_detail}"
    headers = "".join(f"{name}: {value}\n" for name, value in exchange.headers)
    return f"{status}\n{headers}\n{exchange.text}"
