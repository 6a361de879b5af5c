"""Defects of the fields of a response."""

from conformance.mock.defects.choices import cut_below_cap, with_template_token
from conformance.mock.defects.responses.building.changes import (
    ONE_REQUEST,
    drop,
    field,
    in_items,
    in_parts,
    named,
    of_response,
    put,
)
from conformance.mock.defects.responses.building.reply import (
    echo,
    failed,
    sent_as,
    thinking_aloud,
    with_reason_of_chat,
    with_status_of_a_cut,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect

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
    field(
        "responses_of_another_model", "A response names another model.", "reply.model_echo", put(model="gpt-upstream")
    ),
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
    echo("parallel_tool_calls", True, reports=("N063",)),
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
        named("reply.call_shape tools.arguments_json tools.no_parameters tools.every_arguments"),
        reports=(),
        parameter="tools",
        whole=of_response(in_items(put(arguments={}), "function_call")),
    ),
    ResponsesDefect(
        "cut_for_the_reason_length",
        "The reason of a response that was cut is length.",
        named(
            "reply.incomplete_reason max_output_tokens.end_reason max_output_tokens.reasoning_eats_all max_output_tokens.stream"
        ),
        object=of_response(with_reason_of_chat),
    ),
    ResponsesDefect(
        "answers_with_error_body",
        "An error of the provider comes with status 200.",
        named("reply.no_error metadata.accepted"),
        parameter=ONE_REQUEST,
        answered=failed,
        reports=("N206",),
    ),
    echo("top_logprobs", 0, kinds=("chat",), parameter="include", reports=("N064",)),
    ResponsesDefect(
        "responses_as_plain_text",
        "The content type of a response is text/plain.",
        named("reply.content_type"),
        parameter=ONE_REQUEST,
        answered=sent_as("text/plain; charset=utf-8"),
    ),
    ResponsesDefect(
        "responses_in_latin_1",
        "The content type of a response names the charset ISO-8859-1.",
        named("reply.charset"),
        parameter=ONE_REQUEST,
        answered=sent_as("application/json; charset=iso-8859-1"),
    ),
    field(
        "gives_answers_of_others",
        "A response has the answer to another request.",
        "reply.own_words",
        in_parts(put(text="zinnia")),
    ),
    field("thinks_in_texts", "A text begins with reasoning.", "reply.reasoning_apart", in_parts(thinking_aloud)),
    ResponsesDefect(
        "compresses_responses_unasked",
        "Plain responses are in the encoding gzip, whatever the request accepts.",
        named("reply.encoding"),
        reports=("B43",),
        answered=lambda request, wire: wire.in_gzip(),
    ),
    ResponsesDefect(
        "ends_responses_with_template_tokens",
        "A text ends with the token of the chat template that ends messages.",
        named("reply.template_apart"),
        reports=("C08",),
        kinds=("chat",),
        choice=with_template_token,
    ),
    ResponsesDefect(
        "cuts_responses_below_their_cap",
        "An answer is cut far below its cap, and says that the cap cut it.",
        named("reply.cut_at_cap"),
        reports=("C20",),
        kinds=("chat",),
        choice=cut_below_cap,
    ),
)
