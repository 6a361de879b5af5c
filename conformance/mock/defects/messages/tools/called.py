"""Defects of calls: their names, ids and arguments, and how an answer with them ends."""

import json
from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.choices import without_text_before_calls
from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.drafts import of_calls
from conformance.mock.defects.messages.building.events import of_delta
from conformance.mock.defects.messages.building.messages import with_blocks
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.request import MessagesRequest


def with_more(arguments: str) -> str:
    """Return arguments with a key that is not declared."""
    return json.dumps({**json.loads(arguments), "note": "as asked"})


def with_less(arguments: str) -> str:
    """Return arguments without their first key."""
    return json.dumps(dict(list(json.loads(arguments).items())[1:]))


def with_numbered_ids(request: MessagesRequest, message: Json) -> Json:
    """Return a message whose calls have their numbers as ids."""
    blocks = [
        {**block, "id": f"toolu_{number}"} if block["type"] == "tool_use" else block
        for number, block in enumerate(message["content"])
    ]
    return {**message, "content": blocks}


def with_another_name(request: MessagesRequest, message: Json) -> Json:
    """Return a message in which the second call has another name."""
    calls = [block for block in message["content"] if block["type"] == "tool_use"]
    renamed = [
        {**block, "name": "nobody_declared"} if len(calls) > 1 and block is calls[1] else block
        for block in message["content"]
    ]
    return {**message, "content": renamed}


def without_pieces_of_cut_calls(request: MessagesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events of a stream without the pieces of arguments, if the cap cut a call."""
    sent = list(events)
    cut = any(event.get("delta", {}).get("stop_reason") == "max_tokens" for event in sent)
    return (event for event in sent if not (cut and event.get("delta", {}).get("type") == "input_json_delta"))


DEFECTS = (
    MessagesDefect(
        "streams_no_pieces_of_cut_calls",
        "The stream of a call that the cap cuts has nothing of its arguments.",
        ("messages.tools.cut",),
        reports=("C48",),
        events=without_pieces_of_cut_calls,
    ),
    MessagesDefect(
        "writes_inputs_as_text",
        "The input of a call is JSON text.",
        (
            "messages.tools.block",
            "messages.tools.input_fits",
            "messages.messages.sent_back",
            "messages.thinking.round_trip",
        ),
        whole=with_blocks("tool_use", lambda block: {**block, "input": str(block["input"])}),
    ),
    MessagesDefect(
        "ends_calls_as_end_turn",
        "An answer with a call ends with end_turn.",
        ("messages.tools.stop_reason",),
        message=lambda request, message: (
            {**message, "stop_reason": "end_turn"} if message["stop_reason"] == "tool_use" else message
        ),
    ),
    MessagesDefect(
        "gives_all_calls_one_id",
        "All calls have the same id.",
        ("messages.tools.id_unique",),
        message=with_blocks("tool_use", lambda block: {**block, "id": "toolu_1"}),
    ),
    MessagesDefect(
        "numbers_tool_uses_in_each_message",
        "The id of a call is its number in its message, which the next message has too.",
        ("messages.tools.id_unique",),
        reports=("B55",),
        message=with_numbered_ids,
    ),
    MessagesDefect(
        "adds_signatures_to_ids",
        "The id of a call has a signature behind it.",
        ("messages.tools.id_form", "messages.messages.sent_back", "messages.thinking.round_trip"),
        reports=("N074",),
        message=with_blocks("tool_use", lambda block: {**block, "id": f"{block['id']}__thought__a+b/="}),
    ),
    MessagesDefect(
        "prefixes_names_of_calls",
        "The name of a call has a prefix that its declaration lacks.",
        (
            "messages.tools.call",
            "messages.tools.declared",
            "messages.tools.choice_any",
            "messages.tools.choice_tool",
            "messages.tools.parallel",
        ),
        message=with_blocks("tool_use", lambda block: {**block, "name": f"functions.{block['name']}"}),
    ),
    MessagesDefect(
        "adds_arguments_that_the_schema_forbids",
        "The input of a call has a key that the schema of its tool forbids.",
        ("messages.tools.input_fits", "messages.tools.strict"),
        draft=of_calls(lambda call: replace(call, arguments=with_more(call.arguments))),
    ),
    MessagesDefect(
        "leaves_out_keys_of_inputs",
        "The input of a call lacks a key that its schema requires.",
        ("messages.tools.input_fits", "messages.tools.strict", "messages.tools.features"),
        draft=of_calls(lambda call: replace(call, arguments=with_less(call.arguments))),
    ),
    MessagesDefect(
        "writes_empty_inputs_as_null",
        "The input of a call without parameters is null.",
        ("messages.tools.no_arguments", "messages.tools.block"),
        whole=with_blocks("tool_use", lambda block: block if block["input"] else {**block, "input": None}),
    ),
    MessagesDefect(
        "encodes_inputs_twice",
        "The pieces of a streamed input add up to JSON that is encoded twice.",
        (
            "messages.tools.every_input",
            "messages.stream.tool_json",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
            "messages.thinking.round_trip",
        ),
        draft=lambda request, draft: (
            of_calls(lambda call: replace(call, arguments=json.dumps(call.arguments)))(request, draft)
            if request.stream
            else draft
        ),
    ),
    MessagesDefect(
        "gives_cut_calls_as_whole",
        "A call that max_tokens cuts ends with tool_use.",
        ("messages.tools.cut",),
        message=lambda request, message: (
            {**message, "stop_reason": "tool_use"}
            if message["stop_reason"] == "max_tokens"
            and any(block["type"] == "tool_use" for block in message["content"])
            else message
        ),
    ),
    MessagesDefect(
        "streams_no_calls_of_messages",
        "A stream has no calls.",
        ("messages.tools.stream_agrees", "messages.tools.stream_text"),
        message=lambda request, message: (
            {**message, "content": [block for block in message["content"] if block["type"] != "tool_use"]}
            if request.stream
            else message
        ),
    ),
    MessagesDefect(
        "unescapes_inputs",
        "Escapes in the input of a call are decoded once more than they were encoded.",
        ("messages.tools.text_in_input",),
        draft=of_calls(lambda call: replace(call, arguments=call.arguments.replace("\\\\", "\\"))),
    ),
    MessagesDefect(
        "calls_undeclared_tools_of_messages",
        "The second of two calls has a name that nobody declared.",
        ("messages.tools.parallel", "messages.tools.declared"),
        message=with_another_name,
    ),
    MessagesDefect(
        "loses_pieces_of_inputs",
        "The pieces of an input are missing.",
        ("messages.tools.input_fits", "messages.tools.cut"),
        reports=("N073", "N076", "N221"),
        events=of_delta("input_json_delta", lambda event: None),
    ),
    MessagesDefect(
        "streams_no_text_before_tool_uses",
        "A stream lacks the text before a call, which the plain answer has.",
        ("messages.tools.stream_text",),
        reports=("B58",),
        parameter="tools",
        choice=without_text_before_calls,
    ),
)
