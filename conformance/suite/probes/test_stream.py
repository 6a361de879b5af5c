"""Streaming: that a stream comes, in pieces, with the text and the counts of the same answer without streaming."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.controls import ask_long_control, ask_streamed_control, refused_as_stream
from conformance.suite.probes import Ask
from conformance.suite.texts import first_difference, is_damaged, is_within
from conformance.suite.toolbox import WEATHER
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.reply import Reply

LONG = 20  # characters: a shorter text may come in one piece
LAST = 24  # the count has 62 characters: more than any server that sends tokens waits for
COUNTING = Prompt.of(
    f"Count from 1 to {LAST}, as digits separated by single spaces, and write nothing else.",
    budget=96,  # tokens: some tokenizers take two for a number and its space
    tools=(WEATHER,),
    greedy=True,
    brief=True,
)


@probe("stream.content_type")
async def test_content_type(case: DialogueCase, ask: Ask) -> Observation:
    """With streaming the reply is an event stream."""
    reply = await ask_streamed_control(case, ask)
    if reply.stream_failure and not reply.streamed:
        return mishandled(reply.stream_failure)
    return honoured("text/event-stream") if reply.ok else reply.refusal()


@probe("stream.off")
async def test_off(case: DialogueCase, ask: Ask) -> Observation:
    """With the parameter that asks for a stream set to false, the reply is one JSON document."""
    reply = await ask(case.with_value(case.value))
    if not reply.ok:
        return reply.refusal()
    kind = reply.exchange.header("content-type") or "nothing"
    return honoured(f"content type {kind}") if "json" in kind else mishandled(f"content type must be JSON, got {kind}")


@probe("stream.joins")
async def test_joins(case: DialogueCase, ask: Ask) -> Observation:
    """The pieces join to the text of the same request without streaming, if that is the same each time."""
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


@probe("stream.incremental")
async def test_incremental(case: DialogueCase, ask: Ask) -> Observation:
    """The text comes in more than one piece."""
    return _in_pieces(await ask_streamed_control(case, ask))


@probe("stream.incremental_with_tools")
async def test_incremental_with_tools(case: DialogueCase, ask: Ask) -> Observation:
    """A count comes whole and in more than one piece where tools are declared that it needs none of."""
    reply = await ask(case.spelt(COUNTING))
    if not reply.ok:
        return await refused_as_stream(case, ask, COUNTING, reply)
    if reply.made:
        return unanswered("the model calls a tool in place of counting")
    counted, text = " ".join(map(str, range(1, LAST + 1))), reply.text.strip()
    if text != counted and text.endswith(f" {LAST}") and is_within(text, counted):
        return mishandled(f"the stream must have the count that was asked for; {first_difference(counted, text)}")
    return _in_pieces(reply)


@probe("stream.usage_agrees")
async def test_usage_agrees(case: DialogueCase, ask: Ask) -> Observation:
    """The usage of a stream counts the same prompt tokens as without streaming."""
    control = await ask_long_control(case, ask)
    reply = await ask_streamed_control(case, ask, usage=True)
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    plain, streamed = control.counts.prompt, reply.counts.prompt
    if plain is None or streamed is None:
        return unanswered(f"prompt tokens must be counted, got {streamed} in the stream, {plain} without streaming")
    if plain != streamed:
        return mishandled(f"{streamed} prompt tokens in the stream, {plain} without streaming")
    if (parts := control.counts.prompt_parts) and not reply.counts.prompt_parts:
        return mishandled(f"the usage of the stream lacks {', '.join(parts)}, which it has without streaming")
    return honoured(f"{streamed} prompt tokens with and without streaming")


def _in_pieces(reply: Reply) -> Observation:
    """Observe whether the text of a stream comes in pieces."""
    if not reply.ok:
        return reply.refusal()
    if not reply.streamed:
        return unanswered(str(reply.stream_failure))
    if not reply.text:
        return unanswered("the stream has no text, which other claims are about")
    if len(reply.pieces) < 2 and len(reply.text) > LONG:
        return mishandled(f"the text must come in pieces, got {len(reply.text)} characters in one")
    return honoured("the text comes in pieces")
