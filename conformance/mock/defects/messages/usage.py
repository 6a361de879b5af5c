"""Defects of the usage of a message."""

from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.messages import with_usage, without_usage
from conformance.mock.surfaces.messages.defect import MessagesDefect


def counting_twice(request: Any, message: Json) -> Json:
    """Return a message whose input_tokens contain those that were read from the cache."""
    usage = message["usage"]
    whole = usage["input_tokens"] + usage["cache_read_input_tokens"]
    return {**message, "usage": {**usage, "input_tokens": whole}}


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about usage."""
    return tuple(f"messages.usage.{name}" for name in names)


DEFECTS = (
    MessagesDefect(
        "counts_no_output",
        "The usage of a message has no output_tokens.",
        claims("present"),
        message=without_usage("output_tokens"),
    ),
    MessagesDefect(
        "counts_no_cache",
        "The usage of a message has no counts of the cache.",
        (*claims("cache_keys"), "messages.cache.write_read"),
        message=without_usage("cache_read_input_tokens", "cache_creation_input_tokens"),
    ),
    MessagesDefect(
        "counts_prompts_as_nothing",
        "The input_tokens of a message are 0.",
        (*claims("input_positive", "grows"), "messages.usage.count_equal"),
        reports=("N114",),
        message=with_usage(input_tokens=0),
    ),
    MessagesDefect(
        "counts_answers_as_nothing",
        "The output_tokens of a message are 0.",
        (*claims("output_positive"), "messages.thinking.tokens"),
        message=with_usage(output_tokens=0),
    ),
    MessagesDefect(
        "counts_cached_tokens_twice",
        "Tokens that were read from the cache are part of input_tokens.",
        claims("not_double"),
        reports=("N080", "N239"),
        message=counting_twice,
    ),
    MessagesDefect(
        "names_no_tier",
        "The usage of a message names no tier.",
        claims("service_tier"),
        message=without_usage("service_tier"),
    ),
    MessagesDefect(
        "counts_more_thinking_than_answer",
        "The usage of a message has more tokens of thinking than of the answer.",
        (*claims("details_sum"), "messages.thinking.tokens", "messages.effort.effect"),
        message=with_usage(output_tokens_details={"thinking_tokens": 10**6}),
    ),
    MessagesDefect(
        "counts_by_another_tokenizer",
        "The input_tokens of a message are three times those of a count.",
        claims("count_equal"),
        message=lambda request, message: {
            **message,
            "usage": {**message["usage"], "input_tokens": 3 * message["usage"]["input_tokens"]},
        },
    ),
    MessagesDefect(
        "counts_words_a_hundredfold",
        "The output_tokens of a message are a hundred times too many.",
        (*claims("bounds"), "messages.max_tokens.caps"),
        message=lambda request, message: {
            **message,
            "usage": {**message["usage"], "output_tokens": 100 * message["usage"]["output_tokens"]},
        },
    ),
    MessagesDefect(
        "counts_prompts_anew_in_streams",
        "A stream counts more tokens of the prompt than a plain message.",
        (*claims("same_prompt"), "messages.stream.usage_agrees"),
        message=lambda request, message: {
            **message,
            "usage": {
                **message["usage"],
                "input_tokens": message["usage"]["input_tokens"] + (3 if request.stream else 0),
            },
        },
    ),
    MessagesDefect(
        "counts_answers_anew_in_streams",
        "A stream counts more tokens of the answer than a plain message.",
        claims("same_text"),
        message=lambda request, message: {
            **message,
            "usage": {
                **message["usage"],
                "output_tokens": message["usage"]["output_tokens"]
                + (1 if request.stream and message["stop_reason"] == "end_turn" else 0),
            },
        },
    ),
)
