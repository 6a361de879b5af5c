"""Defects of the fields of a message, plain and streamed."""

from conformance.mock.defects.messages.building.messages import with_blocks, with_fields
from conformance.mock.surfaces.messages.defect import MessagesDefect


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about replies."""
    return tuple(f"messages.reply.{name}" for name in names)


DEFECTS = (
    MessagesDefect(
        "calls_messages_completions",
        "The type of a message is completion.",
        claims("type"),
        message=with_fields(type="completion"),
    ),
    MessagesDefect(
        "speaks_as_model", "The role of a message is model.", claims("role"), message=with_fields(role="model")
    ),
    MessagesDefect("leaves_ids_empty", "The id of a message is empty.", claims("id"), message=with_fields(id="")),
    MessagesDefect(
        "gives_all_messages_one_id",
        "All messages have the same id.",
        claims("id_unique"),
        message=with_fields(id="msg_1"),
    ),
    MessagesDefect(
        "names_another_model",
        "A message names another model.",
        claims("model"),
        message=with_fields(model="claude-upstream"),
    ),
    MessagesDefect(
        "sends_usage_null_in_plain_messages",
        "The usage of a plain message is null.",
        claims("schema"),
        whole=with_fields(usage=None),
    ),
    MessagesDefect(
        "sends_blocks_without_type",
        "The blocks of a plain message have no types.",
        claims("content", "schema"),
        whole=lambda request, message: {
            **message,
            "content": [
                {name: value for name, value in block.items() if name != "type"} for block in message["content"]
            ],
        },
    ),
    MessagesDefect(
        "sends_text_as_value",
        "The text of a text block is under another key.",
        claims("text_block", "schema"),
        whole=with_blocks("text", lambda block: {"type": "text", "value": block["text"]}),
    ),
    MessagesDefect(
        "ends_like_chat",
        "The stop_reason of a message is stop, as in Chat Completions.",
        claims("stop_reason", "end_turn"),
        message=with_fields(stop_reason="stop"),
    ),
    MessagesDefect(
        "leaves_stop_sequence_empty",
        "The stop_sequence of every message is an empty text.",
        claims("stop_sequence"),
        reports=("N235",),
        message=with_fields(stop_sequence=""),
    ),
    MessagesDefect(
        "adds_choices",
        "A message has the choices of Chat Completions as well.",
        claims("no_chat_keys"),
        message=with_fields(choices=[]),
    ),
    MessagesDefect(
        "adds_input_to_texts",
        "A text block has an empty input.",
        claims("stray_keys"),
        reports=("N113",),
        message=with_blocks("text", lambda block: {**block, "input": {}}),
    ),
    MessagesDefect(
        "always_explains_refusals",
        "A message that is no refusal has stop_details.",
        claims("stop_details"),
        message=with_fields(stop_details={"type": "refusal", "category": None, "explanation": None}),
    ),
    MessagesDefect(
        "says_text_plain",
        "The content type of a plain message is text/plain.",
        claims("content_type"),
        answered=lambda request, wire: wire.with_pieces(*wire.pieces, media_type="text/plain"),
    ),
    MessagesDefect(
        "answers_with_errors",
        "A plain request is answered with status 200 and an error.",
        claims("answered"),
        whole=lambda request, message: {"type": "error", "error": {"type": "api_error", "message": "upstream failed"}},
    ),
)
