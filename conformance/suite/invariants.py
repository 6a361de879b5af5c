"""How the suite declares an invariant: a look at one reply, with its claim, its subject and what to ask when it is alone.

The decorated function becomes a test like any other to pytest: a coroutine that takes `case` and `ask`.  It asks only for the
replies that the statement needs at the least, so that a run of this one claim has something to look at; the verdict is over
every exchange of the model (conformance/trial/invariants.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from conformance.base.observation import Observation, unanswered
from conformance.suite import claim
from conformance.trial.ask import NoControl
from conformance.trial.invariants import Finding, Invariant, Subject

Baseline = Callable[[Any, Any], Awaitable[object]]
"""Asks for the least that an invariant needs; takes `case` and `ask`."""


def invariant(
    *claim_ids: str,
    about: Subject,
    good: str,
    asks: Baseline,
    proves: bool = False,
    compares: bool = False,
    absence: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator for a function that takes the bound case and a reply, and returns what it finds there.

    One that `compares` returns a value that must be the same in other replies.  `good` is what a cell says that nothing
    violates; a violation that `proves` itself is believed at one sighting.  A statement that holds by the `absence` of something
    is observed as accepted, since it shows no use of its parameter.
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
        test.__code__ = test.__code__.replace(
            co_firstlineno=first, co_filename=file
        )  # where a reader finds the statement
        test.invariant = Invariant(about, good, start, proves, compares, absence)  # type: ignore[attr-defined]
        return claim(*claim_ids)(test)

    return declare
