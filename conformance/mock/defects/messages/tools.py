"""Defects of tools: their declarations, their calls, and results."""

import json
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import (
    lax,
    of_blocks,
    of_said,
    of_tools,
    of_turns,
    strict,
    where,
    with_field,
    without,
)
from conformance.mock.defects.messages.building.drafts import of_calls
from conformance.mock.defects.messages.building.errors import answered, only_if, says
from conformance.mock.defects.messages.building.events import of_delta
from conformance.mock.defects.messages.building.messages import with_blocks
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.request import MessagesRequest

LETTERS = 300  # that are left of a result


def results(body: Json) -> list[Json]:
    """Return the results in the last message of a body."""
    turns = body.get("messages")
    content = turns[-1].get("content") if isinstance(turns, list) and turns and isinstance(turns[-1], dict) else None
    return (
        [part for part in content if isinstance(part, dict) and part.get("type") == "tool_result"]
        if isinstance(content, list)
        else []
    )


def has_wrong_choice(body: Json) -> bool:
    """Return whether a body has a choice that the API does not have, or one of a tool that is not declared."""
    choice, tools = body.get("tool_choice"), body.get("tools") or []
    if choice is None:
        return False
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "tool", "none"):
        return True
    names = [tool.get("name") for tool in tools]
    return choice["type"] in ("any", "tool") and (not names or choice.get("name", names[0]) not in names)


def with_more(arguments: str) -> str:
    """Return arguments with a key that is not declared."""
    return json.dumps({**json.loads(arguments), "note": "as asked"})


def with_less(arguments: str) -> str:
    """Return arguments without their first key."""
    return json.dumps(dict(list(json.loads(arguments).items())[1:]))


def with_another_name(request: MessagesRequest, message: Json) -> Json:
    """Return a message in which the second call has another name."""
    calls = [block for block in message["content"] if block["type"] == "tool_use"]
    renamed = [
        {**block, "name": "nobody_declared"} if len(calls) > 1 and block is calls[1] else block
        for block in message["content"]
    ]
    return {**message, "content": renamed}


def in_the_order_of_calls(body: Json) -> Json:
    """Return a body whose results name the calls of the message before in their order."""
    names: list[str] = []

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
            return message
        several = sum(block.get("type") == "tool_result" for block in content) > 1
        left = iter(names if several else ())
        renamed = [
            {**block, "tool_use_id": next(left, block.get("tool_use_id"))}
            if block.get("type") == "tool_result"
            else block
            for block in content
        ]
        names[:] = [str(block.get("id")) for block in content if block.get("type") == "tool_use"]
        return {**message, "content": renamed}

    return of_turns(message_with)(body)


def without_text_beside_calls(message: Json) -> Json:
    """Return a message without its texts if it has calls."""
    content = message.get("content")
    if message.get("role") != "assistant" or not isinstance(content, list) or "'tool_use'" not in str(content):
        return message
    return {**message, "content": [block for block in content if block.get("type") != "text"]}


DEFECTS = (
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
        "adds_signatures_to_ids",
        "The id of a call has a signature behind it.",
        ("messages.tools.id_form", "messages.messages.sent_back", "messages.thinking.round_trip"),
        reports=("N074",),
        message=with_blocks("tool_use", lambda block: {**block, "id": f"{block['id']}__thought__a+b/="}),
    ),
    MessagesDefect(
        "calls_against_the_choice_none",
        "With the choice none a tool is called all the same.",
        ("messages.tools.choice_none", "messages.tools.never_called"),
        body=where(lambda body: body.get("tool_choice") == {"type": "none"}, without("tool_choice")),
    ),
    MessagesDefect(
        "leaves_forced_calls_to_the_model",
        "The choices any and tool count as auto.",
        ("messages.tools.choice_any", "messages.tools.choice_tool"),
        request=lambda request: (
            replace(request, tool_choice="auto")
            if request.tool_choice == "required" or isinstance(request.tool_choice, dict)
            else request
        ),
    ),
    MessagesDefect(
        "ignores_disabled_parallel_calls",
        "With disable_parallel_tool_use several tools are called.",
        ("messages.tools.parallel_off",),
        request=lambda request: replace(request, parallel_tool_calls=True),
    ),
    lax(
        "drops_tools_of_other_apis",
        "A tool of an unknown form is dropped.",
        "messages.tools.openai_shape",
        "messages.tools.unknown_type",
        "messages.tools.schema_missing",
        reports=("N123",),
        change=with_field(
            "tools",
            lambda value: (
                [tool for tool in value if "input_schema" in tool and tool.get("type", "custom") == "custom"]
                if isinstance(value, list)
                else value
            ),
        ),
    ),
    lax(
        "drops_choices_that_it_does_not_know",
        "A choice of a tool that is wrong is dropped.",
        "messages.tools.choice_unknown_tool",
        "messages.tools.choice_bogus_type",
        "messages.tools.choice_string",
        "messages.tools.choice_without_tools",
        change=where(has_wrong_choice, without("tool_choice")),
    ),
    strict(
        "refuses_eager_streaming",
        "A tool with eager_input_streaming is refused.",
        "messages.tools.eager_key",
        wrong=lambda body: "eager_input_streaming" in str(body.get("tools")),
    ),
    strict(
        "refuses_custom_tools_of_messages",
        "A tool of type custom is refused.",
        "messages.tools.custom_type",
        wrong=lambda body: "'type': 'custom'" in str(body.get("tools")),
    ),
    strict(
        "refuses_results_without_content",
        "A result without content is refused.",
        "messages.tools.result_empty",
        wrong=lambda body: any("content" not in block for block in results(body)),
    ),
    strict(
        "refuses_failed_results",
        "A result that reports an error is refused.",
        "messages.tools.result_is_error",
        wrong=lambda body: "is_error" in str(body.get("messages")),
    ),
    MessagesDefect(
        "always_calls_a_tool",
        "Without a choice a tool is always called.",
        ("messages.tools.choice_auto",),
        request=lambda request: (
            replace(request, tool_choice="required") if request.tools and "tool_choice" not in request.body else request
        ),
    ),
    strict(
        "wants_results_as_text",
        "A result whose content is blocks is refused.",
        "messages.tools.result_blocks",
        "messages.image.in_tool_result",
        wrong=lambda body: any(isinstance(block.get("content"), list) for block in results(body)),
    ),
    strict(
        "takes_one_result",
        "Two results in one message are refused.",
        "messages.tools.parallel_results",
        wrong=lambda body: len(results(body)) > 1,
    ),
    MessagesDefect(
        "takes_results_in_any_order",
        "Calls without results, and results without calls, are accepted.",
        ("messages.tools.result_unknown_id", "messages.tools.result_missing"),
        refusal=only_if(says("names no tool_use block", "without a tool_result"), answered),
    ),
    lax(
        "takes_any_schema_of_inputs",
        "A tool whose input_schema is no object is accepted.",
        "messages.tools.schema_type",
        change=of_tools(
            lambda tool: (
                {**tool, "input_schema": {**tool["input_schema"], "type": "object"}}
                if isinstance(tool.get("input_schema"), dict)
                else tool
            )
        ),
    ),
    lax(
        "takes_any_name_of_tools",
        "A tool with a blank in its name is accepted.",
        "messages.tools.bad_name",
        change=of_tools(lambda tool: {**tool, "name": str(tool.get("name")).replace(" ", "_")}),
    ),
    lax(
        "drops_tools_of_the_same_name",
        "Of two tools with the same name one is dropped.",
        "messages.tools.same_name",
        change=with_field(
            "tools",
            lambda value: (
                list({str(tool.get("name")): tool for tool in value}.values())
                if isinstance(value, list) and all(isinstance(tool, dict) for tool in value)
                else value
            ),
        ),
    ),
    strict(
        "searches_no_web",
        "The tools for searching the web and fetching a page are refused.",
        "messages.tools.server_web_search",
        "messages.tools.web_fetch",
        wrong=lambda body: "'type': 'web_" in str(body.get("tools")),
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
            *("messages.tools.every_input", "messages.stream.tool_json", "messages.tools.input_fits"),
            *("messages.tools.no_arguments", "messages.thinking.round_trip"),
        ),
        draft=lambda request, draft: (
            of_calls(lambda call: replace(call, arguments=json.dumps(call.arguments)))(request, draft)
            if request.stream
            else draft
        ),
    ),
    lax(
        "forgets_results",
        "Results of calls never reach the model.",
        "messages.tools.second_turn",
        "messages.tools.result_text",
        "messages.system.text",
        change=of_blocks(
            lambda block: (
                {**block, "content": "."}
                if block.get("type") == "tool_result" and isinstance(block.get("content"), str)
                else block
            )
        ),
    ),
    lax(
        "cuts_results_of_messages",
        "Of a result only 300 letters reach the model.",
        "messages.tools.result_text",
        change=of_said(lambda text: text[:LETTERS], "result"),
    ),
    lax(
        "matches_results_by_place",
        "Results are matched with calls by their order, whatever their tool_use_id.",
        "messages.tools.results_order",
        change=in_the_order_of_calls,
    ),
    lax(
        "drops_texts_beside_calls",
        "A text beside a call never reaches the model.",
        "messages.tools.text_beside_calls",
        change=of_turns(without_text_beside_calls),
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
        ("messages.tools.stream_agrees",),
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
        ("messages.tools.input_fits",),
        reports=("N073", "N076", "N221"),
        events=of_delta("input_json_delta", lambda event: None),
    ),
)
