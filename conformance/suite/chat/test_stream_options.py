"""stream_options: usage at the end of a stream, if it is requested."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase


@claim("chat.stream_options.include_usage")
async def test_include_usage(case: ChatCase, ask: Ask) -> Observation:
    """With include_usage the last chunk before [DONE] has the usage."""
    reply = await _streamed(case, ask)
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    with_usage = _chunks_with_usage(reply)
    if not with_usage:
        return ignored("no chunk has usage")
    if with_usage[-1] != len(reply.chunks) - 1:
        return mishandled(
            f"usage must be in the last chunk, got it in chunk {with_usage[-1] + 1} of {len(reply.chunks)}"
        )
    return honoured("usage is in the last chunk")


@claim("chat.stream_options.without_stream")
async def test_without_stream(case: ChatCase, ask: Ask) -> Observation:
    """Whether stream_options are accepted or refused without stream."""
    return (await ask(case.request(stream_options={"include_usage": True}))).acceptance()


@claim("chat.stream_options.wrong_type", "chat.stream_options.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """Whether this value is accepted or refused."""
    return (await ask(case.request(stream=True, stream_options=case.value))).acceptance()


async def _streamed(case: ChatCase, ask: Ask) -> ChatReply:
    """Return the reply to a streamed request with include_usage."""
    return await ask(case.request(stream=True, stream_options={"include_usage": True}))


def _chunks_with_usage(reply: ChatReply) -> list[int]:
    """Return the positions of the chunks with a usage object that has a total."""
    return [
        number
        for number, chunk in enumerate(reply.chunks)
        if isinstance(chunk.get("usage"), dict) and chunk["usage"].get("total_tokens") is not None
    ]
