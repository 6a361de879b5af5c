"""Defects of tools: their declarations, their calls, and results."""

from dataclasses import replace

from conformance.mock.defects.messages.building.bodies import lax, strict, where, with_field, without
from conformance.mock.defects.messages.building.messages import with_blocks
from conformance.mock.surfaces.messages.defect import MessagesDefect

DEFECTS = (
    MessagesDefect(
        "writes_inputs_as_text",
        "The input of a call is JSON text.",
        ("messages.tools.block",),
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
        ("messages.tools.id_form",),
        reports=("N074",),
        message=with_blocks("tool_use", lambda block: {**block, "id": f"{block['id']}__thought__a+b/="}),
    ),
    MessagesDefect(
        "calls_against_the_choice_none",
        "With the choice none a tool is called all the same.",
        ("messages.tools.choice_none",),
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
        change=without("tool_choice"),
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
        wrong=lambda body: (
            "'tool_result'" in str(body.get("messages"))
            and "'content': " not in str(body["messages"]).rpartition("tool_result")[2]
            and "'content': '" not in str(body["messages"])[-90:]
        ),
    ),
    strict(
        "refuses_failed_results",
        "A result that reports an error is refused.",
        "messages.tools.result_is_error",
        wrong=lambda body: "is_error" in str(body.get("messages")),
    ),
)
