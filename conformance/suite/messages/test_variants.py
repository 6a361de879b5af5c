"""Requests that differ from the plain one by one setting which has no effect that a client could see, or which is refused."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.messages import Ask
from conformance.suite.messages.variants import PICTURES, VARIANTS
from conformance.suite.probes.test_image import with_picture
from conformance.surfaces.messages.request import MessagesCase


@claim(*VARIANTS)
async def test_variant(case: MessagesCase, ask: Ask) -> Observation:
    """Whether a request with this setting is accepted or refused."""
    return (await ask(VARIANTS[case.claim.id](case))).acceptance()


@claim(*PICTURES)
async def test_picture(case: MessagesCase, ask: Ask) -> Observation:
    """Whether a request with this picture is accepted or refused."""
    return await with_picture(case, ask, await ask(PICTURES[case.claim.id](case)))
