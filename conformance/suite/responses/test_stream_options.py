"""Options of a stream."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.surfaces.responses.request import ResponsesCase


@claim("responses.stream_options.include_usage")
async def test_include_usage(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether the option of Chat Completions is accepted; usage always comes on this API."""
    return (await ask(case.request(stream=True, stream_options={"include_usage": True}))).acceptance()
