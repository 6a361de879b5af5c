"""Metadata that a client gives a request.

Its request has every setting that a response repeats, and so is evidence for whatever is stated about every answer.
"""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.responses.baselines import settings
from conformance.surfaces.responses.request import ResponsesCase


@claim("responses.metadata.accepted")
async def test_accepted(case: ResponsesCase, ask: Ask) -> Observation:
    """Metadata is accepted beside every other setting that a response repeats, or by itself where one of them is refused."""
    every = settings(case)
    reply = await ask(case.control(**every))
    return (reply if reply.ok else await ask(case.control(metadata=every["metadata"]))).acceptance()
