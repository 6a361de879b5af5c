"""The listener to every exchange of one model on one surface, for all invariants of a run.

Theory of operation: for each invariant a witness counts the exchanges that bear on it and those that violate it.  Once it is
closed, which is after the last exchange of the other cases, it hears only what invariants ask for because too little bears on
them; that too is evidence for all of them.  If there is a violation, the violating request with the smallest id is sent again.
It is the smallest so that a replay repeats the same request, in whatever order replies arrive.  Values that have to be equal are
compared after the last exchange: the most frequent one is taken for the right one.
"""

from __future__ import annotations

from collections import Counter

from conformance.http.exchange import Exchange
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import BoundCase
from conformance.trial.failing import Failing
from conformance.trial.invariants import Invariant
from conformance.trial.tallies import Elsewhere, Tally


class Witness:
    """The listener to every exchange of one model on one surface, for all invariants of the run.

    The witnesses of a run share the values that must differ from those of other models.
    """

    def __init__(self, elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere: Elsewhere = {} if elsewhere is None else elsewhere
        self._tallies: dict[str, Tally] = {}
        self._left_out: Counter[str] = Counter()
        self._heard: set[str] = set()
        self._before: dict[str, int] | None = None
        self._own: dict[str, frozenset[str]] = {}
        self.failing = Failing()

    def enrol(self, case: BoundCase, invariant: Invariant) -> None:
        """Judge every exchange by this invariant from now on."""
        self._tallies[case.case.id] = Tally(invariant, case, self._elsewhere)

    def hear(self, exchange: Exchange, *, mistake: bool) -> None:
        """Judge an exchange by every invariant, and note whether the server failed, unless it was heard before."""
        if self._before is not None or exchange.id in self._heard:
            return
        self._heard.add(exchange.id)
        if exchange.status is None:
            self.failing.add(exchange, surfaces.for_request(exchange.request).read(exchange))
        self._count(exchange, mistake=mistake)

    def hear_own(self, case: BoundCase, exchange: Exchange) -> bool:
        """Judge an exchange that an invariant asked for by every invariant.

        Return whether it bears on the one that asked, and was not heard before the witness was closed.
        """
        if exchange.id not in self._heard:
            self._heard.add(exchange.id)
            self._own[exchange.id] = frozenset(self._count(exchange, mistake=exchange.request.mistake))
        return case.case.id in self._own.get(exchange.id, ())

    def _count(self, exchange: Exchange, *, mistake: bool) -> list[str]:
        """Add an exchange to all tallies, or to those left out if it must not be judged; return the cases it bears on.

        The answer to a deliberate mistake is left out, since nothing is promised about it; a refusal of one is judged.
        """
        if exchange.status is None:
            return []
        if reason := _left_out(exchange):
            self._left_out[reason] += 1
            return []
        surface = surfaces.for_request(exchange.request)
        try:
            reply, kind = surface.read(exchange), surface.kind_of(exchange.request)
            answers_mistake = mistake and reply.ok
            if self._before is None:  # what cases wait for must not change while they read it
                self.failing.add(exchange, reply)
        except Exception as error:  # noqa: BLE001  a fault of the suite belongs to the cases, not to the request on its way
            for tally in self._tallies.values():
                tally.fail(error)
            return []
        if answers_mistake:
            self._left_out["an answer to a deliberate mistake"] += 1
            return []
        return [name for name, tally in self._tallies.items() if tally.add(exchange, reply, kind)]

    def close(self) -> None:
        """Ignore all further exchanges but those that invariants ask for, see `hear_own`."""
        if self._before is None:
            self._before = {name: tally.bearing.total() for name, tally in self._tallies.items()}

    def before(self, case: BoundCase) -> int:
        """Return how many exchanges bore on the invariant of a case when the witness was closed."""
        self.close()
        assert self._before is not None
        return self._before[case.case.id]

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
