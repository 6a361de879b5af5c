"""What else the output has to hold: log probabilities."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.responses.baselines import LOGPROBS
from conformance.suite.responses.grammar import last_items, of
from conformance.surfaces.responses.request import ResponsesCase


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


@claim("responses.include.logprobs_stream")
async def test_logprobs_stream(case: ResponsesCase, ask: Ask) -> Observation:
    """Log probabilities come with the pieces of a text, and the last response has them all."""
    reply = await ask(case.as_stream(case.control(include=[LOGPROBS], top_logprobs=2)))
    if not reply.ok:
        return reply.refusal()
    if not reply.streamed or reply.cut or not reply.text:
        return unanswered(f"there is no streamed text that could have logprobs: {reply.end_as_sent}")
    streamed = _tokens(of(reply, "response.output_text.delta"))
    last = _tokens([part for item in last_items(reply) for part in item.get("content") or () if isinstance(part, dict)])
    for where, tokens in (("the pieces", streamed), ("the last response", last)):
        if not tokens:
            return ignored(f"{where} must have logprobs, got none")
        if "".join(tokens) != reply.text:
            return mishandled(f"the tokens of logprobs in {where} must add up to the text")
    return honoured(f"{len(last)} tokens, with the pieces and in the last response")


def _tokens(holders: list[dict[str, Any]]) -> list[str]:
    """Return the tokens in the logprobs of parts or pieces of a text."""
    entries = (entry for holder in holders for entry in holder.get("logprobs") or () if isinstance(entry, dict))
    return [str(entry.get("token")) for entry in entries]
