"""Defects of checks that are missing: mistakes that are answered as if they were none, since the body is repaired first."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building import drop, repaired
from conformance.mock.engine.rules import is_number

HELLO = "Hello."


def items_of(body: Json) -> list[Any]:
    """Return the items of an input; none if it is a text."""
    sent = body.get("input")
    return sent if isinstance(sent, list) else []


def with_input(wrong: Callable[[Any], bool], value: Any = HELLO) -> Callable[[Json], Json]:
    """Return a repair that replaces an input that is wrong."""
    return lambda body: {**body, "input": value} if "messages" not in body and wrong(body.get("input")) else body


def kept_items(right: Callable[[Json], bool]) -> Callable[[Json], Json]:
    """Return a repair that keeps only the items that are right."""

    def repair(body: Json) -> Json:
        items = items_of(body)
        kept = [item for item in items if not isinstance(item, dict) or right(item)]
        return {**body, "input": kept} if len(kept) < len(items) else body

    return repair


def with_known_roles(body: Json) -> Json:
    """Return a body whose unknown roles are the user's."""
    known = ("user", "assistant", "system", "developer")
    items = [
        {**item, "role": "user"} if isinstance(item, dict) and item.get("role", "user") not in known else item
        for item in items_of(body)
    ]
    return {**body, "input": items} if items else body


def with_all_outputs(body: Json) -> Json:
    """Return a body in which every call has an output."""
    items: list[Any] = []
    answered = {
        item.get("call_id") for item in items_of(body) if isinstance(item, dict) and item.get("output") is not None
    }
    for item in items_of(body):
        if isinstance(item, dict) and item.get("type") == "function_call_output" and item.get("output") is None:
            continue
        items.append(item)
        if isinstance(item, dict) and item.get("type") == "function_call" and item.get("call_id") not in answered:
            items.append({"type": "function_call_output", "call_id": item["call_id"], "output": ""})
    return {**body, "input": items} if items else body


def without_images(body: Json) -> Json:
    """Return a body without pictures that cannot be read."""
    broken = "bm8gaW1hZ2U="
    return {**body, "input": HELLO} if broken in str(body.get("input")) else body


def with_flat_tools(body: Json) -> Json:
    """Return a body whose tools are not nested as in Chat Completions."""
    tools = [{"type": "function", **tool["function"]} if "function" in tool else tool for tool in body["tools"]]
    return {**body, "tools": tools}


def without_unknown_tools(body: Json) -> Json:
    """Return a body without tools of unknown types."""
    tools = [tool for tool in body["tools"] if "unknown" not in str(tool.get("type"))]
    return {**body, "tools": tools}


def with_sound_names(body: Json) -> Json:
    """Return a body whose tools have no space in their names."""
    tools = [{**tool, "name": tool["name"].replace(" ", "_")} if "name" in tool else tool for tool in body["tools"]]
    return {**body, "tools": tools}


def with_known_choice(body: Json) -> Json:
    """Return a body whose choice is one of the words, or names a declared tool."""
    choice = body["tool_choice"]
    return drop("tool_choice")(body) if isinstance(choice, str) and choice not in ("auto", "none", "required") else body


def with_declared_choice(body: Json) -> Json:
    """Return a body whose choice names no tool that is not declared."""
    choice = body["tool_choice"]
    names = [tool.get("name") for tool in body.get("tools", ())]
    undeclared = isinstance(choice, dict) and "name" in choice and choice["name"] not in names
    return drop("tool_choice")(body) if undeclared else body


def with_named_schema(body: Json) -> Json:
    """Return a body whose schema has a name."""
    wanted = body["text"].get("format") if isinstance(body["text"], dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return body
    return {**body, "text": {"format": {"name": "answer", **wanted}}}


def without_silent_objects(body: Json) -> Json:
    """Return a body that asks for a JSON object only if its input mentions that."""
    asks = "json_object" in str(body["text"]) and "json" not in str(body.get("input")).lower()
    return drop("text")(body) if asks else body


def dropped_if(name: str, wrong: Callable[[Any], bool]) -> Callable[[Json], Json]:
    """Return a repair that takes a parameter from a body if its value is wrong."""
    return lambda body: drop(name)(body) if name in body and wrong(body[name]) else body


def without_unknown_previous(body: Json) -> Json:
    """Return a body that goes on from no response whose id has only zeros."""
    name = str(body["previous_response_id"])
    return body if "conversation" in body or name.strip("0") != "resp_" else drop("previous_response_id")(body)


def with_converted_messages(body: Json) -> Json:
    """Return a body with the messages of Chat Completions as its input."""
    return {**drop("messages")(body), "input": body["messages"]}


def known_effort(value: Any) -> bool:
    """Return whether the effort of some settings of reasoning is unknown."""
    return isinstance(value, dict) and value.get("effort") == "conformance"


DEFECTS = (
    repaired(
        "answers_without_input",
        "A request without an input is answered.",
        "error.missing_input",
        with_input(lambda value: value is None),
    ),
    repaired("takes_numbers_as_input", "A number is taken as input.", "error.wrong_input", with_input(is_number)),
    repaired(
        "takes_unknown_roles",
        "A message with an unknown role is taken for the user's.",
        "input.bad_role",
        with_known_roles,
    ),
    repaired(
        "skips_unknown_items",
        "An item of an unknown type is left out.",
        "input.unknown_item_type",
        kept_items(lambda item: "unknown" not in str(item.get("type"))),
    ),
    repaired(
        "answers_empty_input", "An empty input is answered.", "input.empty", with_input(lambda value: value in ("", []))
    ),
    repaired(
        "makes_up_outputs", "A call without an output is given an empty one.", "tools.output_missing", with_all_outputs
    ),
    repaired("skips_broken_pictures", "A picture that cannot be read is left out.", "input.image_bad", without_images),
    repaired(
        "takes_tools_of_chat",
        "Tools in the form of Chat Completions are taken.",
        "tools.nested_shape",
        with_flat_tools,
        parameter="tools",
    ),
    repaired(
        "skips_unknown_tools",
        "A tool of an unknown type is left out.",
        "tools.unknown_type",
        without_unknown_tools,
        parameter="tools",
    ),
    repaired(
        "takes_names_with_spaces",
        "A name of a function with a space in it is taken.",
        "tools.bad_name",
        with_sound_names,
        parameter="tools",
    ),
    repaired(
        "takes_unknown_choices",
        "An unknown choice is taken for auto.",
        "tools.choice_bogus",
        with_known_choice,
        parameter="tool_choice",
    ),
    repaired(
        "takes_undeclared_choices",
        "A choice of a function that is not declared is taken for auto.",
        "tools.choice_unknown_name",
        with_declared_choice,
        parameter="tool_choice",
    ),
    repaired(
        "takes_schemas_without_name",
        "A schema without a name is taken.",
        "text.schema_missing_name",
        with_named_schema,
        parameter="text",
    ),
    repaired(
        "takes_objects_without_word",
        "A JSON object that the input does not mention is not asked for.",
        "text.json_object_without_word",
        without_silent_objects,
        parameter="text",
    ),
    repaired(
        "skips_unknown_includes",
        "An unknown value of include is left out.",
        "include.bogus",
        dropped_if(
            "include",
            lambda value: "conformance.unknown" in value,
        ),
    ),
    repaired(
        "takes_text_as_stream",
        "The text true is taken for stream true.",
        "stream.false_string",
        lambda body: (
            {
                **body,
                "stream": True,
            }
            if body.get("stream") == "true"
            else body
        ),
    ),
    repaired(
        "skips_unknown_previous",
        "An unknown earlier response is left out.",
        "state.previous_unknown",
        without_unknown_previous,
        parameter="previous_response_id",
    ),
    repaired(
        "takes_previous_and_conversation",
        "An earlier response and a conversation together are left out.",
        "state.previous_and_conversation",
        lambda body: drop("previous_response_id", "conversation")(body) if "previous_response_id" in body else body,
        parameter="conversation",
    ),
    repaired(
        "creates_conversations",
        "A conversation that was never created is taken.",
        "state.conversation",
        lambda body: body if "previous_response_id" in body else drop("conversation")(body),
        parameter="conversation",
    ),
    repaired(
        "makes_unstored_in_background",
        "A response in the background that is not to be stored is made at once.",
        "state.background_needs_store",
        lambda body: drop("background")(body) if body.get("store") is False else body,
        parameter="background",
    ),
    repaired(
        "takes_any_metadata",
        "Metadata beyond its limits is left out.",
        "metadata.limits",
        dropped_if(
            "metadata",
            lambda value: len(str(value)) > 60,
        ),
    ),
    repaired(
        "takes_messages_of_chat",
        "The messages of Chat Completions are taken.",
        "chat_keys.messages",
        with_converted_messages,
        parameter="messages",
    ),
    repaired(
        "ignores_cap_of_chat", "The cap of Chat Completions is ignored.", "chat_keys.max_tokens", drop("max_tokens")
    ),
    repaired("ignores_stop_of_chat", "A stop sequence is ignored.", "chat_keys.stop", drop("stop")),
    repaired("ignores_n_of_chat", "A number of choices is ignored.", "chat_keys.n", drop("n")),
    repaired(
        "ignores_unknown_keys_of_responses",
        "A parameter that no API has is ignored.",
        "unknown_parameter.acceptance",
        drop("conformance_unknown_parameter"),
    ),
    repaired(
        "ignores_unknown_truncation",
        "An unknown truncation is ignored.",
        "truncation.bogus",
        dropped_if(
            "truncation",
            lambda value: value == "conformance",
        ),
    ),
    repaired(
        "ignores_unknown_tiers_of_responses",
        "An unknown tier is ignored.",
        "service_tier.bogus",
        dropped_if(
            "service_tier",
            lambda value: value == "conformance",
        ),
    ),
    repaired(
        "ignores_unknown_efforts",
        "An unknown effort is ignored.",
        "reasoning.effort_bogus",
        dropped_if(
            "reasoning",
            known_effort,
        ),
    ),
    repaired(
        "ignores_effort_of_others",
        "An effort is ignored by models that do not reason.",
        "reasoning.unsupported_model",
        dropped_if("reasoning", lambda value: value == {"effort": "low"}),
        kinds=("chat",),
    ),
    repaired(
        "takes_include_usage",
        "The option include_usage of Chat Completions is ignored.",
        "stream_options.include_usage",
        dropped_if("stream_options", lambda value: "include_usage" in value),
    ),
    repaired(
        "takes_any_top_logprobs",
        "A top_logprobs above 20 is ignored.",
        "top_logprobs.above",
        dropped_if(
            "top_logprobs",
            lambda value: value > 20,
        ),
    ),
    repaired(
        "takes_default_top_p_of_reasoning",
        "A reasoning model takes a top_p of 1.",
        "top_p.one_on_reasoning top_p.range",
        dropped_if("top_p", lambda value: value == 1),
        kinds=("reasoning",),
    ),
    *(
        repaired(
            f"ignores_{name}_{what}",
            f"A {name} that is {symptom} is ignored.",
            f"{name}.{claim}",
            dropped_if(name, wrong),
        )
        for name, high in (("temperature", 2), ("top_p", 1))
        for what, symptom, claim, wrong in (
            ("above", "too high", "above", lambda value, high=high: is_number(value) and value > high),
            ("below", "negative", "below", lambda value: is_number(value) and value < 0),
        )
    ),
    repaired(
        "ignores_temperature_of_other_type",
        "A temperature that is no number is ignored.",
        "temperature.wrong_type",
        dropped_if("temperature", lambda value: value is not None and not is_number(value)),
    ),
    repaired(
        "ignores_small_caps",
        "A cap below 16 is ignored.",
        "max_output_tokens.below_16",
        dropped_if(
            "max_output_tokens",
            lambda value: is_number(value) and value < 16,
        ),
    ),
    repaired(
        "ignores_caps_of_other_type",
        "A cap that is no number is ignored.",
        "max_output_tokens.wrong_type",
        dropped_if(
            "max_output_tokens",
            lambda value: not is_number(value),
        ),
    ),
)
