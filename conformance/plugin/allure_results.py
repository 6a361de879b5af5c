"""Allure results: labels, source, readable words and evidence for each case, put in before allure-pytest writes it.

Loaded only where --alluredir is given.  What Allure knows beyond that (history, time line, categories) is its own business.
"""

# pyright: reportCallIssue=false
# Allure writes its records with attrs in a form that pyright cannot read the parameters from; mypy can.

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
from conformance.plugin.collecting import case_of
from conformance.plugin.state import State
from conformance.results.explanation import distinct, reproduce
from conformance.results.matrix import Result
from conformance.target.keys import in_shell
from conformance.trial.judge import Verdict

_SEVERITY = {"must": "critical", "should": "normal", "unstated": "trivial"}
_OF_FILES = {"parentSuite", "suite", "subSuite", "package"}  # they change with the folder that a run is started in
_LONGEST = 200_000  # characters of one attachment


class AllureResults:
    """Answers pytest's hook with a case's outcome, and then Allure's with its result."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[str, tuple[Case, Result, str]] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        report = yield
        case = case_of(item)
        if case and (found := getattr(report, "conformance", None)):
            self._known[case.id] = (case, Result.from_document(found), str(report.longrepr or ""))
        return report

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: TestResult) -> None:
        """Allure's result of a case, before it is written; a result of somebody else's stays as it is."""
        name = next((parameter.value for parameter in result.parameters if parameter.name == "case"), None)
        if name not in self._known:
            return
        case, found, explained = self._known.pop(name)
        result.name, result.fullName = case.id, case.claim.id
        result.testCaseId, result.historyId = _hash(case.claim.id), _hash(case.id)
        result.titlePath = [case.claim.surface, case.claim.parameter]
        result.description = case.claim.statement
        result.start = result.stop - round(found.seconds * 1000)
        result.parameters = [Parameter(name=key, value=value) for key, value in _parameters(case)]
        result.labels = [label for label in result.labels if label.name not in _OF_FILES]
        result.labels += [Label(name=key, value=value) for key, value in _labels(case, found)]
        result.links += [Link("link", source.url, f"{source.page}: {source.section}") for source in case.claim.sources]
        _status(result, found, explained)
        if found.against:
            result.attachments += [self._attach(name, text) for name, text in self._evidence(found.evidence)]

    def _evidence(self, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Name and text of what is attached: request, reply and command line of the first distinct exchanges."""

        settings = self._state.settings
        wanted = distinct(ids)
        found = self._state.recorder.find(wanted) if self._state.recorder else {}
        for number, exchange in enumerate((found[exchange] for exchange in wanted if exchange in found), 1):
            target = settings.target
            bearer = in_shell(target.api_key_env, target.api_key_file)
            names = [name for name, _ in target.headers]
            command = reproduce(exchange.request, settings.mode == "mock", target.base_url, bearer, names)
            yield f"{number} request {exchange.id}", _request(exchange)
            yield f"{number} reply {exchange.id}", _reply(exchange)
            yield f"{number} curl", command

    def _attach(self, name: str, text: str) -> Attachment:

        shown = printable(text, keep="\n\t")
        if len(shown) > _LONGEST:
            shown = f"{shown[:_LONGEST]}\n... ({len(shown)} characters; the whole is in evidence.ndjson)"
        file = f"{uuid.uuid4()}-attachment.txt"
        allure_commons.plugin_manager.hook.report_attached_data(body=f"{shown}\n", file_name=file)
        return Attachment(name=name, source=file, type="text/plain")


def _hash(text: str) -> str:
    """What Allure knows a test by from run to run; one function tests several claims, so its own name is not enough."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _parameters(case: Case) -> Iterator[tuple[str, str]]:
    yield "model", str(case.model)
    if value := case.id.removeprefix(case.cell).removeprefix("="):
        yield "value", value


def _labels(case: Case, found: Result) -> Iterator[tuple[str, str]]:
    """What results can be filtered and grouped by; epic, feature and story make Allure's tree of behaviours."""
    labels = (case.claim.surface, case.claim.parameter, case.claim.id)
    yield from zip(("epic", "feature", "story"), labels, strict=True)
    yield from zip(("surface", "parameter", "claim"), labels, strict=True)
    yield from zip(("parentSuite", "suite", "subSuite"), labels, strict=True)
    yield from (("provider", case.model.column), ("model", case.model.id))
    yield from (("level", found.level.value), ("severity", _SEVERITY[found.level]), ("verdict", found.verdict.value))


def _status(result: TestResult, found: Result, explained: str) -> None:
    """Verdict and detail in place of an exception's name; what could not be judged is broken, as an error is in JUnit."""

    if found.verdict is Verdict.BLOCKED:
        result.status = "broken"
    expected = result.status == "skipped" and found.against
    said = f"{found.verdict}: {found.detail}"
    trace = explained if found.against and explained else None
    before = result.statusDetails.message.partition("\n")[0] if expected and result.statusDetails else ""
    result.statusDetails = StatusDetails(message=f"{before}; {said}" if before else said, trace=trace)


def _request(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.method} {request.path}\ncontent-type: {request.content_type}\n\n{request.body or ''}"


def _reply(exchange: Exchange) -> str:
    status = exchange.status if exchange.status is not None else f"{exchange.failure}: {exchange.failure_detail}"
    headers = "".join(f"{name}: {value}\n" for name, value in exchange.headers)
    return f"{status}\n{headers}\n{exchange.text}"
