"""One run in one process: cases are run ahead of whoever waits for them, and every exchange is recorded when it finishes.

What each part does lives in other modules; here they are put together: the source of exchanges (transport, budget, recording),
the meter, the request cache, the runner and the redaction of results.  Nothing here knows pytest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from conformance.base.observation import Reason, printable, shortened
from conformance.base.sharing import SharedState
from conformance.contract.claims import Case
from conformance.evidence.recording import Archive
from conformance.evidence.replay import ReplaySource, ResumeSource
from conformance.http.exchange import Exchange
from conformance.http.source import Sender
from conformance.run.background import CASES_PER_SLOT, Later, Pending, Runner, Stopped
from conformance.run.causes import Causes
from conformance.run.recorded import RecordedOutcomes
from conformance.run.settings import Settings
from conformance.run.spending import Budget, Spent, UsageMeter
from conformance.run.tally import PreflightFacts, Tally
from conformance.run.witnesses import Witnesses
from conformance.sending.transport import Transport
from conformance.surfaces.surface import BoundCase
from conformance.trial.hearing import FEWEST, close_hearing, open_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.judge import JUDGED, Verdict
from conformance.trial.request_cache import Recall, RequestCache
from conformance.trial.trial import Interrupted, Outcome, Preflight, Preflights, Test, compared, stopped, trial


class Run:
    """Runs cases ahead of whoever waits for them, and passes every exchange to `record` when it finishes.

    - `recall` reads recorded exchanges back, see RequestCache.
    - `concurrency` is this process's part of the target's, `shared` the state that all processes of the run share.  Of more than
      one process `apart`, on machines that share no file, each keeps to an equal part of the target's rates by itself.
    - Without `eager` only as many cases are started as requests can be in flight.
    - `archive` holds the exchanges of the earlier run, `recorded` its outcomes.

    `finished_cases` is the number of cases with an outcome, `deviations` that of those that deviate.  Exchanges in here still
    hold secrets; everything that a run returns for people is redacted.
    """

    def __init__(
        self,
        settings: Settings,
        record: Callable[[Exchange], object],
        *,
        recall: Recall | None = None,
        concurrency: int | None = None,
        shared: SharedState | None = None,
        apart: int = 1,
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
        self._apart = apart
        self._workers = self._concurrency * (CASES_PER_SLOT if eager else 1)
        self._pending: dict[str, Pending] = {}
        self._preflights: Preflights = {}
        self._headers: dict[str, str] = {}
        self._ended: float | None = None
        self._waited_for: set[str] = set()
        self._counted: set[str] = set()
        self._witnesses = Witnesses()
        self._recorded_heard = False
        self._causes = Causes(settings.contract)
        self.finished_cases = 0
        self.deviations = 0

    def start(self, cases: Iterable[tuple[Case, Test]]) -> None:
        """Queue cases; those that are queued already are ignored."""
        bound = [(self._settings.bind(case), test) for case, test in cases if case.id not in self._pending]
        for case, test in bound:
            self._witnesses.expect(case, invariant_of(test))
            self._causes.expect(case.case)
        for patient in (True, False):
            chosen = [(case, test) for case, test in bound if (invariant_of(test) is not None) is patient]
            begun = self._runner.start([self._job(case, test) for case, test in chosen], patient=patient)
            for (case, _), pending in zip(chosen, begun, strict=True):
                self._pending[case.case.id] = pending
                pending.add_done_callback(self._count)

    def wait(self, case: Case, tick: Callable[[], None] | None = None, every: float = 0.2) -> Outcome:
        """Wait for a queued case and return its outcome; `tick` is called about every `every` seconds meanwhile."""
        pending = self._pending[case.id]
        while tick and not pending.wait(every):
            tick()
        self._waited_for.add(case.id)
        try:
            return pending.result()
        except (CancelledError, Stopped):
            return stopped()

    def stop(self) -> None:
        """Cancel all cases that are not done and close all connections."""
        if "_runner" in self.__dict__:
            self._runner.stop()

    @property
    def preflights(self) -> dict[tuple[str, str], Exchange]:
        """The exchange of each preflight that was sent, by surface and model."""
        return {key: before.exchange for key, before in self._preflights.items()}

    @property
    def finished_exchanges(self) -> int:
        """The number of exchanges that have finished."""
        return self._cache.finished if "_cache" in self.__dict__ else 0

    @property
    def waiting(self) -> float:
        """The seconds until the pace admits the next request; 0 if no request waits."""
        return self._transport.pacer.waiting if "_transport" in self.__dict__ else 0.0

    @property
    def silence(self) -> tuple[float, float]:
        """For how many seconds the endpoint has not answered, and for how many it is waited for at most."""
        if "_transport" not in self.__dict__:
            return 0.0, 0.0
        return self._transport.outage.seconds, self._transport.outage.patience

    def tally(self) -> Tally:
        """Return what this process counted."""
        spent = self._meter.tally() if "_meter" in self.__dict__ else {}
        return Tally(
            requests=self._source.sent if "_source" in self.__dict__ else 0,
            waited=self._transport.pacer.waited if "_transport" in self.__dict__ else 0.0,
            ended=self._ended,
            server=self._headers.get("server"),
            spent={model: Spent(**counts) for model, counts in spent.items()},
            preflights={key: self._facts(*key, before) for key, before in self._preflights.items()},
            unreported=self._unreported(),
            death=self._transport.death if "_transport" in self.__dict__ else None,
        )

    def _facts(self, surface: str, model: str, before: Preflight) -> PreflightFacts:
        """Return the facts of a preflight; if a secret was removed from its reply, those of the recorded run."""
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
        """Return the evidence by case if the run was stopped before all cases were waited for; else nothing.

        It contains all cases with an outcome, since a worker cannot know whether its last reports still reached the controller.
        """
        if self._pending.keys() <= self._waited_for:
            return {}
        evidence_by_case = {}
        for case_id, pending in self._pending.items():
            with suppress(Exception):  # a fault of the suite is raised where the case is waited for
                if evidence := pending.result(0).evidence:
                    evidence_by_case[case_id] = evidence
        return evidence_by_case

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self._workers, self._close)

    @cached_property
    def _source(self) -> Sender:
        if self._archive is not None and self._settings.replays:
            return ReplaySource(self._archive)
        sender: Sender = self._transport
        if self._settings.budget is not None:
            # Reserved money that does not change for five time limits and an outage belongs to a process that has died:
            # MAX_TRIES exchanges of one request and the waits between them are shorter.
            patience = 5 * self._settings.target.timeout + self._settings.target.patience
            sender = Budget(sender, self._settings.prices, self._settings.budget, self._shared, patience=patience)
        return sender if self._archive is None else ResumeSource(self._archive, sender)

    @cached_property
    def _transport(self) -> Transport:
        parts = self._apart * (self._settings.shard.parts if self._settings.shard else 1)
        shared = self._shared if self._apart == 1 else SharedState()
        return Transport(self._settings.target.part(parts), self._concurrency, shared)

    @cached_property
    def _meter(self) -> UsageMeter:
        return UsageMeter(self._source)

    @cached_property
    def _cache(self) -> RequestCache:
        return RequestCache(
            self._meter,
            self._note,
            recall=self._recall,
            max_starting=self._concurrency,
            hear=self._witnesses.hear,
        )

    async def _close(self) -> None:
        if "_source" in self.__dict__:
            await self._source.close()
        self._shared.close()

    def _count(self, pending: Pending) -> None:
        self.finished_cases += 1
        with suppress(Exception):  # a fault of the suite is raised where the case is waited for
            self.deviations += pending.result(0).verdict is Verdict.DEVIATES

    def _note(self, exchange: Exchange) -> object:
        taken = self._record(exchange)
        self._ended = max(self._ended or 0.0, exchange.started + exchange.seconds)
        if not self._headers:
            redact = self._settings.redact.sentence
            self._headers = {name.lower(): printable(shortened(redact(value), 200)) for name, value in exchange.headers}
        return taken

    def _job(self, bound: BoundCase, test: Test) -> Callable[[], Any]:
        case = bound.case

        async def judged() -> Outcome:
            if known := await self._known(case):
                return known
            outcome = await (self._hearing if invariant_of(test) else self._trial)(bound, test)
            if outcome.reason is Reason.REDACTED and case.cell in self._recorded.cells:
                return self._recorded.cells[case.cell]
            if outcome.verdict in JUDGED:
                outcome = replace(outcome, reason=None)  # what lacks a secret was left out, and the others suffice
            return self._without_secrets(outcome)

        async def job() -> Outcome | Later:
            outcome: Outcome | None = None
            try:
                outcome = await judged()
            finally:
                self._witnesses.finish(bound)  # again for most, but a damaged recording may keep a case from asking
                self._witnesses.asked(bound)
                if outcome is None or outcome.failures is None:
                    self._causes.finish(case, outcome)
            assert outcome is not None
            known = outcome
            if known.failures is None and not self._causes.is_effect(case):
                return outcome
            return Later(lambda: self._rest(bound, known), replace(stopped(), evidence=outcome.evidence))

        return job

    async def _rest(self, bound: BoundCase, outcome: Outcome) -> Outcome:
        """Return the outcome of a case once those are known that it is held against."""
        if outcome.failures is not None:
            try:
                others = await self._witnesses.others(bound)
            except asyncio.CancelledError:
                raise Interrupted(replace(stopped(), evidence=outcome.evidence)) from None
            outcome = self._without_secrets(compared(outcome, bound, others))
            self._causes.finish(bound.case, outcome)
        return await self._causes.attribute(bound.case, outcome)

    async def _trial(self, case: BoundCase, test: Test) -> Outcome:
        try:
            settings = self._settings
            known, looks = case.case.cell in (settings.standing or ()), settings.looks
            return await trial(test, case, self._cache, settings.samples, self._preflights, looks=looks, known=known)
        finally:
            self._witnesses.finish(case)

    async def _hearing(self, case: BoundCase, test: Test) -> Outcome:
        """Judge an invariant when the last exchange of its model is in."""
        try:
            outcome = await open_hearing(case, self._cache, self._preflights)
        finally:
            self._witnesses.finish(case)
        if outcome is not None:
            return outcome
        witness = await self._witnesses.last_exchange(case)
        self._hear_recorded()
        share, standing = self._settings.share, self._settings.standing
        fewest, known = (FEWEST, False) if standing is None else (0, case.case.cell in standing)
        all_asked = partial(self._witnesses.all_asked, case)
        return await close_hearing(
            test, witness, case, self._cache, share=share, fewest=fewest, known=known, all_asked=all_asked
        )

    def _hear_recorded(self) -> None:
        """Hold against the invariants, once, all that an older recording has, since it lacks the requests of today.

        What the cases about mistakes asked for is known from the matrix of that run; without one, only refusals are judged.
        """
        earlier, archive = self._settings.earlier_run, self._archive
        if archive is None or earlier is None or not self._settings.replays or not earlier.precedes_invariants:
            return
        if self._recorded_heard:
            return
        self._recorded_heard = True
        mistakes = self._recorded.mistakes
        for exchange in map(archive.get, archive):
            mistake = exchange.id in mistakes if mistakes is not None else True
            self._witnesses.hear(exchange.request, exchange, mistake=mistake)

    async def _known(self, case: Case) -> Outcome | None:
        """Return the recorded outcome of a case that was judged on a reply with a secret; sending again would cost again.

        Its requests count as sent.
        """
        archive, source = self._archive, self._source
        outcome = self._recorded.judged.get(case.cell)
        if outcome is None or archive is None or not isinstance(source, ResumeSource):
            return None
        if not any(map(archive.redacted, outcome.evidence)):
            return None
        for exchange_id in outcome.evidence:
            if exchange_id in archive:
                exchange = archive.get(exchange_id)
                await self._cache.fetch(exchange.request, exchange.sample, exchange.attempt)
            elif archive.redacted(exchange_id) and exchange_id not in self._counted:
                self._counted.add(exchange_id)
                source.count(exchange_id)
                self._meter.count(archive.get(exchange_id))
        return outcome

    def _without_secrets(self, outcome: Outcome) -> Outcome:
        """Return the outcome without secrets, as reports may hold it; it was judged before."""
        redact, seen = self._settings.redact, outcome.observation
        detail = redact.sentence(outcome.detail)
        if seen is not None:
            sentence = detail if seen.detail == outcome.detail else redact.sentence(seen.detail)
            measured = seen.measured and redact(seen.measured)
            if sentence != seen.detail or measured != seen.measured:
                seen = replace(seen, detail=sentence, measured=measured)
        unchanged = detail == outcome.detail and seen is outcome.observation
        return outcome if unchanged else replace(outcome, detail=detail, observation=seen)
