"""Defects of usage."""

from conformance.mock.defects.responses.building.changes import field, in_usage, named, of_response, put
from conformance.mock.defects.responses.building.effects import with_constant_count, with_uncounted_thoughts
from conformance.mock.defects.responses.building.reply import more_when_streamed, more_when_unstored
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    ResponsesDefect(
        "counts_all_inputs_alike",
        "Every input has the same number of tokens.",
        named("usage.grows usage.bounds state.input_tokens"),
        object=of_response(with_constant_count),
    ),
    ResponsesDefect(
        "caches_nothing", "A long input that comes again is not cached.", named("usage.cached"), cached=lambda count: 0
    ),
    ResponsesDefect(
        "counts_no_reasoning",
        "Tokens of reasoning are not counted apart.",
        named("usage.reasoning reasoning.effort_effect"),
        kinds=("reasoning",),
        object=of_response(with_uncounted_thoughts),
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
        "counts_unstored_answers_higher",
        "An answer that is not stored counts one token more.",
        named("usage.same_text"),
        kinds=("chat",),
        object=more_when_unstored,
    ),
)
