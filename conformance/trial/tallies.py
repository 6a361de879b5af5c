"""Counting the exchanges that bear on one invariant, and those that violate it."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from conformance.base.observation import Observation, Seen, mishandled, unanswered
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase
from conformance.trial.invariants import SILENT, Compared, Invariant, Silence, Subject

EXAMPLES = 5  # violating exchanges that a cell shows: enough to compare, few enough to read


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

    def add(self, exchange: Exchange, reply: Reply, kind: str) -> bool:
        """Judge a reply, count it, and return whether it bears on the invariant.

        An exception of the invariant's own code is kept and raised by `check`.
        """
        try:
            finding = self._find(reply)
        except Exception as error:  # noqa: BLE001  a fault of the suite belongs to the case, not to the request on its way
            self.fail(error)
            return False
        if finding is SILENT:
            return False
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
        return True

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


def _is_about(subject: Subject, reply: Reply) -> bool:
    """Return whether a reply belongs to a subject."""
    if subject is Subject.REPLY:
        return True
    if subject is Subject.EVENTS:
        return reply.streamed and reply.exchange.status == 200 and not reply.exchange.failure
    if subject is Subject.REFUSAL:
        return (reply.exchange.status or 0) >= 400
    return reply.ok and (subject is Subject.ANSWER or reply.streamed)
