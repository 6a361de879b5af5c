"""A trial: one case asked, seen and judged, with every precaution before blame.

The order of things lives here: preflight, the test's own observation, the control behind a refusal, the negative control
behind bare acceptance, samples of what depends on chance, and asking anew before a deviation counts.  How many of them have
to agree is the business of `chance`; nothing here knows pytest or a parameter.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.base.observation import Observation, Reason, Seen, printable, shortened, unanswered
from conformance.contract.claims import Says
from conformance.http.exchange import Exchange
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import BoundCase, Reply, Surface
from conformance.trial.ask import Ask, NoControl, RequestCache
from conformance.trial.judge import Verdict, judge
from conformance.trial.samples import combine, confirmations_missing

Test = Callable[[Any, Any], Awaitable[Observation]]
"""A test of the suite: it takes the bound case of its surface, and `Ask` for that surface's replies."""
_ENDPOINT_SAMPLE = 999  # its own, so that no worker sends what the carrier's model sends on another
_LONGEST_NAME = 200  # characters
_REDACTED = "a secret was taken out of a reply that this rests on, and what stands in its place is not judged"


@dataclass(frozen=True)
class Outcome:
    """What became of one case; `evidence` holds the ids of its exchanges, `seconds` the time they took together.

    `reason` says why it is blocked or unstable, where something is decided by that.
    """

    verdict: Verdict
    detail: str
    observation: Observation | None = None
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0
    reason: Reason | None = None


@dataclass(frozen=True)
class Preflight:
    """Whether a model answers the plain request at all, and if not, whose turn it is: exit codes 3, 4 or 5."""

    exchange: Exchange
    reason: str | None
    exit_code: int = 0

    @property
    def echoed_model(self) -> str | None:
        """The model that the answer says it is by."""
        return _name(self._reply.echoed_model)

    @property
    def fingerprint(self) -> str | None:
        """What the answer says of the configuration behind it."""
        return _name(self._reply.fingerprint)

    @property
    def _reply(self) -> Reply:
        return surfaces.for_request(self.exchange.request).read(self.exchange)


async def preflight(case: BoundCase, cache: RequestCache) -> Preflight:
    """Ask the plain request, once per model and surface however many cases wait for it."""
    request = case.plain()
    exchange = await cache.fetch(request, _ENDPOINT_SAMPLE if case.case.stand_in else 0)
    surface = surfaces.for_request(request)
    reply = surface.read(exchange)
    if reply.ok:
        return Preflight(exchange, None)
    code, reason = _why(exchange, reply, surface)
    return Preflight(exchange, reason, code)


def _why(exchange: Exchange, reply: Reply, surface: Surface) -> tuple[int, str]:
    said = reply.refusal().detail
    if exchange.failure in {"connection", "timeout"}:
        return 4, f"the endpoint does not answer ({said}); check the base URL and that the server runs"
    if exchange.status in {401, 403}:
        return 3, f"the key was not accepted ({said}); check the variable that --api-key-env names"
    if exchange.status == 429 and not surface.is_transient(exchange):
        return 3, f"the account has no credit or quota left ({said}); top it up, then run again"
    if exchange.status == 429:
        return 5, f"the endpoint limits the rate ({said}); try later or with a lower --concurrency"
    if (exchange.status or 0) >= 500:  # whatever its text names: gateways tell of a dead upstream as of a "model group"
        return 4, f"the endpoint fails on a plain request ({said}); nothing can be held against it until it recovers"
    error = surface.envelope(exchange.json)
    about_model = error is not None and (
        "model" in f"{error.code} {error.param}".lower() or "model" in error.message.lower()
    )
    if about_model or exchange.status == 404:
        return 3, f"the model or the path is not known there ({said}); check --model and that the base URL ends in /v1"
    return 3, f"a plain request is not answered ({said}); check base URL, model and account"


async def attempt(test: Test, case: BoundCase, ask: Ask[Reply]) -> Observation:
    """One observation, with the control that a refusal or a server fault needs to count."""
    try:
        seen = _own(await test(case, ask), case, ask.used)
        if seen.suspect:
            await ask.control(case.plain(), _sample(case.case.id))
        elif seen.seen is Seen.REFUSED:
            await ask.control(
                case.plain(), _sample(f"{'endpoint ' if case.case.stand_in else ''}{case.parameter.name}")
            )
        elif seen.seen is Seen.ACCEPTED and case.case.rule.says is not Says.REFUSED:
            seen = await _weigh(seen, case, ask)
    except NoControl as error:
        seen = unanswered(str(error))
    return seen


def _own(seen: Observation, case: BoundCase, used: list[Exchange]) -> Observation:
    """No evidence where what was refused is by the endpoint's own word a parameter beside the one under test."""
    last = next((each for each in reversed(used) if each.status != 200), None)
    other = case.other_refused_parameter(last) if last and seen.seen is Seen.REFUSED else None
    return unanswered(f"it is {other} beside it that is refused: {seen.detail}") if other else seen


async def _weigh(seen: Observation, case: BoundCase, ask: Ask[Reply]) -> Observation:
    """Say so where bare acceptance proves little, because a parameter that nobody knows is accepted as well."""
    negative = case.negative()
    if negative is None or case.case.stand_in or any(used.request == negative for used in ask.used):
        return seen
    if not (await ask(negative)).ok:
        return seen
    return replace(seen, detail=f"{seen.detail}; weak evidence: an unknown parameter is accepted as well")


async def trial(test: Test, case: BoundCase, cache: RequestCache, samples: int = 1) -> Outcome:
    """Ask, see and judge one case, `samples` times at once where its claim depends on sampling.

    An observation against the contract is believed after three of them: what samples leave missing is asked anew.  Where the
    trial is cancelled, Interrupted carries what it had come to.
    """
    if case.case.rule.says is Says.NOT_APPLICABLE:
        return Outcome(Verdict.NOT_APPLICABLE, case.case.rule.why)
    asks: list[Ask[Reply]] = []
    try:
        before = await preflight(case, cache)
        try:
            outcome = await _tried(test, case, cache, samples, asks, before)
        except NotSent as error:
            await asyncio.gather(*(ask.wait_until_done() for ask in asks))
            outcome = Outcome(Verdict.BLOCKED, error.detail, evidence=_answered(asks), reason=error.reason)
    except NotSent as error:
        return Outcome(Verdict.BLOCKED, error.detail, reason=error.reason)
    except asyncio.CancelledError:
        raise Interrupted(replace(stopped(), evidence=_answered(asks))) from None
    if before.exchange.taken or any(exchange.taken for ask in asks for exchange in ask.used):
        seen = unanswered(_REDACTED)
        return replace(
            outcome, verdict=Verdict.INCONCLUSIVE, detail=seen.detail, observation=seen, reason=Reason.REDACTED
        )
    return outcome


async def _tried(
    test: Test, case: BoundCase, cache: RequestCache, samples: int, asks: list[Ask[Reply]], before: Preflight
) -> Outcome:
    """Return what becomes of a case, noting in `asks` who asks for it: what they asked belongs to it, however it ends.

    A preflight out of a recording that lacks a secret decides nothing; the test goes on, so that a replay uses what was used.
    """
    rule, majority = case.case.rule, case.case.claim.majority
    if before.reason and not before.exchange.taken:
        detail = f"preflight of {case.model}: {before.reason}"
        return Outcome(Verdict.BLOCKED, detail, evidence=(before.exchange.id,), reason=Reason.PREFLIGHT)
    turns = range(samples if majority else 1)
    asks += [Ask(cache, turn=turn) for turn in turns]
    looks = await asyncio.gather(*(attempt(test, case, ask) for ask in asks), return_exceptions=True)
    if failed := next((look for look in looks if isinstance(look, BaseException)), None):
        raise failed  # only now: what the others ask belongs to the case as well
    found = [look for look in looks if isinstance(look, Observation)]
    repeats: list[Observation] = []
    for number in range(1, confirmations_missing(found, rule) + 1):
        asks.append(Ask(cache, number))
        repeats.append(await attempt(test, case, asks[-1]))
    seen = combine(found, repeats, rule, majority)
    used = [exchange for ask in asks for exchange in ask.used]
    verdict, seconds = judge(rule.says, rule.level, seen.seen), sum(exchange.seconds for exchange in used)
    return Outcome(verdict, seen.detail, seen, _ids(used), seconds, seen.reason)


class Interrupted(asyncio.CancelledError):
    """A trial was cancelled in its midst; `outcome` is blocked and holds the evidence that it had paid for."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def stopped() -> Outcome:
    """Return what becomes of a case that was not reached."""
    return Outcome(Verdict.BLOCKED, "stopped: not reached before the run ended", reason=Reason.STOPPED)


def _name(text: str | None) -> str | None:
    """A name from outside that can be printed."""
    return None if text is None else printable(shortened(text, _LONGEST_NAME))


def _sample(name: str) -> int:
    """A number of its own for the control behind each parameter's or case's refusal, so that it is sent after it."""
    return 1000 + zlib.crc32(name.encode()) % 1_000_000


def _answered(asks: list[Ask[Reply]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for ask in asks for name in ask.answered))


def _ids(used: list[Exchange]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.id for each in used))
