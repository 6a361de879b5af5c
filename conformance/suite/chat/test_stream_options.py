"""stream_options: usage at the end of a stream, when and only when it is asked for."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase


@claim("chat.stream_options.include_usage")
async def test_include_usage(case: ChatCase, ask: Ask) -> Observation:
    """The last chunk before [DONE] carries the usage."""
    reply = await _streamed(case, ask)
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    with_usage = _chunks_with_usage(reply)
    if not with_usage:
        return ignored("no chunk carries usage")
    if with_usage[-1] != len(reply.chunks) - 1:
        return mishandled(f"usage is in chunk {with_usage[-1] + 1} of {len(reply.chunks)}, not in the last")
    return honoured("usage is in the last chunk")


@claim("chat.stream_options.usage_chunk")
async def test_usage_chunk(case: ChatCase, ask: Ask) -> Observation:
    """The chunk that carries the usage has an empty list of choices."""
    reply = await _streamed(case, ask)
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    with_usage = _chunks_with_usage(reply)
    if not with_usage:
        return unanswered("no chunk carries usage")
    choices: Any = reply.chunks[with_usage[-1]].get("choices")
    return (
        honoured("choices are empty")
        if choices == []
        else mishandled(f"the usage chunk has choices {str(choices)[:80]}")
    )


@claim("chat.stream_options.without_stream")
async def test_without_stream(case: ChatCase, ask: Ask) -> Observation:
    """Without stream the options are accepted or refused."""
    return (await ask(case.request(stream_options={"include_usage": True}))).acceptance()


@claim("chat.stream_options.wrong_type", "chat.stream_options.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(stream=True, stream_options=case.value))).acceptance()


async def _streamed(case: ChatCase, ask: Ask) -> ChatReply:
    return await ask(case.request(stream=True, stream_options={"include_usage": True}))


def _chunks_with_usage(reply: ChatReply) -> list[int]:
    """The positions of the chunks that carry a usage object with a total."""
    return [
        number
        for number, chunk in enumerate(reply.chunks)
        if isinstance(chunk.get("usage"), dict) and chunk["usage"].get("total_tokens") is not None
    ]
