"""Each defect of the Messages API breaks the claims that it lists, asked of a gateway in this process.

The mutation run shows besides that it breaks no others; this is the part of it that takes seconds.
"""

import asyncio
from contextlib import suppress
from typing import Any

from conformance import suite
from conformance.base.observation import Observation, Seen
from conformance.contract.claims import Level
from conformance.mock.defects.loading import collect
from conformance.surfaces import registry
from conformance.surfaces.messages.request import MessagesCase
from conformance.trial.ask import Ask, NoControl
from conformance.trial.invariants import Tally, invariant_of
from conformance.trial.judge import Verdict, judge
from conformance.trial.request_cache import RequestCache
from tests.support.collecting import over
from tests.support.in_process import Direct, repeatable
from tests.support.making import contract
from tests.support.messages import bound

DEFECTS = collect("conformance.mock.defects.messages")
RED = (Verdict.DEVIATES, Verdict.DIFFERS)


@over("name, claim_id", [(name, claim_id) for name, defect in DEFECTS.items() for claim_id in defect.claims])
def test_a_defect_breaks_the_claims_that_it_lists(name: str, claim_id: str) -> None:
    """And the truthful gateway breaks none of them."""
    with repeatable():
        assert asyncio.run(breaks(name, claim_id))
        assert not asyncio.run(breaks(None, claim_id))


async def breaks(name: str | None, claim_id: str) -> bool:
    """Whether a gateway with this defect breaks a claim, on any of its cases; one that is only noted if it shows otherwise."""
    lying, truthful = (Direct(*([name] if name else [])), Direct())
    for case in bound(claim_id):
        seen, usual = await observed(lying, case), await observed(truthful, case)
        noted = case.case.rule.level is Level.UNSTATED
        if seen is not None and (seen is not usual if noted else judged(case, seen) in RED):
            return True
    return False


def judged(case: MessagesCase, seen: Seen) -> Verdict:
    """What an observation means under the contract."""
    return judge(case.case.rule.says, case.case.rule.level, seen)


async def observed(gateway: Direct, case: MessagesCase) -> Seen | None:
    """What the test of a case sees, an invariant over the requests that it sends by itself; None without a control."""
    function = suite.tests(contract())[case.claim.id]
    ask: Ask[Any] = Ask(RequestCache(gateway, lambda exchange: None))
    invariant = invariant_of(function)
    with suppress(NoControl):
        seen: Observation = await function(case, ask)
        if invariant is None:
            return seen.seen
        tally = Tally(invariant, case)
        for exchange in ask.used:
            tally.add(exchange, registry.named("messages").read(exchange), "any")
        tally.check()
        tally.settle()
        return Seen.MISHANDLED if tally.total[1] else Seen.HONOURED
    return None
