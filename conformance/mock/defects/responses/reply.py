"""Defects of the fields of a response, of its items and of its usage."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building import (
    drop,
    field,
    in_items,
    in_parts,
    in_usage,
    named,
    of_response,
    put,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest


def with_status_of_a_cut(response: Json) -> Json:
    """Return a response that is incomplete for no reason."""
    return {**response, "status": "incomplete", "completed_at": None}


def with_reason_of_chat(response: Json) -> Json:
    """Return an incomplete response with the reason in the word of Chat Completions."""
    return response if response["status"] != "incomplete" else {**response, "incomplete_details": {"reason": "length"}}


def more_when_streamed(request: ResponsesRequest, response: Json) -> Json:
    """Return a streamed response with one input token more."""
    usage = response["usage"]
    counted = {"input_tokens": usage["input_tokens"] + 1, "total_tokens": usage["total_tokens"] + 1}
    return {**response, "usage": {**usage, **counted}} if request.stream else response


def with_one_call_id(response: Json) -> Json:
    """Return a response whose calls all have the same call_id."""
    return in_items(put(call_id="call_constant"), "function_call")(response)


def with_whole_items(response: Json) -> Json:
    """Return a response whose items are complete, although it is not."""
    return in_items(put(status="completed"), "message")(response)


def echo(name: str, value: object, **more: object) -> ResponsesDefect:
    """Return the defect of a setting that is not repeated."""
    symptom = f"The response does not repeat {name}."
    return field(f"repeats_another_{name}", symptom, f"reply.echo_{name}", put(**{name: value}), **more)


DEFECTS = (
    field(
        "response_is_called_completion",
        "The object of a response is completion.",
        "reply.object",
        put(object="completion"),
    ),
    field("responses_without_id", "A response has an empty id.", "reply.id", put(id="")),
    field(
        "responses_in_milliseconds",
        "created_at counts milliseconds.",
        "reply.created_at",
        lambda response: {
            **response,
            "created_at": response["created_at"] * 1000,
        },
    ),
    field(
        "completed_before_created",
        "A response is completed before it is created.",
        "reply.completed_at",
        lambda response: {
            **response,
            "completed_at": response["created_at"] - 60,
        },
    ),
    field(
        "responses_with_unknown_status",
        "The status of a whole answer is done.",
        "reply.status_set reply.status",
        put(
            status="done",
        ),
    ),
    field(
        "whole_answers_are_incomplete",
        "A whole answer is incomplete, for no reason.",
        "reply.status reply.incomplete_reason",
        with_status_of_a_cut,
    ),
    field("empty_error_in_answers", "A completed response has an empty error.", "reply.error_null", put(error={})),
    field("responses_answers_without_model", "The model of a response is empty.", "reply.model", put(model="")),
    field("responses_lack_tools", "A response has no key tools.", "reply.required_keys", drop("tools")),
    field(
        "responses_lack_truncation", "A response has no key truncation.", "reply.openresponses_keys", drop("truncation")
    ),
    field(
        "responses_with_choices", "A response has choices, as a completion has.", "reply.no_chat_keys", put(choices=[])
    ),
    field("responses_without_output", "The output of a completed response is empty.", "reply.output", put(output=[])),
    field("items_without_id", "The items of an output have no id.", "reply.item_ids", in_items(drop("id"))),
    field(
        "messages_stay_in_progress",
        "The message of a completed response is in progress.",
        "reply.item_status",
        in_items(put(status="in_progress"), "message"),
    ),
    field(
        "messages_of_role_model",
        "The role of a message is model.",
        "reply.message_shape",
        in_items(put(role="model"), "message"),
    ),
    field(
        "parts_of_type_text",
        "The parts of a message are of type text.",
        "reply.output_text",
        in_parts(put(type="text")),
    ),
    field(
        "parts_lack_logprobs", "Parts of text have no key logprobs.", "reply.logprobs_key", in_parts(drop("logprobs"))
    ),
    field("names_tier_auto", "The tier that is named is auto.", "reply.service_tier_used", put(service_tier="auto")),
    field("tools_as_object_in_response", "The tools of a response are an object.", "reply.schema", put(tools={})),
    echo("temperature", 0.7, kinds=("chat",)),
    echo("top_p", 0.7, kinds=("chat",)),
    echo("instructions", None),
    echo("metadata", {}),
    echo("max_output_tokens", None),
    echo("parallel_tool_calls", True),
    echo("store", True),
    echo("truncation", "disabled"),
    field(
        "repeats_another_text_format",
        "The response repeats another format.",
        "reply.echo_text_format",
        put(text={"format": {"type": "json_object"}}),
    ),
    field(
        "repeats_no_default",
        "A response says that it is not stored, although nothing was said.",
        "reply.echo_defaults",
        put(store=False),
        parameter="instructions",
    ),
    field(
        "repeats_no_tool_choice",
        "The response does not repeat tool_choice.",
        "reply.echo_tool_choice",
        put(tool_choice="auto"),
        parameter="tool_choice",
    ),
    field(
        "repeats_no_tools",
        "The response does not repeat the tools.",
        "reply.echo_tools",
        put(tools=[]),
        parameter="tools",
    ),
    field(
        "repeats_no_previous_response_id",
        "The response does not name the one that it goes on from.",
        "reply.echo_previous_response_id",
        put(previous_response_id=None),
        parameter="previous_response_id",
    ),
    field("responses_without_usage", "A response has no usage.", "usage.present", put(usage=None)),
    field(
        "counts_of_usage_are_fractions",
        "The counts of usage are fractions.",
        "usage.integers usage.present",
        lambda response: in_usage(output_tokens=response["usage"]["output_tokens"] + 0.5)(response),
    ),
    field(
        "total_of_output_only",
        "total_tokens counts the output only.",
        "usage.sum",
        lambda response: in_usage(total_tokens=response["usage"]["output_tokens"])(response),
    ),
    field(
        "more_cached_than_input",
        "More tokens are cached than the input has.",
        "usage.details",
        in_usage(input_tokens_details={"cached_tokens": 10_000}),
    ),
    ResponsesDefect(
        "counts_more_input_when_streamed",
        "A streamed response counts one input token more than a plain one.",
        named("usage.stream_equal"),
        object=more_when_streamed,
    ),
    ResponsesDefect(
        "responses_share_an_id",
        "All responses to requests with instructions have the same id.",
        named("reply.id_unique"),
        parameter="instructions",
        object=of_response(put(id="resp_constant")),
    ),
    ResponsesDefect(
        "gives_arguments_as_object",
        "The arguments of a call are an object and no text.",
        named("reply.call_shape tools.arguments_json tools.no_parameters"),
        reports=(),
        parameter="tools",
        whole=of_response(in_items(put(arguments={}), "function_call")),
    ),
    ResponsesDefect(
        "calls_stay_in_progress",
        "A call of a completed response is in progress.",
        named("tools.item_status"),
        parameter="tools",
        whole=of_response(in_items(put(status="in_progress"), "function_call")),
    ),
    ResponsesDefect(
        "calls_share_a_call_id",
        "All calls of an answer have the same call_id.",
        named("tools.call_id_unique"),
        parameter="tools",
        object=of_response(with_one_call_id),
    ),
    ResponsesDefect(
        "reasons_after_the_answer",
        "Reasoning comes after the message that it leads to.",
        named("reasoning.item_order"),
        kinds=("reasoning",),
        parameter="metadata",
        object=of_response(lambda response: {**response, "output": response["output"][::-1]}),
    ),
    ResponsesDefect(
        "cut_messages_are_complete",
        "The message of an answer that was cut is complete.",
        named("max_output_tokens.item_status"),
        kinds=("chat",),
        object=of_response(with_whole_items),
    ),
    ResponsesDefect(
        "cut_for_the_reason_length",
        "The reason of a response that was cut is length.",
        named(
            "reply.incomplete_reason max_output_tokens.end_reason max_output_tokens.reasoning_eats_all max_output_tokens.stream"
        ),
        object=of_response(with_reason_of_chat),
    ),
)
