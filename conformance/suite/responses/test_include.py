"""What else the output has to hold: log probabilities."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.surfaces.responses.request import ResponsesCase

LOGPROBS = "message.output_text.logprobs"


@claim("responses.include.logprobs")
async def test_logprobs(case: ResponsesCase, ask: Ask) -> Observation:
    """Log probabilities of the text come where the request asks for them, with as many alternatives."""
    reply = await ask(case.request(include=[LOGPROBS], top_logprobs=2))
    if not reply.ok:
        return reply.refusal()
    entries = [entry for part in reply.parts for entry in part.get("logprobs") or () if isinstance(entry, dict)]
    if not entries:
        if reply.cut or not reply.text:
            return unanswered(f"there is no text that could have logprobs: {reply.end_as_sent}")
        return ignored("the text must come with logprobs, got none")
    if "".join(str(entry.get("token")) for entry in entries) != reply.text:
        return mishandled("the tokens of logprobs must add up to the text")
    numbers = {len(entry.get("top_logprobs") or ()) for entry in entries}
    if numbers != {2}:
        return ignored(f"each token must have 2 alternatives, got {sorted(numbers)}")
    return honoured(f"{len(entries)} tokens with 2 alternatives each")
