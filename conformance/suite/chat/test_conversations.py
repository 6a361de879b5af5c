"""Conversations as programs send them: whether the text of every message, part and result reaches the model, short and long.

What hardly any endpoint refuses is first sent in one conversation; a claim asks for its own part only if that one fails it.
"""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import Message, brief, message
from conformance.suite.chat.media import Part
from conformance.suite.chat.recalling import (
    EMPTY,
    FLOWERS,
    Place,
    as_parts,
    flowers_reach_model,
    long_prompt_reaches_model,
    long_text,
    names,
    place,
    turns,
)
from conformance.suite.chat.results import call, calling, result
from conformance.suite.chat.toolbox import WEATHER
from conformance.surfaces.chat.request import ChatCase

TOKENS_PER_SENTENCE = 9  # of a long text, with any tokenizer at least
TOOLS = {"tools": [WEATHER]}
ENDS = FLOWERS[:3]  # what a long text names at its start, in its middle and at its end
WHICH = "Which flower did the tool return for Paris? Reply with its name alone."


def one_call(beside: str | None, content: str | list[Part]) -> list[Message]:
    """Return a call next to this text, and its result."""
    return [message("user", "Look it up."), calling(call("Paris"), content=beside), result(call("Paris"), content)]


COMMON = {
    "several_parts": place(lambda texts: [message("user", as_parts(texts)), message("assistant", EMPTY)], *FLOWERS[:3]),
    "name": place(
        lambda texts: [{**message("user", texts[0]), "name": "Ada"}, message("assistant", EMPTY)], FLOWERS[3]
    ),
    "null_keys": place(
        lambda texts: [
            message("user", "Tell me about a flower."),
            {**message("assistant", texts[0]), "refusal": None, "audio": None},
        ],
        FLOWERS[4],
    ),
    "text_beside_calls": place(lambda texts: one_call(texts[0], EMPTY), FLOWERS[5], **TOOLS),
    "tool_parts": place(lambda texts: one_call(None, as_parts(texts)), *FLOWERS[6:8], **TOOLS),
}
RARE = {
    "several_system": place(lambda texts: [message("system", text) for text in texts], *FLOWERS[:2]),
    "developer_and_system": place(
        lambda texts: [message("system", texts[0]), message("developer", texts[1])], *FLOWERS[:2]
    ),
    "system_later": place(
        lambda texts: [message("user", "Hello."), message("assistant", "Hello."), message("system", texts[0])],
        FLOWERS[0],
    ),
    "consecutive_assistant": place(
        lambda texts: [message("user", "Tell me about two flowers."), *(message("assistant", text) for text in texts)],
        *FLOWERS[:2],
    ),
    "long_history": place(turns, *FLOWERS, **TOOLS),
    "long_tool_result": Place(lambda texts: one_call(None, texts[0]), ENDS, (long_text(110, *ENDS),), TOOLS),
    "long_system": Place(lambda texts: [message("system", texts[0])], ENDS, (long_text(70, *ENDS),)),
}
ALL = Place(
    lambda texts: [
        *(COMMON["several_parts"].build(texts[:3])),
        *(COMMON["name"].build(texts[3:4])),
        *(COMMON["null_keys"].build(texts[4:5])),
        *one_call(texts[5], as_parts(texts[6:8])),
    ],
    FLOWERS[:8],
    tuple(map(names, FLOWERS[:8])),
    TOOLS,
)


@claim(*(f"chat.messages.{name}" for name in COMMON))
async def test_common(case: ChatCase, ask: Ask) -> Observation:
    """The answer names what this kind of message says, in a conversation with all of them or else in one of its own."""
    return await flowers_reach_model(case, ask, COMMON[case.claim.id.rsplit(".", 1)[-1]], ALL)


@claim(*(f"chat.messages.{name}" for name in RARE))
async def test_rare(case: ChatCase, ask: Ask) -> Observation:
    """The answer names what the messages of this conversation say."""
    return await flowers_reach_model(case, ask, RARE[case.claim.id.rsplit(".", 1)[-1]])


@claim("chat.messages.long_prompt")
async def test_long_prompt(case: ChatCase, ask: Ask) -> Observation:
    """The answer names what a message of about this many tokens says at its start, in its middle and at its end."""
    return await long_prompt_reaches_model(case, ask, long_text(case.value // TOKENS_PER_SENTENCE, *ENDS), ENDS)


@claim("chat.messages.results_order")
async def test_results_order(case: ChatCase, ask: Ask) -> Observation:
    """The answer knows which result belongs to which call, although they come in the opposite order."""
    calls = [call("Paris"), call("Oslo")]
    right, wrong = FLOWERS[:2]
    results = [result(made, f"The flower is {flower}.") for made, flower in zip(calls, (right, wrong), strict=True)]

    def with_order(results: list[Message]) -> list[Message]:
        return [message("user", "Look both up."), calling(*calls), *results, message("user", WHICH)]

    how = {**brief(case, 16), **TOOLS}
    reply = await ask(case.request(messages=with_order(results[::-1]), **how))
    if not reply.ok:
        await ask.control(case.control(messages=with_order(results), **how))
        return reply.refusal()
    if right in reply.text.lower():
        return honoured(f"the answer names {right!r}, the result for Paris")
    ordered = await ask.control(case.control(messages=with_order(results), **how))
    if wrong in reply.text.lower() and right in ordered.text.lower() and wrong not in ordered.text.lower():
        return mishandled(f"the answer must name {right!r}, the result for Paris, got {wrong!r}, the one for Oslo")
    return unanswered(f"the answer does not name {right!r}: {reply.quoted_text()}")
