"""logprobs: present if requested, well-formed, and absent otherwise."""

from conformance.base.observation import Observation, absent, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.probabilities import unsupported
from conformance.suite.chat.test_reply import SENTENCE
from conformance.surfaces.chat.request import ChatCase


@claim("chat.logprobs.present")
async def test_present(case: ChatCase, ask: Ask) -> Observation:
    """With logprobs true the answer has log probabilities of its tokens."""
    reply = await ask(case.request(SENTENCE, budget=64, logprobs=True))
    if not reply.ok:
        return reply.refusal()
    if not reply.text:
        return unanswered("the answer has no text")
    if not reply.has_logprobs:
        return ignored("the answer has no log probabilities")
    return honoured(f"{len(reply.logprobs or [])} tokens have log probabilities")


@claim("chat.logprobs.unsupported")
async def test_unsupported(case: ChatCase, ask: Ask) -> Observation:
    """With logprobs true, an answer of a column without documented support has no log probabilities."""
    return unsupported(await ask(case.request(logprobs=True)))


@claim("chat.logprobs.not_asked")
async def test_not_asked(case: ChatCase, ask: Ask) -> Observation:
    """With logprobs false the answer has no log probabilities."""
    reply = await ask(case.request(logprobs=case.value))
    if not reply.ok:
        return reply.refusal()
    if reply.has_logprobs:
        return ignored(f"log probabilities with logprobs {case.value!r}")
    return absent("no log probabilities")


@claim("chat.logprobs.wrong_type", "chat.logprobs.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """Whether this value is accepted or refused."""
    reply = await ask(case.request(logprobs=case.value))
    return honoured("the answer has log probabilities") if reply.ok and reply.has_logprobs else reply.acceptance()
