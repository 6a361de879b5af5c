"""messages: roles, turns, and content as text and as parts; that each reaches the model, and that nothing else is let in."""

import json

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import (
    QUESTION,
    SIGN,
    SLACK,
    counts,
    followed,
    in_a_row,
    in_every_role,
    in_parts,
    instructed,
    message,
    prompt_tokens,
    remembering,
)
from conformance.surfaces.chat.request import PLAIN, ChatCase

MORE = 16  # tokens that four contents may cost more as parts; written out as program text they cost 40 or more
LIST_AS_TEXT = '[{"type": "conformance", "note": "this list is the text of a message, and no content part"}, 7]'
FEWEST = 15  # tokens of that text, whatever the tokenizer


@claim("chat.messages.system", "chat.messages.developer")
async def test_instructions(case: ChatCase, ask: Ask) -> Observation:
    """The answer does what the message of that role says, against the user's question."""
    messages = instructed(case.claim.id.rsplit(".", 1)[-1])
    return await followed(case, ask, case.request(messages=messages), case.control(messages=messages[1:]))


@claim("chat.messages.history")
async def test_history(case: ChatCase, ask: Ask) -> Observation:
    """The answer knows what the assistant said before."""
    return await followed(
        case, ask, case.request(messages=remembering()), case.control(messages=[message("user", QUESTION)])
    )


@claim("chat.messages.consecutive")
async def test_consecutive(case: ChatCase, ask: Ask) -> Observation:
    """The answer knows the first of two messages of the user in a row."""
    return await followed(
        case, ask, case.request(messages=in_a_row()), case.control(messages=[message("user", QUESTION)])
    )


@claim("chat.messages.empty_content")
async def test_empty_content(case: ChatCase, ask: Ask) -> Observation:
    """The empty text is accepted or refused."""
    return (await ask(case.request(messages=[message("user", "")]))).acceptance()


@claim("chat.messages.parts")
async def test_parts(case: ChatCase, ask: Ask) -> Observation:
    """The text of the parts reaches the model: the answer knows it, or the prompt costs no less than as text."""
    control = await ask.control(case.control(messages=in_every_role()))
    reply = await ask(case.request(messages=in_parts(in_every_role())))
    if not reply.ok:
        return reply.refusal()
    if SIGN in reply.text.lower():
        return honoured(f"the answer names {SIGN!r}, which stands in a part of an earlier turn")
    parts, text = prompt_tokens(reply), prompt_tokens(control)
    if parts is None or text is None or not await counts(case, ask, control):
        return unanswered(f"the answer does not name {SIGN!r}: {reply.quoted_text()}")
    if parts < text - SLACK:
        return ignored(f"{parts} prompt tokens as parts, {text} as text: a part of it was lost")
    return honoured(f"{parts} prompt tokens as parts, {text} as text")


@claim("chat.messages.parts_tokens")
async def test_parts_tokens(case: ChatCase, ask: Ask) -> Observation:
    """The conversation costs as many prompt tokens as parts as it does as text, but for a few."""
    control = await ask.control(case.control(messages=in_every_role()))
    reply = await ask(case.request(messages=in_parts(in_every_role())))
    if not reply.ok:
        return unanswered(f"parts are not answered: {reply.refusal().detail}")
    parts, text = prompt_tokens(reply), prompt_tokens(control)
    if parts is None or text is None or not await counts(case, ask, control):
        return unanswered("the usage does not count prompt tokens")
    said = f"{parts} prompt tokens as parts, {text} as text"
    return honoured(said) if text - SLACK <= parts <= text + MORE else mishandled(said)


@claim("chat.messages.missing")
async def test_missing(case: ChatCase, ask: Ask) -> Observation:
    """Without messages the request is refused."""
    body = {name: value for name, value in case.plain().json.items() if name != "messages"}
    return (await ask(case.raw(json.dumps(body, sort_keys=True, separators=(",", ":"))))).acceptance()


@claim("chat.messages.empty")
async def test_empty(case: ChatCase, ask: Ask) -> Observation:
    """An empty list of messages is refused."""
    return (await ask(case.vary(case.plain(), messages=[]))).acceptance()


@claim("chat.messages.wrong_type")
async def test_wrong_type(case: ChatCase, ask: Ask) -> Observation:
    """A text in place of the messages is refused."""
    return (await ask(case.vary(case.plain(), messages=PLAIN))).acceptance()


@claim("chat.messages.content_wrong_type")
async def test_content_wrong_type(case: ChatCase, ask: Ask) -> Observation:
    """The value in place of the content is refused."""
    return (await ask(case.vary(case.plain(), messages=[message("user", case.value)]))).acceptance()


@claim("chat.messages.unknown_part")
async def test_unknown_part(case: ChatCase, ask: Ask) -> Observation:
    """The part beside one of text is refused."""
    parts = [{"type": "text", "text": PLAIN}, {"type": case.value, case.value: "ready"}]
    return (await ask(case.vary(case.plain(), messages=[message("user", parts)]))).acceptance()


@claim("chat.messages.unknown_role")
async def test_unknown_role(case: ChatCase, ask: Ask) -> Observation:
    """The role is refused."""
    return (await ask(case.vary(case.plain(), messages=[message(case.value, PLAIN)]))).acceptance()


@claim("chat.messages.missing_role")
async def test_missing_role(case: ChatCase, ask: Ask) -> Observation:
    """The message without a role is refused."""
    return (await ask(case.vary(case.plain(), messages=[{"content": PLAIN}]))).acceptance()


@claim("chat.messages.json_looking_content")
async def test_json_looking_content(case: ChatCase, ask: Ask) -> Observation:
    """The text is answered, and counted as the many tokens that it has; read as parts it is a mistake."""
    reply = await ask(case.request(messages=[message("user", LIST_AS_TEXT)]))
    if not reply.ok:
        return reply.refusal()
    found = prompt_tokens(reply)
    if found is None or found < FEWEST:
        return accepted(f"answered {reply.quoted_text()}")
    return honoured(f"{found} prompt tokens, answered {reply.quoted_text()}")
