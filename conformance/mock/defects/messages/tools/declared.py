"""Defects of the tools that a request declares."""

from conformance.mock.defects.messages.building.bodies import lax, of_tools, strict, with_field

DEFECTS = (
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
    strict(
        "refuses_strict_tools_of_messages",
        "A tool with strict is refused.",
        "messages.tools.strict",
        wrong=lambda body: "'strict': True" in str(body.get("tools")),
    ),
    strict(
        "refuses_references_in_schemas",
        "A tool whose schema refers to one of its definitions is refused.",
        "messages.tools.features",
        wrong=lambda body: "'$ref'" in str(body.get("tools")),
    ),
)
