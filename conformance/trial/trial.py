"""A trial: send the requests of one case, observe, and judge, with every precaution before an endpoint is blamed.

How it works.  An endpoint can seem to deviate for many reasons that are not its fault, so each has a step that rules it out:

1. Preflight: if the model does not even answer a plain request, the case is blocked.  Sent once per model and surface.
2. The test of the suite sends its requests and returns an observation.
3. A refusal of another parameter than the one under test is no evidence.
4. After a refusal or a server fault a plain request (the control) must succeed; otherwise the endpoint refuses everything just
now. 5. After a bare acceptance a request with an unknown parameter (the negative control) shows whether acceptance means
anything; if
   that is accepted too, the detail says that the evidence is weak.
6. A deviation is repeated until it was observed three times; where the claim depends on sampling, several samples vote instead.

How many observations must agree is decided in `samples`, what they mean in `judge`.  Nothing here knows pytest or a parameter.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.base.money import Usage, total
from conformance.base.observation import Observation, Reason, Seen, printable, shortened, unanswered
from conformance.contract.claims import Case, Says
from conformance.http.exchange import Exchange
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase, Surface
from conformance.trial.ask import CONTROLS_PER_TURN, FIRST_CONTROL, Ask, NoControl
from conformance.trial.failing import Failing
from conformance.trial.judge import AGAINST, Verdict, judge
from conformance.trial.odds import Looks, more_often
from conformance.trial.request_cache import RequestCache
from conformance.trial.samples import (
    DEVIATIONS_NEEDED,
    SIGHTINGS,
    Failures,
    combine,
    failures_at_times,
    looks_of,
    needs_another_look,
    renewal,
)

Test = Callable[[Any, Any], Awaitable[Observation]]
"""A test of the suite: it takes the case bound to its surface, and the `Ask` for replies of that surface."""

# The sample number of the preflight for cases about the endpoint as a whole.  They are sent for a stand-in model, whose own cases
# may run on another worker.  A number that no other request has makes it a different exchange, so no id is recorded twice.
_ENDPOINT_SAMPLE = 999

_MAX_NAME = 200  # characters of the name that a model gives itself; the longest real ones have about 80

_REDACTED = "not judged: a secret was removed from a reply that this depends on"


@dataclass(frozen=True)
class Outcome:
    """The result of one case; `evidence` holds the ids of its exchanges, `seconds` the time they took together.

    `reason` says for programs why a case is blocked or inconclusive, `looks` what the verdict rests on.
    `failures` are those that count if all other requests of the model fail more rarely, which `compared` decides.
    `cause` is the claim whose failure blocks the case.
    `borrowed` are the ids of those exchanges among the evidence that other cases asked for.  `tokens` are those that the replies
    to its own requests were billed for; its `requests` are the replies that say so.
    """

    verdict: Verdict
    detail: str
    observation: Observation | None = None
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0
    reason: Reason | None = None
    looks: Looks | None = None
    borrowed: frozenset[str] = frozenset()
    tokens: Usage | None = None
    failures: Failures | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Preflight:
    """Whether a model answers a plain request; if not, the reason, and the exit code 3, 4 or 5 that says who has to act."""

    exchange: Exchange
    reason: str | None
    exit_code: int = 0

    @property
    def echoed_model(self) -> str | None:
        """The name that the model gives itself in the reply."""
        return _name(self._reply.echoed_model)

    @property
    def fingerprint(self) -> str | None:
        """The name of the server configuration in the reply."""
        return _name(self._reply.fingerprint)

    @property
    def _reply(self) -> Reply:
        return surfaces.for_request(self.exchange.request).read(self.exchange)


Preflights = dict[tuple[str, str], Preflight]
"""The preflights of a run, by surface and model."""


async def known_preflight(case: BoundCase, cache: RequestCache, known: Preflights) -> Preflight:
    """Return the preflight of a case; the request is made and the reply is read once for all cases of a model."""
    key = case.claim.surface, str(case.case.model)
    if key not in known:
        known[key] = await preflight(case, cache)
    return known[key]


async def preflight(case: BoundCase, cache: RequestCache) -> Preflight:
    """Send the plain request; it is sent once per model and surface, however many cases wait for it."""
    request = case.plain()
    exchange = await cache.fetch(request, _ENDPOINT_SAMPLE if case.case.stand_in else 0)
    surface = surfaces.for_request(request)
    reply = surface.read(exchange)
    if reply.ok:
        return Preflight(exchange, None)
    code, reason = _explain(exchange, reply, surface, keyed=case.keyed)
    return Preflight(exchange, reason, code)


def _explain(exchange: Exchange, reply: Reply, surface: Surface, *, keyed: bool) -> tuple[int, str]:
    """Return the exit code and the reason of a failed preflight, with the next step; `keyed`: the target names a key."""
    detail = reply.refusal().detail
    if exchange.failure in {"connection", "timeout"}:
        return 4, f"the endpoint does not answer ({detail}); check the base URL and that the server runs"
    if exchange.status in {401, 403} and keyed:
        return (
            3,
            f"the key was not accepted ({detail}); check the variable or file that --api-key-env or --api-key-file names",
        )
    if exchange.status in {401, 403}:
        return 3, (
            f"the endpoint asks for authorization, and the target names no key ({detail}); name the variable that holds it "
            "with --api-key-env, or check the headers of the target file"
        )
    if exchange.status == 429 and not surface.is_transient(exchange):
        return 3, f"the account has no credit or quota left ({detail}); top it up, then run again"
    if exchange.status == 429:
        return 5, f"the endpoint limits the rate ({detail}); try later or with a lower --concurrency"
    # Before the text is searched for "model": gateways report a dead upstream as "no deployments for model group".
    if (exchange.status or 0) >= 500:
        return 4, f"the endpoint fails on a plain request ({detail}); it cannot be tested until it recovers"
    error = surface.envelope(exchange.json)
    about_model = error is not None and (
        "model" in f"{error.code} {error.param}".lower() or "model" in error.message.lower()
    )
    if about_model or exchange.status == 404:
        return (
            3,
            f"the endpoint does not know the model or the path ({detail}); check --model and that the base URL ends in /v1",
        )
    return 3, f"a plain request is not answered ({detail}); check base URL, model and account"


async def attempt(test: Test, case: BoundCase, ask: Ask[Reply]) -> Observation:
    """Run the test once and return its observation, with the control that a refusal or a server fault needs."""
    try:
        seen = _unless_about_another_parameter(await test(case, ask), case, ask.used)
        ask.tested = len(ask.used)
        if seen.suspect:
            await control_after(case, ask, case.case.id)
        elif seen.seen is Seen.REFUSED:
            await control_after(case, ask, f"{'endpoint ' if case.case.stand_in else ''}{case.parameter.name}")
        elif seen.seen is Seen.ACCEPTED and not seen.absence and case.case.rule.says is not Says.REFUSED:
            seen = await _with_weak_evidence_noted(seen, case, ask)
    except NoControl as error:
        seen = unanswered(str(error))
    return seen


def _unless_about_another_parameter(seen: Observation, case: BoundCase, used: list[Exchange]) -> Observation:
    """Return the observation, or no evidence if the endpoint says that it refused another parameter of the request."""
    last = next((exchange for exchange in reversed(used) if exchange.status != 200), None)
    other = case.other_refused_parameter(last) if last and seen.seen is Seen.REFUSED else None
    return unanswered(f"another parameter of the request, {other}, was refused: {seen.detail}") if other else seen


async def _with_weak_evidence_noted(seen: Observation, case: BoundCase, ask: Ask[Reply]) -> Observation:
    """Return the observation, with a note if an unknown parameter is accepted too, so that acceptance proves little."""
    negative = case.negative()
    if negative is None or case.case.stand_in or any(used.request == negative for used in ask.used):
        return seen
    if not (await ask(negative)).ok:
        return seen
    return replace(seen, detail=f"{seen.detail}; weak evidence: an unknown parameter is accepted as well")


async def trial(
    test: Test,
    case: BoundCase,
    cache: RequestCache,
    samples: int = 1,
    preflights: Preflights | None = None,
    *,
    looks: int = 1,
    known: bool = False,
) -> Outcome:
    """Run and judge one case, with `looks` observations at once, or `samples` if its claim depends on sampling and they are more.

    A deviation that is `known` from an earlier run is not repeated.

    `preflights` holds the preflights of the run; the one of the case is taken from there or added.  If the trial is cancelled, it
    raises Interrupted with the outcome so far.
    """
    if case.case.rule.says is Says.NOT_APPLICABLE:
        return Outcome(Verdict.NOT_APPLICABLE, case.case.rule.why)
    asks: list[Ask[Reply]] = []
    try:
        before = await known_preflight(case, cache, {} if preflights is None else preflights)
        try:
            turns = first_looks(case.case, samples, looks)
            outcome = await _observe(test, case, cache, turns, asks, before, known=known)
        except NotSent as error:
            await asyncio.gather(*(ask.wait_until_done() for ask in asks))
            outcome = Outcome(Verdict.BLOCKED, error.detail, evidence=answered(asks), reason=error.reason)
    except NotSent as error:
        return Outcome(Verdict.BLOCKED, error.detail, reason=error.reason)
    except asyncio.CancelledError:
        raise Interrupted(replace(stopped(), evidence=answered(asks))) from None
    if before.exchange.taken or any(exchange.taken for ask in asks for exchange in ask.used):
        return redacted(outcome)
    return outcome


def first_looks(case: Case, samples: int, looks: int) -> int:
    """Return how many observations of a case are made at once before any is repeated."""
    return max(samples, looks) if case.majority else looks


def redacted(outcome: Outcome) -> Outcome:
    """Return the outcome of a case that cannot be judged because a secret was removed from a recorded reply."""
    seen = unanswered(_REDACTED)
    inconclusive = replace(outcome, verdict=Verdict.INCONCLUSIVE, detail=seen.detail, observation=seen, failures=None)
    return replace(inconclusive, reason=Reason.REDACTED)


def compared(outcome: Outcome, case: BoundCase, others: Failing) -> Outcome:
    """Return the outcome of a case, with its failures held against how often other requests of the model failed."""
    failures = outcome.failures
    if failures is None:
        return outcome
    failed, total = others.without(outcome.evidence)
    if not more_often(failures.count, failures.requests, failed, total):
        return replace(outcome, failures=None)
    detail = f"{failures.seen.detail}; {failed} of {total} other requests failed"
    seen, rule = replace(failures.seen, detail=detail, suspect=False), case.case.rule
    verdict, looks = judge(rule.says, rule.level, seen.seen), Looks(failures.looks, failures.count, needed=SIGHTINGS)
    return replace(outcome, verdict=verdict, detail=detail, observation=seen, reason=None, looks=looks, failures=None)


async def _observe(
    test: Test,
    case: BoundCase,
    cache: RequestCache,
    turns: int,
    asks: list[Ask[Reply]],
    before: Preflight,
    *,
    known: bool,
) -> Outcome:
    """Observe and judge a case after its preflight, with `turns` observations at once.

    Every `Ask` is added to `asks` before it is used: its exchanges are evidence of the case even if this function raises.  A
    preflight from a recording without its secrets decides nothing, but the test runs, so that a replay uses the same exchanges.
    """
    rule, majority = case.case.rule, case.case.majority
    if before.reason and not before.exchange.taken:
        detail = f"preflight of {case.model}: {before.reason}"
        return Outcome(Verdict.BLOCKED, detail, evidence=(before.exchange.id,), reason=Reason.PREFLIGHT)
    mistakes = case.case.is_mistake
    asks += [Ask(cache, turn=turn, mistakes=mistakes) for turn in range(turns)]
    observations = await _all_attempts(test, case, asks, enough=turns if majority else 1)
    repeats: list[Observation] = []
    missing: NotSent | None = None
    stands = known and all(
        judge(rule.says, rule.level, seen.seen) in AGAINST and not seen.suspect for seen in observations
    )
    while missing is None and not stands and needs_another_look(observations, repeats, rule, majority):
        number = len(repeats) + 1
        asks.append(Ask(cache, number, mistakes=mistakes, renewed=renewal(number)))
        try:
            repeats.append(await attempt(test, case, asks[-1]))
        except NotSent as error:
            missing = error
    if missing is not None and len(observations + repeats) < DEVIATIONS_NEEDED:
        raise missing  # the looks until then are too few to say anything
    seen = observations[0] if stands else combine(observations, repeats, rule, majority)
    used = [exchange for ask in asks for exchange in ask.used]
    verdict, seconds = judge(rule.says, rule.level, seen.seen), sum(exchange.seconds for exchange in used)
    if seen.reason is Reason.NOT_APPLICABLE:
        return Outcome(Verdict.NOT_APPLICABLE, seen.detail, evidence=_distinct_ids(used), seconds=seconds)
    looks = looks_of([*observations, *repeats], rule)
    # What is about time counts only if it comes each time.
    tested = sum(ask.tested for ask in asks)
    failures = None if case.claim.quiet else failures_at_times([*observations, *repeats], rule, majority, tested)
    return Outcome(
        verdict,
        seen.detail,
        seen,
        _distinct_ids(used),
        seconds,
        seen.reason,
        looks,
        tokens=billed(used),
        failures=failures,
    )


async def _all_attempts(test: Test, case: BoundCase, asks: list[Ask[Reply]], *, enough: int) -> list[Observation]:
    """Return the observations of several attempts at once, or raise what the first failed one raised.

    It raises only after all have finished, since the exchanges of the others belong to the case too.  Those that were not sent,
    for instance because the budget is spent, are left out if at least `enough` others are there.
    """
    if len(asks) == 1:
        return [await attempt(test, case, asks[0])]
    results = await asyncio.gather(*(attempt(test, case, ask) for ask in asks), return_exceptions=True)
    seen = [result for result in results if isinstance(result, Observation)]
    for failure in (result for result in results if isinstance(result, BaseException)):
        if not isinstance(failure, NotSent) or len(seen) < enough:
            raise failure
    return seen


class Interrupted(asyncio.CancelledError):
    """A trial was cancelled; `outcome` is blocked and holds the evidence so far, which was paid for."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def stopped() -> Outcome:
    """Return the outcome of a case that the run did not reach."""
    return Outcome(Verdict.BLOCKED, "stopped: not reached before the run ended", reason=Reason.STOPPED)


def _name(text: str | None) -> str | None:
    """Return a name from outside that can be printed."""
    return None if text is None else printable(shortened(text, _MAX_NAME))


async def control_after(case: BoundCase, ask: Ask[Reply], name: str) -> None:
    """Ask the control behind the refusal of this parameter or case; raises NoControl if it is not answered.

    Its sample number makes it a new exchange, sent after the refusal.  It depends on the name only: cases of one parameter share
    a control, and the number of requests does not depend on timing.
    """
    await ask.control(case.control_after(name), FIRST_CONTROL + zlib.crc32(name.encode()) % CONTROLS_PER_TURN)


def answered(asks: list[Ask[Reply]]) -> tuple[str, ...]:
    """Return the ids of all finished exchanges that these asked for."""
    return tuple(dict.fromkeys(exchange_id for ask in asks for exchange_id in ask.answered))


def billed(exchanges: list[Exchange]) -> Usage:
    """Return the tokens that these exchanges were billed for, each counted once, and how many of them say so."""
    distinct = {exchange.id: exchange for exchange in exchanges if exchange.request.body is not None}
    usages = (surfaces.for_request(each.request).usage(each) for each in distinct.values() if each.status == 200)
    return total(usage for usage in usages if usage is not None)


def _distinct_ids(exchanges: list[Exchange]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(exchange.id for exchange in exchanges))
