"""One run in one process: cases run ahead of whoever waits for them, and every exchange is recorded as it finishes.

Pytest is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from conformance.base.observation import Reason, printable, shortened
from conformance.base.sharing import SharedState
from conformance.contract.claims import Case
from conformance.evidence.recording import Archive
from conformance.evidence.replay import ReplaySource, ResumeSource
from conformance.http.exchange import Exchange
from conformance.http.source import NotSent, Sender
from conformance.run.background import AHEAD, Pending, Runner, Stopped
from conformance.run.recorded import RecordedOutcomes
from conformance.run.settings import Settings
from conformance.run.spending import Budget, Spent, UsageMeter
from conformance.run.tally import PreflightFacts, Tally
from conformance.sending.transport import Transport
from conformance.trial.judge import Verdict
from conformance.trial.request_cache import Recall, RequestCache
from conformance.trial.trial import Outcome, Preflight, Test, preflight, stopped, trial


class Run:
    """Runs cases ahead of whoever waits for them, and hands every exchange to `record` as it finishes.

    `concurrency` is this process's part of the target's, `shared` what it shares with the other processes of the run; without
    `eager` little more is asked ahead than can be in flight.  `archive` holds what the settings' past recorded.  `known` is how
    many cases have an outcome; `recorded` is what the past run came to.

    An exchange stays in here as it came; what comes out of a run for people is without secrets.
    """

    def __init__(
        self,
        settings: Settings,
        record: Callable[[Exchange], object],
        *,
        recall: Recall | None = None,
        concurrency: int | None = None,
        shared: SharedState | None = None,
        eager: bool = True,
        archive: Archive | None = None,
        recorded: RecordedOutcomes | None = None,
    ) -> None:
        self._recorded = recorded or RecordedOutcomes()
        self._settings = settings
        self._recall = recall
        self._archive = archive
        self._record = record
        self._concurrency = concurrency or settings.target.concurrency
        self._shared = shared or SharedState()
        self._workers = self._concurrency * (AHEAD if eager else 1)
        self._pending: dict[str, Pending] = {}
        self._preflights: dict[tuple[str, str], Preflight] = {}
        self._headers: dict[str, str] = {}
        self._ended: float | None = None
        self._told: set[str] = set()
        self._counted: set[str] = set()
        self.finished_cases = 0

    def start(self, cases: Iterable[tuple[Case, Test]]) -> None:
        """Queue cases; what is queued already is left alone."""
        new = [(case, test) for case, test in cases if case.id not in self._pending]
        begun = self._runner.start([self._job(case, test) for case, test in new])
        self._pending.update({case.id: each for (case, _), each in zip(new, begun, strict=True)})
        for each in begun:
            each.add_done_callback(self._count)

    def wait(self, case: Case, tick: Callable[[], None] | None = None, every: float = 0.2) -> Outcome:
        """What became of a queued case; `tick` is called about every so many seconds meanwhile."""
        pending = self._pending[case.id]
        while tick and not pending.wait(every):
            tick()
        self._told.add(case.id)
        try:
            return pending.result()
        except (CancelledError, Stopped):
            return stopped()

    def stop(self) -> None:
        """Cancel what is in flight and close all connections."""
        if "_runner" in self.__dict__:
            self._runner.stop()

    @property
    def preflights(self) -> dict[tuple[str, str], Exchange]:
        """The plain request of each surface and model that was asked, answered."""
        return {key: found.exchange for key, found in self._preflights.items()}

    @property
    def finished_exchanges(self) -> int:
        """How many exchanges are finished."""
        return self._cache.finished if "_cache" in self.__dict__ else 0

    @property
    def waiting(self) -> float:
        """The seconds until the endpoint's rate lets the next request pass; 0 while nothing waits for it."""
        return self._transport.pacer.waiting if "_transport" in self.__dict__ else 0.0

    def tally(self) -> Tally:
        """Return what the process counted and heard beside its cases."""
        spent = self._meter.tally() if "_meter" in self.__dict__ else {}
        return Tally(
            requests=self._source.sent if "_source" in self.__dict__ else 0,
            waited=self._transport.pacer.waited if "_transport" in self.__dict__ else 0.0,
            ended=self._ended,
            server=self._headers.get("server"),
            spent={model: Spent(**counts) for model, counts in spent.items()},
            preflights={key: self._facts(*key, found) for key, found in self._preflights.items()},
            unreported=self._unreported(),
        )

    def _facts(self, surface: str, model: str, before: Preflight) -> PreflightFacts:
        """Return how a model introduced itself; of a reply that lacks a secret, what the recorded run said of it."""
        if before.exchange.taken and (surface, model) in self._recorded.preflights:
            return self._recorded.preflights[surface, model]
        return PreflightFacts(
            surface,
            self._shown(before.echoed_model),
            self._shown(before.fingerprint),
            self._shown(before.reason),
            before.exit_code,
        )

    def _shown(self, text: str | None) -> str | None:
        return None if text is None else self._settings.redact.sentence(text)

    def _unreported(self) -> dict[str, tuple[str, ...]]:
        """Return the evidence of the cases where the run was stopped before all were waited for, by case; else nothing.

        Of all cases that are known: whether what a worker reported at last was still heard, it cannot know.
        """
        if self._pending.keys() <= self._told:
            return {}
        found = {}
        for name, pending in self._pending.items():
            with suppress(Exception):  # what it broke with is told to whoever waits for it
                if evidence := pending.result(0).evidence:
                    found[name] = evidence
        return found

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self._workers, self._close)

    @cached_property
    def _source(self) -> Sender:
        if self._archive is not None and self._settings.replays:
            return ReplaySource(self._archive)
        sender: Sender = self._transport
        if self._settings.budget is not None:
            sender = Budget(
                sender,
                self._settings.prices,
                self._settings.budget,
                self._shared,
                patience=5 * self._settings.target.timeout,
            )
        return sender if self._archive is None else ResumeSource(self._archive, sender)

    @cached_property
    def _transport(self) -> Transport:
        return Transport(self._settings.target, self._concurrency, self._shared)

    @cached_property
    def _meter(self) -> UsageMeter:
        return UsageMeter(self._source)

    @cached_property
    def _cache(self) -> RequestCache:
        return RequestCache(self._meter, self._note, recall=self._recall, max_starting=self._concurrency)

    async def _close(self) -> None:
        if "_source" in self.__dict__:
            await self._source.close()
        self._shared.close()

    def _count(self, _: Pending) -> None:
        self.finished_cases += 1

    def _note(self, exchange: Exchange) -> object:
        taken = self._record(exchange)
        self._ended = max(self._ended or 0.0, exchange.started + exchange.seconds)
        if not self._headers:
            redact = self._settings.redact.sentence
            self._headers = {name.lower(): printable(shortened(redact(value), 200)) for name, value in exchange.headers}
        return taken

    def _job(self, case: Case, test: Test) -> Callable[[], Any]:
        bound = self._settings.bind(case)
        key = case.claim.surface, str(case.model)

        async def job() -> Outcome:
            if known := await self._known(case):
                return known
            outcome = await trial(test, bound, self._cache, self._settings.samples)
            if key not in self._preflights and outcome.verdict is not Verdict.NOT_APPLICABLE:
                with suppress(NotSent):
                    self._preflights[key] = await preflight(bound, self._cache)
            if outcome.reason is Reason.REDACTED and case.cell in self._recorded.cells:
                return self._recorded.cells[case.cell]
            return self._without_secrets(outcome)

        return job

    async def _known(self, case: Case) -> Outcome | None:
        """Return what the run that is gone on with had judged on a reply that showed a secret: asking again would cost again.

        What it took then counts as sent.
        """
        archive, source = self._archive, self._source
        outcome = self._recorded.judged.get(case.cell)
        if outcome is None or archive is None or not isinstance(source, ResumeSource):
            return None
        if not any(map(archive.redacted, outcome.evidence)):
            return None
        for name in outcome.evidence:
            if name in archive:
                exchange = archive.get(name)
                await self._cache.fetch(exchange.request, exchange.sample, exchange.attempt)
            elif archive.redacted(name) and name not in self._counted:
                self._counted.add(name)
                source.count(name)
                self._meter.count(archive.get(name))
        return outcome

    def _without_secrets(self, outcome: Outcome) -> Outcome:
        """Return the outcome as reports may hold it; the observation was judged as it was made."""
        redact, seen = self._settings.redact, outcome.observation
        detail = redact.sentence(outcome.detail)
        if seen is not None:
            said = detail if seen.detail == outcome.detail else redact.sentence(seen.detail)
            measured = seen.measured and redact(seen.measured)
            if said != seen.detail or measured != seen.measured:
                seen = replace(seen, detail=said, measured=measured)
        unchanged = detail == outcome.detail and seen is outcome.observation
        return outcome if unchanged else replace(outcome, detail=detail, observation=seen)
