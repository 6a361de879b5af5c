"""messages: whether roles, turns, and content as text or parts reach the model, and whether anything else is refused."""

import json

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import (
    MARKER,
    QUESTION,
    SLACK,
    counts_prompt_tokens,
    in_parts,
    instructed,
    message,
    message_reaches_model,
    prompt_tokens,
    two_user_messages,
    with_every_role,
    with_history,
)
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.dialogue import PLAIN

MORE = 16  # tokens that four contents may cost more as parts; if parts are read as program text, they cost 40 more
LIST_AS_TEXT = '[{"type": "conformance", "note": "this list is the text of a message, and no content part"}, 7]'
FEWEST = 15  # tokens of that text in any tokenizer


@claim("chat.messages.system", "chat.messages.developer")
async def test_instructions(case: ChatCase, ask: Ask) -> Observation:
    """The answer follows the message of this role, against the user's question."""
    role = case.claim.id.rsplit(".", 1)[-1]
    messages = instructed(role)
    # Held against a short message of the same role, since some templates put an instruction of their own where none is sent.
    short = case.control(messages=[message(role, "Be brief."), *messages[1:]])
    return await message_reaches_model(case, ask, case.request(messages=messages), short)


@claim("chat.messages.history")
async def test_history(case: ChatCase, ask: Ask) -> Observation:
    """The answer knows what the assistant said in an earlier turn."""
    return await message_reaches_model(
        case, ask, case.request(messages=with_history()), case.control(messages=[message("user", QUESTION)])
    )


@claim("chat.messages.consecutive")
async def test_consecutive(case: ChatCase, ask: Ask) -> Observation:
    """The answer knows the first of two user messages in a row."""
    return await message_reaches_model(
        case, ask, case.request(messages=two_user_messages()), case.control(messages=[message("user", QUESTION)])
    )


@claim("chat.messages.empty_content")
async def test_empty_content(case: ChatCase, ask: Ask) -> Observation:
    """Whether a user message with an empty text is accepted or refused."""
    return (await ask(case.request(messages=[message("user", "")]))).acceptance()


@claim("chat.messages.parts")
async def test_parts(case: ChatCase, ask: Ask) -> Observation:
    """Content as text parts reaches the model: the answer knows it, or the prompt costs no less than with content as text."""
    control = await ask.control(case.control(messages=with_every_role()))
    reply = await ask(case.request(messages=in_parts(with_every_role())))
    if not reply.ok:
        return reply.refusal()
    if MARKER in reply.text.lower():
        return honoured(f"the answer names {MARKER!r}, which is in a part of an earlier turn")
    parts, text = prompt_tokens(reply), prompt_tokens(control)
    if parts is None or text is None or not await counts_prompt_tokens(case, ask, control):
        return unanswered(f"the answer does not name {MARKER!r}: {reply.quoted_text()}")
    if parts < text - SLACK:
        return ignored(f"{parts} prompt tokens as parts, {text} as text: some of the parts were lost")
    return honoured(f"{parts} prompt tokens as parts, {text} as text")


@claim("chat.messages.parts_tokens")
async def test_parts_tokens(case: ChatCase, ask: Ask) -> Observation:
    """The conversation costs nearly the same prompt tokens as parts and as text."""
    control = await ask.control(case.control(messages=with_every_role()))
    reply = await ask(case.request(messages=in_parts(with_every_role())))
    if not reply.ok:
        return unanswered(f"content as parts is not answered: {reply.refusal().detail}")
    parts, text = prompt_tokens(reply), prompt_tokens(control)
    if parts is None or text is None or not await counts_prompt_tokens(case, ask, control):
        return unanswered("the usage does not count prompt tokens")
    detail = f"{parts} prompt tokens as parts, {text} as text"
    return honoured(detail) if text - SLACK <= parts <= text + MORE else mishandled(detail)


@claim("chat.messages.missing")
async def test_missing(case: ChatCase, ask: Ask) -> Observation:
    """A request without messages is refused."""
    body = {name: value for name, value in case.plain().json.items() if name != "messages"}
    return (await ask(case.raw(json.dumps(body, sort_keys=True, separators=(",", ":"))))).acceptance()


@claim("chat.messages.empty")
async def test_empty(case: ChatCase, ask: Ask) -> Observation:
    """An empty list of messages is refused."""
    return (await ask(case.vary(case.plain(), messages=[]))).acceptance()


@claim("chat.messages.wrong_type")
async def test_wrong_type(case: ChatCase, ask: Ask) -> Observation:
    """A text in place of the list of messages is refused."""
    return (await ask(case.vary(case.plain(), messages=PLAIN))).acceptance()


@claim("chat.messages.content_wrong_type")
async def test_content_wrong_type(case: ChatCase, ask: Ask) -> Observation:
    """This value in place of the content is refused."""
    return (await ask(case.vary(case.plain(), messages=[message("user", case.value)]))).acceptance()


@claim("chat.messages.unknown_part")
async def test_unknown_part(case: ChatCase, ask: Ask) -> Observation:
    """A part of an unknown type, next to a text part, is refused."""
    parts = [{"type": "text", "text": PLAIN}, {"type": case.value, case.value: "ready"}]
    return (await ask(case.vary(case.plain(), messages=[message("user", parts)]))).acceptance()


@claim("chat.messages.unknown_role")
async def test_unknown_role(case: ChatCase, ask: Ask) -> Observation:
    """A message with an unknown role is refused."""
    return (await ask(case.vary(case.plain(), messages=[message(case.value, PLAIN)]))).acceptance()


@claim("chat.messages.missing_role")
async def test_missing_role(case: ChatCase, ask: Ask) -> Observation:
    """A message without a role is refused."""
    return (await ask(case.vary(case.plain(), messages=[{"content": PLAIN}]))).acceptance()


@claim("chat.messages.json_looking_content")
async def test_json_looking_content(case: ChatCase, ask: Ask) -> Observation:
    """A text that looks like a list in JSON is answered, and its prompt tokens are those of text."""
    reply = await ask(case.request(messages=[message("user", LIST_AS_TEXT)]))
    if not reply.ok:
        return reply.refusal()
    count = prompt_tokens(reply)
    if count is None or count < FEWEST:
        return accepted(f"answered {reply.quoted_text()}")
    return honoured(f"{count} prompt tokens, answered {reply.quoted_text()}")
