"""Defects of the fields of a message, plain and streamed."""

from typing import Any

from conformance.mock.defects.choices import cut_below_cap, with_template_token
from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import of_type, with_part
from conformance.mock.defects.messages.building.messages import with_blocks, with_fields
from conformance.mock.surfaces.messages.defect import MessagesDefect


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about replies."""
    return tuple(f"messages.reply.{name}" for name in names)


def with_foreign_word(request: Any, message: Json) -> Json:
    """Return a message with a word that another request asks for behind the one that this one asks for."""
    if not request.prompt.startswith("Reply with the single word"):
        return message
    return with_blocks("text", lambda block: {**block, "text": f"{block['text']} {FOREIGN}"})(request, message)


def with_sequence(request: Any, message: Json) -> Json:
    """Return a message whose last text ends with the sequence that ended it."""
    stopped, content = message["stop_sequence"], message["content"]
    if not stopped or not content or content[-1]["type"] != "text":
        return message
    return {**message, "content": [*content[:-1], {**content[-1], "text": content[-1]["text"] + stopped}]}


FOREIGN = "finas00"  # has the form of the words that prompts ask for
ERROR = {"type": "error", "error": {"type": "api_error", "message": "upstream failed"}}

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
        (
            "messages.reply.schema",
            "messages.cache.ttl_1h",
            "messages.cache.write_read",
        ),
        whole=with_fields(usage=None),
    ),
    MessagesDefect(
        "sends_blocks_without_type",
        "The blocks of a plain message have no types.",
        (
            "messages.reply.content",
            "messages.reply.schema",
            "messages.format.features",
            "messages.format.json_schema",
            "messages.thinking.adaptive",
            "messages.thinking.enabled",
            "messages.tools.choice_any",
            "messages.tools.choice_tool",
        ),
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
        (
            "messages.reply.text_block",
            "messages.reply.schema",
            "messages.format.features",
            "messages.format.json_schema",
        ),
        whole=with_blocks("text", lambda block: {"type": "text", "value": block["text"]}),
    ),
    MessagesDefect(
        "ends_like_chat",
        "The stop_reason of a message is stop, as in Chat Completions.",
        (
            "messages.reply.stop_reason",
            "messages.reply.end_turn",
            "messages.format.cut",
            "messages.max_tokens.reason",
            "messages.max_tokens.stream",
            "messages.stop.end_reason",
            "messages.stop.reported",
            "messages.stop.stream_reported",
            "messages.stop.unmatched",
        ),
        message=with_fields(stop_reason="stop"),
    ),
    MessagesDefect(
        "leaves_stop_sequence_empty",
        "The stop_sequence of every message is an empty text.",
        (
            "messages.reply.stop_sequence",
            "messages.stop.reported",
            "messages.stop.stream_reported",
            "messages.stop.unmatched",
        ),
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
        (
            "messages.reply.stray_keys",
            "messages.messages.sent_back",
        ),
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
        (
            "messages.reply.content_type",
            "messages.stream.off",
        ),
        answered=lambda request, wire: wire.with_pieces(*wire.pieces, media_type="text/plain"),
    ),
    MessagesDefect(
        "answers_with_errors",
        "An answer that max_tokens cuts is replaced by an error with status 200.",
        (
            "messages.reply.answered",
            "messages.format.cut",
            "messages.image.url",
            "messages.max_tokens.caps",
            "messages.messages.sent_back",
            "messages.tools.cut",
        ),
        whole=lambda request, message: ERROR if message["stop_reason"] == "max_tokens" else message,
    ),
    MessagesDefect(
        "names_another_charset",
        "The content type of a message names the charset ISO-8859-1.",
        claims("charset"),
        answered=lambda request, wire: wire.with_pieces(
            *wire.pieces, media_type="application/json; charset=iso-8859-1"
        ),
    ),
    MessagesDefect(
        "adds_words_of_other_answers",
        "A plain message has a word behind its text that another request asked for.",
        claims("own_words"),
        whole=with_foreign_word,
    ),
    MessagesDefect(
        "bills_more_than_the_cap",
        "A message is billed for more tokens than max_tokens.",
        (
            "messages.reply.cap",
            "messages.max_tokens.caps",
        ),
        message=lambda request, message: {**message, "usage": {**message["usage"], "output_tokens": request.cap + 1}},
    ),
    MessagesDefect(
        "keeps_stop_sequences",
        "The text that a stop sequence ended has the sequence at its end.",
        (
            "messages.reply.stopped_text",
            "messages.stop.cuts",
            "messages.stop.stream",
            "messages.stop.many",
            "messages.stop.long",
        ),
        reports=("N085",),
        message=with_sequence,
    ),
    MessagesDefect(
        "streams_unknown_stop_reasons",
        "The stop_reason of a stream is a word that no document has.",
        (
            "messages.reply.stop_reason",
            "messages.max_tokens.stream",
            "messages.stop.stream_reported",
        ),
        events=of_type("message_delta", lambda event: with_part(event, "delta", stop_reason="done")),
    ),
    MessagesDefect(
        "compresses_messages_unasked",
        "Plain messages are in the encoding gzip, whatever the request accepts.",
        ("messages.reply.encoding",),
        reports=("B43",),
        answered=lambda request, wire: wire.in_gzip(),
    ),
    MessagesDefect(
        "ends_messages_with_template_tokens",
        "A text ends with the token of the chat template that ends messages.",
        ("messages.reply.template_apart",),
        reports=("C08",),
        kinds=("claude",),
        choice=with_template_token,
    ),
    MessagesDefect(
        "cuts_messages_below_their_cap",
        "An answer is cut far below its cap, and says that the cap cut it.",
        ("messages.reply.cut_at_cap",),
        reports=("C20",),
        kinds=("claude",),
        choice=cut_below_cap,
    ),
)
