"""Defects of conversations: what is accepted in them, and what of them reaches the model."""

import html
import re

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, of_blocks, of_said, of_turns, strict
from conformance.mock.defects.messages.building.errors import about, answered, only_if
from conformance.mock.defects.messages.building.events import of_delta, with_part
from conformance.mock.defects.messages.building.messages import with_blocks
from conformance.mock.surfaces.messages.content import BLOCKS
from conformance.mock.surfaces.messages.defect import MessagesDefect

LAST = 8  # messages that are left of a conversation
FILLED = [{"role": "user", "content": "."}]


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about conversations."""
    return tuple(f"messages.messages.{name}" for name in names)


def turns_of(body: Json) -> list[Json]:
    """Return the messages of a body; none if one of them is no object."""
    turns = body.get("messages")
    sound = isinstance(turns, list) and all(isinstance(turn, dict) for turn in turns)
    return list(turns) if sound and isinstance(turns, list) else []


def last_message_only(body: Json) -> Json:
    """Return a body with its last message, where no calls are in it."""
    turns = turns_of(body)
    roles = {turn.get("role") for turn in turns}
    plain = roles <= {"user", "assistant"} and not any(word in str(turns) for word in ("'tool_use'", "'document'"))
    return {**body, "messages": turns[-1:]} if turns and plain else body


def with_last_of_a_role(body: Json) -> Json:
    """Return a body in which a message of the user replaces the one before it."""
    kept: list[Json] = []
    for turn in turns_of(body):
        texts = kept and isinstance(turn.get("content"), str) and isinstance(kept[-1].get("content"), str)
        if texts and turn.get("role") == kept[-1].get("role") == "user":
            kept.pop()
        kept.append(turn)
    return {**body, "messages": kept} if kept else body


def with_last_messages(body: Json) -> Json:
    """Return a body with the last of its messages, in which no call is left out."""
    turns = turns_of(body)
    return (
        {**body, "messages": turns[-LAST:]} if len(turns) > LAST and "'tool_result'" not in str(turns[-LAST]) else body
    )


def with_first_text(message: Json) -> Json:
    """Return a message with the first of its texts only."""
    content = message.get("content")
    texts = isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content)
    return {**message, "content": content[:1]} if texts else message  # type: ignore[index]


def without_blocks_of_assistant(message: Json) -> Json:
    """Return a message of the assistant with a dot in the place of its text blocks."""
    content = message.get("content")
    texts = isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content)
    return {**message, "content": "."} if texts and message.get("role") == "assistant" else message


def with_last_text_of_assistant(message: Json) -> Json:
    """Return a message of the assistant that is all texts with the last of them."""
    content = message.get("content")
    if message.get("role") != "assistant" or not isinstance(content, list):
        return message
    texts = all(isinstance(block, dict) and block.get("type") == "text" for block in content)
    return {**message, "content": content[-1:]} if texts else message


def with_user(message: Json) -> Json:
    """Return a message with the role user in the place of one that the API does not have."""
    return message if message.get("role") in ("user", "assistant") else {**message, "role": "user"}


def is_own_call(body: Json) -> bool:
    """Return whether a message of the assistant has a call with an id of this gateway."""
    return "'id': 'toolu_" in str(body.get("messages")) and "thinking" not in body


DEFECTS = (
    lax(
        "fills_in_messages",
        "A request without messages, or with none in the list, is answered.",
        *claims("missing", "empty"),
        "messages.error.refused",
        change=lambda body: body if body.get("messages") else {**body, "messages": FILLED},
    ),
    lax(
        "takes_numbers_as_content",
        "A number as the content of a message is read as a text.",
        *claims("content_number"),
        "messages.error.refused",
        change=of_turns(
            lambda message: (
                {**message, "content": str(message["content"])} if isinstance(message.get("content"), int) else message
            )
        ),
    ),
    lax(
        "takes_any_role_of_messages",
        "A message with a role that the API does not have counts as one of the user.",
        *claims("bad_role"),
        "messages.system.role_in_messages",
        "messages.system.developer_role",
        change=of_turns(with_user),
    ),
    lax(
        "takes_empty_texts",
        "An empty text block is dropped.",
        *claims("empty_text"),
        change=of_blocks(lambda block: {**block, "text": "."} if block.get("text") == "" else block),
    ),
    lax(
        "drops_unknown_blocks",
        "A block of an unknown type is read as a text.",
        *claims("unknown_block"),
        change=of_blocks(lambda block: block if block.get("type") in BLOCKS else {"type": "text", "text": "."}),
    ),
    lax(
        "drops_names_of_messages",
        "A message with a name is accepted.",
        *claims("name_key"),
        change=of_turns(lambda message: {name: value for name, value in message.items() if name != "name"}),
    ),
    MessagesDefect(
        "fills_in_the_model",
        "A request without a model is answered by a default.",
        claims("model_missing"),
        refusal=only_if(about("model"), answered),
    ),
    strict(
        "refuses_begun_answers",
        "A conversation that ends with the assistant is refused.",
        *claims("prefill"),
        wrong=lambda body: "'role': 'assistant'" in str((body.get("messages") or [""])[-1:]),
    ),
    lax(
        "reads_first_block_only",
        "Of several text blocks of a message only the first one reaches the model.",
        *claims("blocks", "parts"),
        change=of_turns(with_first_text),
    ),
    lax(
        "forgets_what_was_said",
        "Only the last message reaches the model.",
        *claims("history", "same_roles"),
        change=last_message_only,
    ),
    lax(
        "keeps_the_last_of_a_role",
        "Of two messages of the user in a row only the second one reaches the model.",
        *claims("same_roles"),
        change=with_last_of_a_role,
    ),
    lax(
        "cuts_long_conversations",
        "Only the last eight messages reach the model.",
        *claims("long"),
        change=with_last_messages,
    ),
    lax(
        "strips_tags_of_messages",
        "Everything in angle brackets is removed on the way to the model.",
        *claims("unicode"),
        "messages.system.text",
        change=of_said(lambda text: re.sub(r"<[^<>]+>", "", text)),
    ),
    lax(
        "decodes_entities_of_messages",
        "HTML entities are decoded on the way to the model.",
        *claims("unicode"),
        "messages.system.text",
        change=of_said(html.unescape),
    ),
    lax(
        "blanks_blocks_of_the_assistant",
        "What the assistant said in text blocks never reaches the model.",
        *claims("parts"),
        change=of_turns(without_blocks_of_assistant),
    ),
    lax(
        "reads_last_text_of_the_assistant",
        "Of several text blocks of the assistant only the last reaches the model.",
        *claims("parts"),
        change=of_turns(with_last_text_of_assistant),
    ),
    MessagesDefect(
        "writes_ascii_only",
        "Letters beyond ASCII are missing in answers.",
        (*claims("unicode_back"), "messages.format.features"),
        message=with_blocks("text", lambda block: {**block, "text": re.sub(r"[^\x00-\x7f]", "", block["text"])}),
    ),
    strict(
        "refuses_its_own_calls",
        "A call with an id that the gateway gave is refused when it comes back.",
        *claims("sent_back"),
        wrong=is_own_call,
    ),
    MessagesDefect(
        "streams_ascii_only",
        "Letters beyond ASCII are missing in streams.",
        claims=("messages.messages.unicode_stream",),
        events=of_delta(
            "text_delta",
            lambda event: with_part(event, "delta", text=re.sub(r"[^\x00-\x7f]", "", event["delta"]["text"])),
        ),
    ),
)
