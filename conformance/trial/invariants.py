"""Invariants: statements that hold for every exchange of a model, judged over everything that a run sent.

An ordinary test looks at the replies to its own requests.  An invariant is a function of one reply, and is applied to every
exchange of its model as it arrives, whichever test sent the request.  If replies have to agree, the function returns the value
to compare.  Here live the definition of an invariant, the counts of the exchanges that bear on it, and the observation that
follows from all of them.  The statements themselves are in the suite.  The session knows when the last exchange of a model has
arrived.

Theory of operation: a witness hears every exchange of one model on one surface.  For each invariant it counts the exchanges that
bear on it and those that violate it, until it is closed.  If there is a violation, the violating request with the smallest id
is sent again.  It is the smallest so that a replay repeats the same request, in whatever order replies arrive.  Values that have
to be equal are compared after the last exchange: the most frequent one is taken for the right one.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any, TypeVar

from conformance.base.observation import Observation, Reason, Seen, absent, honoured, mishandled, unanswered
from conformance.contract.claims import Level
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase
from conformance.trial import odds
from conformance.trial.failing import Failing
from conformance.trial.samples import DEVIATIONS_NEEDED, FAILURES_NEEDED, FURTHER_LOOKS, SIGHTINGS

EXAMPLES = 5  # violating exchanges that a cell shows: enough to compare, few enough to read
KINDS = 3  # kinds of request whose rates are in the detail, the most frequent first; more would not fit into a sentence

# The attempt number of the first repeated request: the first one that no ordinary case uses, since the cache would answer an
# attempt that was made before with the old reply.
FIRST_REPEAT = DEVIATIONS_NEEDED + FURTHER_LOOKS

# How often a violating request is repeated in any case.  With the first sighting that makes three looks, as for any deviation
# (see DEVIATIONS_NEEDED): three of three show a fault of this very request.
REPEATS = DEVIATIONS_NEEDED - 1


class Subject(StrEnum):
    """Which replies an invariant is about."""

    ANSWER = "answers"  # plain or streamed
    STREAM = "streams"  # streamed answers
    EVENTS = "event streams"  # complete streams with status 200, even those that cannot be read as an answer
    REFUSAL = "refusals"  # every reply with a status of 400 or above
    REPLY = "replies"  # every reply with a status


class Silence(Enum):
    """The finding for a reply that does not bear on an invariant."""

    SILENT = "shows nothing"


SILENT = Silence.SILENT


@dataclass(frozen=True)
class Compared:
    """A value that must be the same in all replies with this key.

    `differs` returns the violation from the value of a reply and the usual one, as a sentence or an observation, or None if this
    difference is in order.
    """

    key: str
    value: str | int
    differs: Callable[[Any, Any], Observation | str | None]


Finding = Observation | Compared | tuple[Compared, ...] | str | Silence | None
"""What a reply shows: None if it is in order, a sentence or an observation if it violates the invariant, SILENT for nothing.

A reply with several values to compare shows a tuple of them.
"""


@dataclass(frozen=True)
class Invariant:
    """A statement about every reply of its subject.

    `start` returns, for a bound case, the function that judges one reply.  `good` is the detail if no reply violates it.
    `compares` means that the function returns values to compare, and `comparable` says whether those of one key can be compared
    at all, from the number of replies with each.  `across_models` compares them with those of other models as well.  `proves`
    means that every violation is proof by itself, such as a word that only another prompt has; an observation may say so of
    itself as well.  `absence` means that it holds because something is missing, which shows no use of the parameter: the
    observation is then accepted instead of honoured.
    """

    subject: Subject
    good: str
    start: Callable[[Any], Callable[[Any], Finding]]
    proves: bool = False
    compares: bool = False
    absence: bool = False
    comparable: Callable[[str, Mapping[Any, int]], bool] | None = None
    across_models: bool = False


@dataclass(frozen=True, order=True)
class Sighting:
    """One exchange that violates an invariant; they are sorted by id, those that may be an outage last."""

    suspect: bool
    exchange: str
    request: Request = field(compare=False)
    sample: int = field(compare=False)
    kind: str = field(compare=False)
    seen: Observation = field(compare=False)


@dataclass
class _Group:
    """The exchanges with the same value: the value, the number of exchanges by kind of request, and some examples."""

    compared: Compared
    kinds: Counter[str] = field(default_factory=Counter)
    examples: list[Sighting] = field(default_factory=list)


class Tally:
    """The number of exchanges that bear on one invariant and of those that violate it, by kind of request."""

    def __init__(self, invariant: Invariant, case: BoundCase, elsewhere: Elsewhere | None = None) -> None:
        self.invariant = invariant
        self._case = case.case
        self._elsewhere = {} if elsewhere is None else elsewhere
        self.bearing: Counter[str] = Counter()
        self.violating: Counter[str] = Counter()
        self.suspect: Counter[str] = Counter()  # the violations that may be an outage, by request
        self.asked: Counter[str] = Counter()  # the exchanges that bear on it, by request
        self.sightings: list[Sighting] = []
        self._in_order: list[str] = []
        self._groups: dict[str, dict[str | int, _Group]] = {}
        self._usual: dict[str, str | int] = {}
        self._judge = invariant.start(case)
        self._error: Exception | None = None

    def add(self, exchange: Exchange, reply: Reply, kind: str) -> None:
        """Judge a reply and count it; an exception of the invariant's own code is kept and raised by `check`."""
        try:
            finding = self._find(reply)
        except Exception as error:  # noqa: BLE001  a fault of the suite belongs to the case, not to the request on its way
            self.fail(error)
            return
        if finding is SILENT:
            return
        self.bearing[kind] += 1
        self.asked[exchange.request.key] += 1
        sighting = Sighting(False, exchange.id, exchange.request, exchange.sample, kind, _IN_ORDER)
        if isinstance(finding, tuple):
            for compared in finding:
                self._compare(compared, sighting)
        elif isinstance(finding, Observation):
            self._violate(replace(sighting, suspect=finding.suspect, seen=finding))
        else:
            _keep(self._in_order, exchange.id)

    def look(self, reply: Reply) -> Observation | Silence | None:
        """Return what a reply shows once all are compared: an observation if it violates the invariant, None if in order."""
        finding = self._find(reply)
        if not isinstance(finding, tuple):
            return finding
        seen = (_violation(compared, self._usual[compared.key]) for compared in self._unusual(finding))
        return next((violation for violation in seen if violation), None)

    def settle(self) -> None:
        """Compare the values that must agree, once all replies are known; the most frequent one is the right one."""
        for key, groups in self._groups.items():
            usual, *others = sorted(groups.values(), key=lambda group: (-group.kinds.total(), group.examples[0]))
            for sighting in usual.examples:
                _keep(self._in_order, sighting.exchange)
            if self.invariant.comparable and not self.invariant.comparable(key, _numbers(groups)):
                continue
            self._usual[key] = usual.compared.value
            for group in others:
                if seen := _violation(group.compared, usual.compared.value):
                    self._violate_all(group, seen)
        self._groups.clear()

    def fail(self, error: Exception) -> None:
        """Keep an exception of the suite's own code, which `check` raises; the first one counts."""
        self._error = self._error or error

    def check(self) -> None:
        """Raise the exception that the suite's own code raised, if it did."""
        if self._error is not None:
            raise self._error

    @property
    def examples(self) -> list[str]:
        """The ids of some exchanges that violate the invariant; if none does, of some that are in order."""
        return [sighting.exchange for sighting in self.sightings] or self._in_order

    @property
    def total(self) -> tuple[int, int]:
        """How many exchanges bear on the invariant, and how many of them violate it."""
        bearing = self.bearing.total()
        return bearing, min(bearing, self.violating.total())  # a reply with several values may violate it several times

    def _compare(self, compared: Compared, sighting: Sighting) -> None:
        """Add a value to those that are compared in the end; one that another model's reply has differently counts at once."""
        group = self._groups.setdefault(compared.key, {}).setdefault(compared.value, _Group(compared))
        group.kinds[sighting.kind] += 1
        _keep(group.examples, sighting)
        if self.invariant.across_models:
            here = (str(self._case.model), compared.value)
            model, value = self._elsewhere.setdefault((self._case.claim.id, compared.key), here)
            seen = None if model == here[0] else _violation(compared, value)
            if seen:
                self._violate(replace(sighting, seen=replace(seen, detail=f"{seen.detail}, one of them of {model}")))

    def _unusual(self, values: tuple[Compared, ...]) -> Iterator[Compared]:
        """Yield the values that are not the usual ones of their keys."""
        for compared in values:
            if compared.value != self._usual.get(compared.key, compared.value):
                yield compared

    def _violate_all(self, group: _Group, seen: Observation) -> None:
        """Count the exchanges of a group as violations."""
        self.violating.update(group.kinds)
        if seen.suspect:
            self.suspect[group.examples[0].request.key] += group.kinds.total()
        for sighting in group.examples:
            _keep(self.sightings, replace(sighting, suspect=seen.suspect, seen=seen))

    def _find(self, reply: Reply) -> Observation | tuple[Compared, ...] | Silence | None:
        finding = self._judge(reply) if _is_about(self.invariant.subject, reply) else SILENT
        if isinstance(finding, Compared):
            return (finding,)
        if isinstance(finding, Observation) and finding.seen is Seen.UNANSWERED:
            return SILENT
        return mishandled(finding) if isinstance(finding, str) else finding

    def _violate(self, sighting: Sighting) -> None:
        self.violating[sighting.kind] += 1
        self.suspect[sighting.request.key] += sighting.suspect
        _keep(self.sightings, sighting)


Elsewhere = dict[tuple[str, str], tuple[str, str | int]]
"""The values that replies of any model had, with the first model that had each, by claim and key."""


def _violation(compared: Compared, usual: str | int) -> Observation | None:
    """Return what a value shows beside the usual one; None if it is in order."""
    seen = compared.differs(compared.value, usual)
    return mishandled(seen) if isinstance(seen, str) else seen


def _numbers(groups: Mapping[str | int, _Group]) -> dict[str | int, int]:
    return {value: group.kinds.total() for value, group in groups.items()}


_IN_ORDER = unanswered("in order, as far as is known")
_T = TypeVar("_T", str, Sighting)


def _keep(examples: list[_T], example: _T) -> None:
    """Add an example and keep only the smallest ones, so that the order in which replies arrive does not matter."""
    insort(examples, example)
    del examples[EXAMPLES:]


class Witness:
    """The listener to every exchange of one model on one surface, for all invariants of the run.

    The witnesses of a run share the values that must differ from those of other models.
    """

    def __init__(self, elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere: Elsewhere = {} if elsewhere is None else elsewhere
        self._tallies: dict[str, Tally] = {}
        self._left_out: Counter[str] = Counter()
        self._heard: set[str] = set()
        self._closed = False
        self.failing = Failing()

    def enrol(self, case: BoundCase, invariant: Invariant) -> None:
        """Judge every exchange by this invariant from now on."""
        self._tallies[case.case.id] = Tally(invariant, case, self._elsewhere)

    def hear(self, exchange: Exchange, *, mistake: bool) -> None:
        """Judge an exchange by every invariant, and note whether the server failed, unless it was heard before."""
        if self._closed or exchange.id in self._heard:
            return
        self._heard.add(exchange.id)
        if exchange.status is None:
            self.failing.add(exchange, surfaces.for_request(exchange.request).read(exchange))
        self._count(exchange, self._tallies.values(), mistake=mistake)

    def hear_for(self, case: BoundCase, exchange: Exchange) -> None:
        """Judge an exchange that an invariant sent itself by this invariant only, unless it was heard before."""
        if exchange.id not in self._heard:
            self._count(exchange, [self.tally(case)], mistake=exchange.request.mistake)

    def _count(self, exchange: Exchange, tallies: Iterable[Tally], *, mistake: bool) -> None:
        """Add an exchange to these tallies, or to the number of those left out if it must not be judged.

        The answer to a deliberate mistake is left out, since nothing is promised about it; a refusal of one is judged.
        """
        if exchange.status is None:
            return
        if reason := _left_out(exchange):
            self._left_out[reason] += 1
            return
        surface = surfaces.for_request(exchange.request)
        try:
            reply, kind = surface.read(exchange), surface.kind_of(exchange.request)
            answers_mistake = mistake and reply.ok
            self.failing.add(exchange, reply)
        except Exception as error:  # noqa: BLE001  a fault of the suite belongs to the cases, not to the request on its way
            for tally in tallies:
                tally.fail(error)
            return
        if answers_mistake:
            self._left_out["an answer to a deliberate mistake"] += 1
            return
        for tally in tallies:
            tally.add(exchange, reply, kind)

    def close(self) -> None:
        """Ignore all further exchanges: from now on invariants send their own, which `hear_for` judges."""
        self._closed = True

    def tally(self, case: BoundCase) -> Tally:
        """Return the tally of the invariant of a case."""
        return self._tallies[case.case.id]

    @property
    def left_out(self) -> int:
        """How many exchanges were left out."""
        return self._left_out.total()

    @property
    def lacks_secrets(self) -> bool:
        """Whether an exchange was left out because a secret was removed from its recording."""
        return self._left_out[_REDACTED] > 0


_REDACTED = "a secret was taken out"


def _left_out(exchange: Exchange) -> str | None:
    """Return why an exchange must not be judged by any invariant; None if it may be."""
    if exchange.taken:
        return _REDACTED
    return "cut for its size" if exchange.failure == "too large" else None


def _is_about(subject: Subject, reply: Reply) -> bool:
    """Return whether a reply belongs to a subject."""
    if subject is Subject.REPLY:
        return True
    if subject is Subject.EVENTS:
        return reply.streamed and reply.exchange.status == 200 and not reply.exchange.failure
    if subject is Subject.REFUSAL:
        return (reply.exchange.status or 0) >= 400
    return reply.ok and (subject is Subject.ANSWER or reply.streamed)


Repeat = Callable[[Sighting, int], Awaitable[Observation | Silence | None]]
"""Sends the request of a sighting once more, as the attempt with this number, and returns what the new reply shows."""


async def conclude(tally: Tally, case: BoundCase, repeat: Repeat) -> Observation:
    """Return what all exchanges of a model show about an invariant; a violating request is repeated before it counts.

    A violation that may be an outage counts only if every repeat violates the invariant as well, or if that request violates it
    more often than others do.  Raises NotSent if a repeat cannot be sent and the earlier replies are not enough to decide.
    """
    tally.check()
    tally.settle()
    bearing, violating = tally.total
    holds = absent if tally.invariant.absence else honoured
    if not violating:
        return holds(f"{tally.invariant.good}: {bearing} of {bearing} {tally.invariant.subject.value}")
    first, certain = tally.sightings[0], violating - min(violating, tally.suspect.total())
    # What is about time counts only if it comes each time, and so does what may be up to the model, such as a lost word.
    at_times = certain == 0 and not (case.claim.quiet or tally.invariant.compares)
    if proof := proved(tally):
        return proof
    unstated = case.case.rule.level is Level.UNSTATED
    if unstated and certain:
        return _against(first, _rate(tally))
    seen_again, looks, missing = 0, 0, None

    def is_open() -> bool:
        return (certain == 1 and not seen_again) or (at_times and seen_again < looks)

    while looks < REPEATS or (is_open() and looks < REPEATS + FURTHER_LOOKS):
        try:
            seen = await repeat(first, FIRST_REPEAT + looks)
        except NotSent as error:
            missing = error  # the budget is spent, or the request is not recorded: the replies so far decide
            break
        looks, seen_again = looks + 1, seen_again + isinstance(seen, Observation)
    if looks >= REPEATS and seen_again == looks:
        return _against(first, f"{_rate(tally)}; the same request again: {looks + 1} of {looks + 1} times")
    if certain and certain + seen_again >= SIGHTINGS:
        times = f"; the same request again: {odds.spelled(1 + seen_again, 1 + looks, 'times')}" if looks else ""
        return _against(first, f"{_rate(tally)}{times}")
    if at_times and (more := _more_often(tally, first.request.key, seen_again, looks)):
        return _against(first, f"{_rate(tally)}; {more}")
    if missing is not None:
        raise missing
    if unstated and violating < bearing:  # what may have been an accident and does not come again is nothing to note
        return holds(f"{tally.invariant.good}, apart from {_rate(tally)}, which did not come again")
    detail = f"unstable: {_rate(tally)}, and {seen_again} of {looks} times when that request was asked again"
    return unanswered(f"{detail}; {first.seen.detail}", reason=Reason.UNSTABLE)


def _more_often(tally: Tally, request: str, seen_again: int, looks: int) -> str | None:
    """Return how often a request violates an invariant, if it is more often than others do; it was repeated `looks` times."""
    failed, asked = tally.suspect[request] + seen_again, tally.asked[request] + looks
    others_failed, others = tally.suspect.total() - tally.suspect[request], tally.asked.total() - tally.asked[request]
    if failed < FAILURES_NEEDED or not odds.more_often(failed, asked, others_failed, others):
        return None
    return f"this request {odds.spelled(failed, asked, 'times')}, others {others_failed} of {others}"


def proved(tally: Tally) -> Observation | None:
    """Return the first violation that is proof by itself, over all exchanges so far; None if there is none."""
    tally.check()
    tally.settle()
    proofs = (sighting for sighting in tally.sightings if tally.invariant.proves or sighting.seen.proof)
    first = next(proofs, None)
    return _against(first, _rate(tally)) if first else None


def _against(first: Sighting, rate: str) -> Observation:
    return replace(first.seen, detail=f"{first.seen.detail} ({rate})", suspect=False)


def _rate(tally: Tally) -> str:
    """Return how often an invariant is violated: in all exchanges, and in those of each kind of request with a violation."""
    bearing, violating = tally.total
    overall = odds.spelled(violating, bearing, tally.invariant.subject.value)
    if violating == bearing or len(tally.bearing) < 2:
        return overall
    kinds = [f"{kind} {count} of {tally.bearing[kind]}" for kind, count in tally.violating.most_common(KINDS)]
    return f"{overall}: {', '.join(kinds)}"


def invariant_of(test: Any) -> Invariant | None:
    """Return the invariant that a test of the suite declares; None for a test that judges its own replies."""
    declared: Invariant | None = getattr(test, "invariant", None)
    return declared
