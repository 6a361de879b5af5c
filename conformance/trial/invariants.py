"""Invariants: statements that hold for every exchange of a model, judged over everything that a run sent.

An ordinary test looks at the replies that it asked for.  An invariant is a pure function of one reply, and every exchange of its
model is held against it as it comes in, whoever asked for it.  Where replies have to agree, the function returns what is
compared.  What an invariant is, the tally of what bears on it and the verdict over the whole live here.  Which statements there
are is for the suite to say; when a model's last exchange is in, the session knows.

Theory of operation: a witness hears every exchange of one model on one surface and counts, for each invariant, how many bear
on it and how many violate it.  Once nothing more is to come it is closed.  Where something violates an invariant, the violating
request with the smallest id is asked again, fresh: the smallest, so that a replay asks for the same one, in whatever order
replies come.  Values that have to be equal are compared when all are known: the most frequent one is taken for the right one.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any, TypeVar

from conformance.base.observation import Observation, Reason, Seen, absent, honoured, mishandled, unanswered
from conformance.contract.claims import Level
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import BoundCase, Reply
from conformance.trial import odds
from conformance.trial.samples import SIGHTINGS

EXAMPLES = 5  # violating exchanges that a cell shows: enough to compare, few enough to read
KINDS = 3  # kinds of request whose rates a cell tells: the most frequent ones, a sentence has no room for all
AGAIN = 10  # the attempt that the first fresh look is; ordinary cases use attempts 0 to 2, which would not be fresh
SURE = 2  # fresh looks that tell a fault of this one request (3 of 3) from one that comes and goes
MORE = 10  # further looks at a fault that did not come again: they see a fault on 26 % of such requests with 95 %


class Subject(StrEnum):
    """Which replies an invariant is about."""

    ANSWER = "answers"  # of any kind, streamed or not
    STREAM = "streams"  # answers that came as streams
    EVENTS = "event streams"  # streams that came to their end, answers or not
    REFUSAL = "refusals"  # every reply with a status of 400 or above
    REPLY = "replies"  # everything that came back with a status


class Silence(Enum):
    """What an invariant finds in a reply that does not bear on it."""

    SILENT = "shows nothing"


SILENT = Silence.SILENT


@dataclass(frozen=True)
class Compared:
    """A value that must be the same in all replies with this key; `differs` says of one that it is not the usual one."""

    key: str
    value: str | int
    differs: Callable[[Any, Any], str]


Finding = Observation | Compared | str | Silence | None
"""None where a reply is in order, a sentence or an observation where it violates the invariant, SILENT where it shows nothing."""


@dataclass(frozen=True)
class Invariant:
    """A statement about every reply of its subject.

    `start` returns, for a bound case, the function that looks at one reply.  `good` says what holds where nothing violates it.
    One that `compares` returns values that must agree.  A violation that `proves` itself, such as a word of
    another prompt, needs no second sighting.  Where it holds by the `absence` of something, that shows no use of its parameter.
    """

    subject: Subject
    good: str
    start: Callable[[Any], Callable[[Any], Finding]]
    proves: bool = False
    compares: bool = False
    absence: bool = False


@dataclass(frozen=True, order=True)
class Sighting:
    """One exchange that violates an invariant; those that may be an outage come last."""

    suspect: bool
    exchange: str
    request: Request = field(compare=False)
    sample: int = field(compare=False)
    kind: str = field(compare=False)
    seen: Observation = field(compare=False)


@dataclass
class _Group:
    """The exchanges that agree in a value: what was compared, how many of each kind of request, and some of them."""

    compared: Compared
    kinds: Counter[str] = field(default_factory=Counter)
    some: list[Sighting] = field(default_factory=list)


class Tally:
    """What bears on one invariant and what violates it, by kind of request."""

    def __init__(self, invariant: Invariant, case: BoundCase) -> None:
        self.invariant = invariant
        self.bearing: Counter[str] = Counter()
        self.violating: Counter[str] = Counter()
        self.suspect = 0
        self.sightings: list[Sighting] = []
        self._in_order: list[str] = []
        self._groups: dict[str, dict[str | int, _Group]] = {}
        self._usual: dict[str, str | int] = {}
        self._look = invariant.start(case)
        self._error: Exception | None = None

    def add(self, exchange: Exchange, reply: Reply, kind: str) -> None:
        """Hold a reply against the invariant; a fault of its own code is kept for whoever asks for the verdict."""
        try:
            found = self._find(reply)
        except Exception as error:  # noqa: BLE001  a fault of the suite belongs to the case, not to the request on its way
            self.fail(error)
            return
        if found is SILENT:
            return
        self.bearing[kind] += 1
        if isinstance(found, Compared):
            group = self._groups.setdefault(found.key, {}).setdefault(found.value, _Group(found))
            group.kinds[kind] += 1
            _keep(group.some, Sighting(False, exchange.id, exchange.request, exchange.sample, kind, _IN_ORDER))
        elif isinstance(found, Observation):
            self._violate(Sighting(found.suspect, exchange.id, exchange.request, exchange.sample, kind, found))
        else:
            _keep(self._in_order, exchange.id)

    def look(self, reply: Reply) -> Observation | Silence | None:
        """Return what a reply shows after all others: an observation where it violates the invariant, None in order."""
        found = self._find(reply)
        if not isinstance(found, Compared):
            return found
        usual = self._usual.get(found.key, found.value)
        return None if found.value == usual else mishandled(found.differs(found.value, usual))

    def settle(self) -> None:
        """Compare the values that must agree, once all replies are known; the most frequent one is the right one."""
        for key, groups in self._groups.items():
            usual, *others = sorted(groups.values(), key=lambda group: (-group.kinds.total(), group.some[0]))
            self._usual[key] = usual.compared.value
            for sighting in usual.some:
                _keep(self._in_order, sighting.exchange)
            for group in others:
                seen = mishandled(group.compared.differs(group.compared.value, usual.compared.value))
                self.violating.update(group.kinds)
                for sighting in group.some:
                    _keep(self.sightings, replace(sighting, seen=seen))
        self._groups.clear()

    def fail(self, error: Exception) -> None:
        """Keep a fault of the suite's own code for whoever asks for the verdict."""
        self._error = self._error or error

    def check(self) -> None:
        """Raise what the suite's own code broke with, if it did."""
        if self._error is not None:
            raise self._error

    @property
    def examples(self) -> list[str]:
        """The ids of some exchanges that violate the invariant; where none does, of some that are in order."""
        return [sighting.exchange for sighting in self.sightings] or self._in_order

    @property
    def total(self) -> tuple[int, int]:
        """How many exchanges bear on the invariant, and how many of them violate it."""
        return self.bearing.total(), self.violating.total()

    def _find(self, reply: Reply) -> Observation | Compared | Silence | None:
        found = self._look(reply) if _is_about(self.invariant.subject, reply) else SILENT
        if isinstance(found, Observation) and found.seen is Seen.UNANSWERED:
            return SILENT
        return mishandled(found) if isinstance(found, str) else found

    def _violate(self, sighting: Sighting) -> None:
        self.violating[sighting.kind] += 1
        self.suspect += sighting.suspect
        _keep(self.sightings, sighting)


_IN_ORDER = unanswered("in order, as far as is known")
_T = TypeVar("_T", str, Sighting)


def _keep(some: list[_T], one: _T) -> None:
    """Keep the smallest few, so that which are kept does not depend on the order in which replies come."""
    insort(some, one)
    del some[EXAMPLES:]


class Witness:
    """Hears every exchange of one model on one surface, for all invariants that a run asks of it."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self._left_out: Counter[str] = Counter()
        self._heard: set[str] = set()
        self._closed = False

    def enrol(self, case: BoundCase, invariant: Invariant) -> None:
        """Count what bears on an invariant from now on."""
        self._tallies[case.case.id] = Tally(invariant, case)

    def hear(self, exchange: Exchange, *, mistake: bool) -> None:
        """Hold an exchange against every invariant, unless it was heard before."""
        if self._closed or not self._tallies or exchange.id in self._heard:
            return
        self._heard.add(exchange.id)
        self._hold(exchange, self._tallies.values(), mistake=mistake)

    def hear_for(self, case: BoundCase, exchange: Exchange) -> None:
        """Hold an exchange that an invariant asked for itself against this one only, unless it was heard before."""
        if exchange.id not in self._heard:
            self._hold(exchange, [self.tally(case)], mistake=exchange.request.mistake)

    def _hold(self, exchange: Exchange, tallies: Iterable[Tally], *, mistake: bool) -> None:
        """Hold an exchange against invariants; what must not be judged is left out and counted.

        The answer to a deliberate mistake is left out, since nobody says what it has to be; its refusal is judged like any other.
        """
        if exchange.status is None:
            return
        if reason := _left_out(exchange):
            self._left_out[reason] += 1
            return
        surface = surfaces.for_request(exchange.request)
        try:
            reply, kind = surface.read(exchange), surface.kind_of(exchange.request)
            answer = mistake and reply.ok
        except Exception as error:  # noqa: BLE001  a fault of the suite belongs to the cases, not to the request on its way
            for tally in tallies:
                tally.fail(error)
            return
        if answer:
            self._left_out["an answer to a deliberate mistake"] += 1
            return
        for tally in tallies:
            tally.add(exchange, reply, kind)

    def close(self) -> None:
        """Hear nothing more: what invariants ask for themselves is held against the one that asks."""
        self._closed = True

    def tally(self, case: BoundCase) -> Tally:
        """Return what bears on the invariant of a case."""
        return self._tallies[case.case.id]

    @property
    def left_out(self) -> int:
        """How many exchanges were left out."""
        return self._left_out.total()

    @property
    def lacks_secrets(self) -> bool:
        """Whether an exchange was left out because a recording lacks a secret that it held."""
        return self._left_out[_REDACTED] > 0


_REDACTED = "a secret was taken out"


def _left_out(exchange: Exchange) -> str | None:
    """Return why an exchange must not be judged by any invariant; None if it may be."""
    if exchange.taken:
        return _REDACTED
    return "cut for its size" if exchange.failure == "too large" else None


def _is_about(subject: Subject, reply: Reply) -> bool:
    """Return whether a reply is of a subject."""
    if subject is Subject.REPLY:
        return True
    if subject is Subject.EVENTS:
        return reply.streamed and reply.exchange.status == 200 and not reply.exchange.failure
    if subject is Subject.REFUSAL:
        return (reply.exchange.status or 0) >= 400
    return reply.ok and (subject is Subject.ANSWER or reply.streamed)


Again = Callable[[Sighting, int], Awaitable[Observation | Silence | None]]
"""Asks for a sighting's request once more, as the attempt with this number, and returns what the fresh reply shows."""


async def conclude(tally: Tally, case: BoundCase, again: Again) -> Observation:
    """Return what all exchanges of a model show of an invariant, asking again where something violates it.

    What may be an outage is a sighting only if the request fails each time it is asked again.
    """
    tally.check()
    tally.settle()
    bearing, violating = tally.total
    if not violating:
        holds = absent if tally.invariant.absence else honoured
        return holds(f"{tally.invariant.good}: {bearing} of {bearing} {tally.invariant.subject.value}")
    first, sure = tally.sightings[0], violating - tally.suspect
    if tally.invariant.proves or case.case.rule.level is Level.UNSTATED:
        return _against(first, _rate(tally))
    seen_again, looks, missing = 0, 0, None
    while looks < SURE or (sure == 1 and not seen_again and looks < SURE + MORE):
        try:
            seen = await again(first, AGAIN + looks)
        except NotSent as error:
            missing = error  # the budget is spent, or a recording lacks it: what was seen until then decides
            break
        looks, seen_again = looks + 1, seen_again + isinstance(seen, Observation)
    if looks >= SURE and seen_again == looks:
        return _against(first, f"{_rate(tally)}; the same request again: {looks + 1} of {looks + 1} times")
    if sure and sure + seen_again >= SIGHTINGS:
        times = f"; the same request again: {odds.spelled(1 + seen_again, 1 + looks, 'times')}" if looks else ""
        return _against(first, f"{_rate(tally)}{times}")
    if missing is not None:
        raise missing
    detail = f"unstable: {_rate(tally)}, and {seen_again} of {looks} times when that request was asked again"
    return unanswered(f"{detail}; {first.seen.detail}", reason=Reason.UNSTABLE)


def _against(first: Sighting, rate: str) -> Observation:
    return replace(first.seen, detail=f"{first.seen.detail} ({rate})", suspect=False)


def _rate(tally: Tally) -> str:
    """Return how often an invariant is violated, over all exchanges and by the kinds of request where it is."""
    bearing, violating = tally.total
    over_all = odds.spelled(violating, bearing, tally.invariant.subject.value)
    if violating == bearing or len(tally.bearing) < 2:
        return over_all
    kinds = [f"{kind} {count} of {tally.bearing[kind]}" for kind, count in tally.violating.most_common(KINDS)]
    return f"{over_all}: {', '.join(kinds)}"


def invariant_of(test: Any) -> Invariant | None:
    """Return the invariant that a test of the suite declares; None for a test that judges its own replies."""
    found: Invariant | None = getattr(test, "invariant", None)
    return found
