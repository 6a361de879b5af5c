"""Streaming: events, chunks and what they add up to, observed on one long stream and the same answer without streaming."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.streams import (
    finish_fault,
    observe_stream,
    parts,
)
from conformance.suite.chat.test_every_answer import FINISH_REASONS
from conformance.suite.controls import ask_long_control, ask_streamed_control
from conformance.suite.texts import first_difference, is_damaged
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

_TYPES: dict[type, str] = {int: "an integer", str: "a string"}


@claim("chat.stream.content_type")
async def test_content_type(case: ChatCase, ask: Ask) -> Observation:
    """With stream true the reply is an event stream."""
    reply = await ask_streamed_control(case, ask)
    if reply.stream_failure and not reply.streamed:
        return mishandled(reply.stream_failure)
    return honoured("text/event-stream") if reply.ok else reply.refusal()


@claim("chat.stream.off")
async def test_off(case: ChatCase, ask: Ask) -> Observation:
    """With stream false the reply is one JSON document."""
    reply = await ask(case.request(stream=case.value))
    if not reply.ok:
        return reply.refusal()
    kind = reply.exchange.header("content-type") or "nothing"
    return honoured(f"content type {kind}") if "json" in kind else mishandled(f"content type must be JSON, got {kind}")


@claim("chat.stream.choices")
async def test_choices(case: ChatCase, ask: Ask) -> Observation:
    """With n 2 both choices are streamed, each with its own index and finish_reason."""
    reply = await ask(case.request(n=2, budget=2))
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    if reply.indexes != [0, 1]:
        return ignored(f"the indexes of the choices must be [0, 1], got {reply.indexes}")
    wrong = finish_fault(reply, [0, 1], FINISH_REASONS)
    return mishandled(wrong) if wrong else honoured("two choices, each with its finish_reason")


@claim("chat.stream.joins")
async def test_joins(case: ChatCase, ask: Ask) -> Observation:
    """The deltas join to the text of the same request without streaming, if that is the same each time."""
    first = await ask_long_control(case, ask)
    second = await ask.control(first.exchange.request, 1)
    reply = await ask_streamed_control(case, ask)
    if reply.stream_failure and reply.empty_stream and not reply.broken_off:
        return mishandled(f"the stream is empty; without streaming the answer is {first.quoted_text()}")
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    if first.text != second.text:
        return unanswered("two answers without streaming differ, so the stream cannot be compared with them")
    if reply.text == first.text:
        return honoured(f"the same {len(reply.text)} characters as without streaming")
    if is_damaged(reply.text, first.text):
        return mishandled(
            f"the stream must join to the text without streaming; {first_difference(first.text, reply.text)}"
        )
    return unanswered(
        f"the stream is another answer than without streaming; {first_difference(first.text, reply.text)}"
    )


@claim("chat.stream.incremental")
async def test_incremental(case: ChatCase, ask: Ask) -> Observation:
    """The text comes in more than one piece."""

    def fault(reply: ChatReply) -> str | None:
        pieces = [part for chunk in reply.chunks for part in parts(chunk) if _content(part)]
        if len(pieces) < 2 and len(reply.text) > 20:
            return f"the text must come in pieces, got {len(reply.text)} characters in one"
        return None

    return await observe_stream(case, ask, fault, "the text comes in pieces")


@claim("chat.stream.usage_agrees")
async def test_usage_agrees(case: ChatCase, ask: Ask) -> Observation:
    """The usage of a stream counts the same prompt tokens as without streaming."""
    control = await ask_long_control(case, ask)
    reply = await ask_streamed_control(case, ask, usage=True)
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    plain, streamed = control.usage.get("prompt_tokens"), reply.usage.get("prompt_tokens")
    if plain is None or streamed is None:
        return unanswered(f"prompt tokens must be counted, got {streamed} in the stream, {plain} without streaming")
    if plain != streamed:
        return mishandled(f"{streamed} prompt tokens in the stream, {plain} without streaming")
    name = "prompt_tokens_details"
    if control.usage.get(name) and not reply.usage.get(name):
        return mishandled(f"the usage of the stream lacks {name}, which it has without streaming")
    return honoured(f"{streamed} prompt tokens with and without streaming")


def _content(part: dict[str, Any]) -> bool:
    return isinstance(part.get("delta"), dict) and bool(part["delta"].get("content"))
