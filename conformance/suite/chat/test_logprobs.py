"""logprobs: there when asked for, well-formed, and never made up."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.probabilities import asked_in_vain, fault
from conformance.suite.chat.test_reply import SENTENCE
from conformance.surfaces.chat.request import ChatCase


@claim("chat.logprobs.present")
async def test_present(case: ChatCase, ask: Ask) -> Observation:
    """The choice holds log probabilities of its tokens."""
    reply = await ask(case.request(SENTENCE, budget=64, logprobs=True))
    if not reply.ok:
        return reply.refusal()
    if not reply.text:
        return unanswered("the answer has no text")
    return honoured(f"{len(reply.logprobs or [])} tokens") if reply.has_logprobs else ignored("no log probabilities")


@claim("chat.logprobs.shape")
async def test_shape(case: ChatCase, ask: Ask) -> Observation:
    """Each token has a log probability of at most 0 and its own bytes, and all tokens together are the content."""
    reply = await ask(case.request(SENTENCE, budget=64, logprobs=True))
    if not reply.ok:
        return reply.refusal()
    if not reply.logprobs:
        return unanswered("no log probabilities to look at")
    wrong = fault(reply)
    return mishandled(wrong) if wrong else honoured(f"{len(reply.logprobs)} tokens join to the content")


@claim("chat.logprobs.unsupported")
async def test_unsupported(case: ChatCase, ask: Ask) -> Observation:
    """Where the column documents no support, a request for them gets none."""
    return asked_in_vain(await ask(case.request(logprobs=True)))


@claim("chat.logprobs.not_asked")
async def test_not_asked(case: ChatCase, ask: Ask) -> Observation:
    """With logprobs false there are none."""
    reply = await ask(case.request(logprobs=case.value))
    if not reply.ok:
        return reply.refusal()
    return ignored("log probabilities though none were asked for") if reply.has_logprobs else honoured("none")


@claim("chat.logprobs.wrong_type", "chat.logprobs.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    reply = await ask(case.request(logprobs=case.value))
    return honoured("log probabilities are there") if reply.ok and reply.has_logprobs else reply.acceptance()
