"""logprobs: there when asked for, well-formed, and never made up."""

from typing import Any

from conformance.asking import Ask
from conformance.chat import ChatCase, ChatReply
from conformance.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.suite import claim

SENTENCE = "Repeat this sentence and nothing else: The café in Zürich serves crème brûlée, doesn't it?"


@claim("chat.logprobs.present")
async def test_present(case: ChatCase, ask: Ask) -> Observation:
    """The choice holds log probabilities of its tokens."""
    reply = await ask(case.request(logprobs=True))
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
    wrong = next((fault for entry in reply.logprobs if (fault := _fault(entry))), None) or _whole(reply)
    return mishandled(wrong) if wrong else honoured(f"{len(reply.logprobs)} tokens join to the content")


@claim("chat.logprobs.unsupported")
async def test_unsupported(case: ChatCase, ask: Ask) -> Observation:
    """Where the column documents no support, a request for them gets none."""
    return _none(await ask(case.request(logprobs=True)))


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
    return _none(await ask(case.request(logprobs=case.value)))


def _none(reply: ChatReply) -> Observation:
    if not reply.ok:
        return reply.refusal()
    if reply.has_logprobs:
        return honoured(f"log probabilities of {len(reply.logprobs or [])} tokens")
    return accepted("answered without log probabilities")


def _fault(entry: dict[str, Any]) -> str | None:
    """What is wrong with one token's entry; None if nothing is."""
    token, probability, spelled = entry.get("token"), entry.get("logprob"), entry.get("bytes")
    if not isinstance(token, str) or not token:
        return f"an entry without a token: {str(entry)[:80]}"
    if not isinstance(probability, int | float) or isinstance(probability, bool) or probability > 0:
        return f"log probability {probability!r} of token {token!r} is not a number of at most 0"
    if spelled is not None and (not isinstance(spelled, list) or not all(isinstance(each, int) for each in spelled)):
        return f"bytes of token {token!r} are not a list of integers"
    if spelled is not None and "\ufffd" not in token and spelled != list(token.encode()):
        return f"bytes {spelled} do not spell the token {token!r}"
    return None


def _whole(reply: ChatReply) -> str | None:
    """What is wrong with all entries together; None if nothing is."""
    entries, counted = reply.logprobs or [], reply.completion_tokens
    if all(isinstance(entry.get("bytes"), list) for entry in entries):
        joined = bytes(each % 256 for entry in entries for each in entry["bytes"]).decode("utf-8", "replace")
    else:
        joined = "".join(entry["token"] for entry in entries)
    if joined != reply.text:
        return f"the tokens join to {joined[:60]!r}, the content is {reply.said()}"
    if counted is not None and len(entries) > counted:
        return f"{len(entries)} entries for {counted} completion tokens"
    return None
