"""max_tokens: its combination with max_completion_tokens, and the cap of a request without one; the rest is tested by probes."""

from conformance.base.observation import Observation, absent, clamped, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

# The last number that is asked for: counting to it takes more than 4,096 tokens, the largest cap that servers are known to add.
LONG = 2600
END = 20  # characters of an answer's end that a detail quotes


@claim("chat.max_tokens.both_caps")
async def test_both_caps(case: ChatCase, ask: Ask) -> Observation:
    """Whether both caps together are accepted or refused."""
    return (await ask(case.request(max_tokens=16, max_completion_tokens=16))).acceptance()


@claim("chat.max_tokens.default")
async def test_default(case: ChatCase, ask: Ask) -> Observation:
    """Where an answer of thousands of tokens is cut if the request has no cap; a model may stop earlier by itself."""
    prompt = (
        f"Count from 1 to {LONG}, as digits separated by single spaces, without leaving any out. Write nothing else."
    )
    reply = await ask(case.uncapped(prompt))
    if not reply.ok:
        return reply.refusal()
    last = reply.text.split()[-1:]
    used = reply.completion_tokens
    if reply.finish_reason == "length":
        got = "an unknown number of" if used is None else str(used)
        return clamped(f"without a cap the answer is cut after {got} tokens", measured=None if used is None else got)
    if last == [str(LONG)]:
        return absent(f"the whole answer of {used or len(reply.text)} {'tokens' if used else 'characters'} came")
    return unanswered(f"the model ended its answer by itself, with {reply.text[-END:]!r}")
