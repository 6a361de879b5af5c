"""Errors of each model: whether a clear mistake is refused, and what the error looks like."""

from itertools import cycle, islice

from conformance.base.observation import Observation, Seen, clamped, honoured, mishandled, refused, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import brief
from conformance.suite.chat.mistakes import is_server_fault, no_error
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.dialogue import PLAIN
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, envelope, is_transient

CLIENT_MISTAKE = (400, 422)
# What clients send that cut a text in the middle of an emoji, or do not remove the ends of C strings; both are valid JSON.
BROKEN = {"lone surrogate": "\ud83d", "null character": "\x00"}


@claim("chat.error.refused")
async def test_refused(case: ChatCase, ask: Ask) -> Observation:
    """The request with this mistake is refused."""
    return (await ask(case.with_mistake(case.value))).acceptance()


@claim("chat.error.status")
async def test_status(case: ChatCase, ask: Ask) -> Observation:
    """The status is 400 or 422: the request is at fault, and nothing is missing or broken on the server."""
    reply = await ask(case.with_mistake(case.value))
    if reason := no_error(reply):
        return reason
    status = reply.exchange.status
    if status in CLIENT_MISTAKE:
        return honoured(f"status {status}")
    return mishandled(f"status must be 400 or 422, got {reply.refusal().detail}", suspect=is_server_fault(reply))


@claim("chat.error.stream_refusal")
async def test_stream_refusal(case: ChatCase, ask: Ask) -> Observation:
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


@claim("chat.error.unknown_message_key")
async def test_unknown_message_key(case: ChatCase, ask: Ask) -> Observation:
    """An unknown key inside a message is tolerated or refused as the client's mistake; the server does not fail on it."""
    message = {"role": "user", "content": PLAIN, "conformance_unknown_key": "conformance"}
    return _no_fault(await ask(case.request(messages=[message])))


@claim("chat.error.broken_text")
async def test_broken_text(case: ChatCase, ask: Ask) -> Observation:
    """A text with half of a surrogate pair or U+0000 is answered or refused as the client's mistake, plain and streamed."""
    text = f"{PLAIN}. Do not mind this: {BROKEN[case.value]}"
    return _no_fault(await ask(case.request(text, **brief(case, 16))))


@claim("chat.error.too_long")
async def test_too_long(case: ChatCase, ask: Ask) -> Observation:
    """A prompt of this many words, each at least one token, is refused rather than shortened."""
    words = " ".join(islice(cycle("abcdefgh"), case.value))
    reply = await ask(case.request(f"{PLAIN}. Do not mind these letters: {words}"))
    exchange, status = reply.exchange, reply.exchange.status or 0
    if reply.ok:
        return _fitted(reply, case.value)
    detail = reply.refusal().detail
    if exchange.failure or status in NOT_ABOUT_THE_REQUEST:
        return unanswered(detail)
    if is_transient(exchange) and envelope(exchange.json):
        return unanswered(detail)
    if 400 <= status < 500 and envelope(exchange.json):
        return refused(detail)
    return mishandled(
        f"a prompt that is too long must get a 4xx with an error, got {detail}", suspect=not 400 <= status < 500
    )


def _no_fault(reply: ChatReply) -> Observation:
    """Return honoured for an answer and for a refusal of the client's mistake; a fault of the server is neither."""
    if reply.ok:
        return honoured(f"answered {reply.quoted_text()}")
    seen = reply.refusal()
    return honoured(f"refused as the client's mistake: {seen.detail}") if seen.seen is Seen.REFUSED else seen


def _fitted(reply: ChatReply, words: int) -> Observation:
    """Return what an answer to a prompt of `words` words shows: fewer prompt tokens than words mean that some were dropped."""
    count = reply.usage.get("prompt_tokens")
    if isinstance(count, int) and count < words:
        return clamped(f"{count} prompt tokens for {words} words: the rest was dropped without an error")
    return unanswered(f"answered: {words} words fit into the context; give more with --too-long")
