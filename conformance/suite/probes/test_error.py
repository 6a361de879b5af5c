"""Errors of each model: whether a clear mistake is refused, and with which status."""

from itertools import cycle, islice

from conformance.base.observation import Observation, clamped, honoured, mishandled, refused, unanswered
from conformance.suite import probe
from conformance.suite.mistakes import either, is_server_fault, no_error, no_fault
from conformance.suite.probes import Ask
from conformance.surfaces.dialogue import PLAIN, DialogueCase
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, is_transient
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.reply import Reply

# What clients send that cut a text in the middle of an emoji, or do not remove the ends of C strings; both are valid JSON.
BROKEN = {"lone surrogate": "\ud83d", "null character": "\x00"}


@probe("error.refused")
async def test_refused(case: DialogueCase, ask: Ask) -> Observation:
    """The request with this mistake is refused."""
    return (await ask(case.with_mistake(case.value))).acceptance()


@probe("error.status")
async def test_status(case: DialogueCase, ask: Ask) -> Observation:
    """The status is one of a client's mistake: the request is at fault, and nothing is missing or broken on the server."""
    reply = await ask(case.with_mistake(case.value))
    if reason := no_error(reply):
        return reason
    if reply.exchange.status in case.statuses.mistake:
        return honoured(f"status {reply.exchange.status}")
    wanted = either(case.statuses.mistake)
    return mishandled(f"status must be {wanted}, got {reply.refusal().detail}", suspect=is_server_fault(reply))


@probe("error.stream_refusal")
async def test_stream_refusal(case: DialogueCase, ask: Ask) -> Observation:
    """In a stream, a mistake that is known before the first token is refused as without streaming: with a 4xx and JSON."""
    reply = await ask(case.with_mistake(case.value))
    if reply.stream_error:
        return mishandled(
            f"the error must come before the stream, got status 200 and {reply.stream_error}", suspect=True
        )
    if reason := no_error(reply):
        return reason
    status, detail = reply.exchange.status or 0, reply.refusal().detail
    if status < 400:
        return mishandled(f"status must be a 4xx, got {status} with an error in the body: {detail}", suspect=True)
    if status >= 500 or not isinstance(reply.exchange.json, dict):
        return mishandled(f"the error must be a 4xx with JSON, got {detail}", suspect=is_server_fault(reply))
    return honoured(f"refused before the stream: {detail}")


@probe("error.broken_text")
async def test_broken_text(case: DialogueCase, ask: Ask) -> Observation:
    """A text with half of a surrogate pair or U+0000 is answered or refused as the client's mistake, plain and streamed."""
    text = f"{case.question(case.value)}. Do not mind this: {BROKEN[case.value]}"
    return no_fault(await ask(case.spelt(Prompt.of(text, brief=True))))


@probe("error.too_long")
async def test_too_long(case: DialogueCase, ask: Ask) -> Observation:
    """A prompt of this many words, each at least one token, is refused rather than shortened."""
    words = " ".join(islice(cycle("abcdefgh"), case.value))
    reply = await ask(case.spelt(Prompt.of(f"{PLAIN}. Do not mind these letters: {words}")))
    exchange, status = reply.exchange, reply.exchange.status or 0
    if reply.ok:
        return _fitted(reply, case.value)
    detail = reply.refusal().detail
    if exchange.failure or status in NOT_ABOUT_THE_REQUEST:
        return unanswered(detail)
    if is_transient(exchange) and reply.error:
        return unanswered(detail)
    if 400 <= status < 500 and reply.error:
        return refused(detail)
    return mishandled(
        f"a prompt that is too long must get a 4xx with an error, got {detail}", suspect=not 400 <= status < 500
    )


def _fitted(reply: Reply, words: int) -> Observation:
    """Return what an answer to a prompt of `words` words shows: fewer prompt tokens than words mean that some were dropped."""
    count = reply.counts.prompt
    if count is not None and count < words:
        return clamped(f"{count} prompt tokens for {words} words: the rest was dropped without an error")
    return unanswered(f"answered: {words} words fit into the context; give more with --too-long")
