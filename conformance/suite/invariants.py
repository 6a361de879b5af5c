"""Declare an invariant of the suite: a function of one reply, with its claim, its subject and the requests that it needs.

For pytest the decorated function is an ordinary test: a coroutine that takes `case` and `ask`.  It sends only the few requests
without which a run of this one claim would have no replies; the verdict is based on every exchange of the model
(conformance/trial/invariants.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from conformance import suite
from conformance.base.observation import Observation, unanswered
from conformance.trial.ask import NoControl
from conformance.trial.invariants import Finding, Invariant, Subject

Baseline = Callable[[Any, Any], Awaitable[object]]
"""Sends the fewest requests that an invariant needs; takes `case` and `ask`."""


def invariant(
    *claim_ids: str,
    probe: str | None = None,
    about: Subject,
    good: str,
    asks: Baseline,
    proves: bool = False,
    compares: bool = False,
    absence: bool = False,
    comparable: Callable[[str, Mapping[Any, int]], bool] | None = None,
    across_models: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator for a function that takes the bound case and a reply, and returns a Finding.

    One that several surfaces share has the name of a `probe`, which claims name, in place of the ids of its claims.

    `about` says which replies the function is called with, `good` is the detail of a cell without a violation, and `asks` sends
    the requests that a run of this claim alone needs.  The other arguments are those of `Invariant`.
    """

    def declare(look: Callable[..., Any]) -> Any:
        def start(case: Any) -> Callable[[Any], Finding]:
            return lambda reply: look(case, reply)

        async def test(case: Any, ask: Any) -> Observation:
            with suppress(NoControl):
                await asks(case, ask)
            return unanswered("judged over every exchange of the model")

        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(test, name, getattr(look, name))
        first, file = look.__code__.co_firstlineno, look.__code__.co_filename
        # pytest then reports the place of the decorated function, not of this wrapper.
        test.__code__ = test.__code__.replace(co_firstlineno=first, co_filename=file)
        test.invariant = Invariant(  # type: ignore[attr-defined]
            about, good, start, proves, compares, absence, comparable, across_models
        )
        return (suite.claim(*claim_ids) if probe is None else suite.probe(probe))(test)

    return declare
