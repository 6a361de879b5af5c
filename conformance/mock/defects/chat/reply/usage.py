"""Defects of the usage of plain answers."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import MULTI_CHOICE_KINDS
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

Usage = Json
TOKENS_PER_REPETITION = 8  # prompt tokens added for each repetition


def with_null_counts(request: ChatRequest, body: Json) -> Json:
    """Return the body with null for the tokens of prompt and answer."""
    return {**body, "usage": {"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0}}


def without_usage(request: ChatRequest, body: Json) -> Json:
    """Return the body without its usage."""
    return {name: value for name, value in body.items() if name != "usage"}


def with_zero_counts(request: ChatRequest, body: Json) -> Json:
    """Return the body with a usage of zeros."""
    zeros = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
    return {**body, "usage": {**body["usage"], **zeros}}


def with_total_of_completion(request: ChatRequest, body: Json) -> Json:
    """Return the body with a total that lacks the prompt tokens."""
    usage: Usage = body["usage"]
    return {**body, "usage": {**usage, "total_tokens": usage["completion_tokens"]}}


def with_reasoning_left_out(request: ChatRequest, body: Json) -> Json:
    """Return the body with completion tokens that lack the reasoning tokens, which the total includes."""
    usage: Usage = body["usage"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    return {**body, "usage": {**usage, "completion_tokens": usage["completion_tokens"] - reasoning}}


def with_too_many_cached_tokens(request: ChatRequest, body: Json) -> Json:
    """Return the body with more cached tokens than prompt tokens."""
    usage: Usage = body["usage"]
    details = {**usage["prompt_tokens_details"], "cached_tokens": usage["prompt_tokens"] + 1}
    return {**body, "usage": {**usage, "prompt_tokens_details": details}}


def with_growing_prompt(request: ChatRequest, body: Json) -> Json:
    """Return the body of a request with one text message, with more prompt tokens for each earlier repetition."""
    texts = [message.get("content") for message in request.messages]
    more = TOKENS_PER_REPETITION * request.repetition if len(texts) == 1 and isinstance(texts[0], str) else 0
    usage: Usage = body["usage"]
    grown = {name: usage[name] + more for name in ("prompt_tokens", "total_tokens")}
    return {**body, "usage": {**usage, **grown}}


def uncapped_for_several(request: ChatRequest) -> ChatRequest:
    """Return a request for several choices without its cap."""
    return replace(request, cap=None) if request.n > 1 else request


DEFECTS = (
    ChatDefect(
        "caps_no_several_choices",
        "The cap is not applied where several choices are asked for.",
        claims=("chat.reply.cap",),
        parameter="n",
        kinds=MULTI_CHOICE_KINDS,
        request=uncapped_for_several,
    ),
    ChatDefect(
        "counts_no_tokens",
        "prompt_tokens and completion_tokens are null, and total_tokens is 0.",
        claims=("chat.reply.usage", "chat.reply.schema"),
        reports=("D094",),
        whole=with_null_counts,
    ),
    ChatDefect(
        "leaves_out_usage",
        "A non-streamed answer has no usage.",
        claims=("chat.reply.usage", "chat.reply.schema"),
        whole=without_usage,
    ),
    ChatDefect(
        "counts_zero_tokens",
        "prompt_tokens, completion_tokens and total_tokens are 0.",
        claims=("chat.reply.usage", "chat.stream.usage_agrees", "chat.image.tokens", "chat.stream.usage_completion"),
        whole=with_zero_counts,
    ),
    ChatDefect(
        "leaves_prompt_out_of_total",
        "total_tokens leaves out the prompt.",
        claims=("chat.reply.usage",),
        whole=with_total_of_completion,
    ),
    ChatDefect(
        "leaves_reasoning_out_of_completion",
        "completion_tokens leaves out the reasoning tokens, while total_tokens includes them.",
        claims=("chat.reply.usage", "chat.reply.usage_details"),
        reports=("D096",),
        kinds=("reasoning",),
        whole=with_reasoning_left_out,
    ),
    ChatDefect(
        "caches_more_than_the_prompt",
        "cached_tokens is larger than prompt_tokens.",
        claims=("chat.reply.usage_details",),
        whole=with_too_many_cached_tokens,
    ),
    ChatDefect(
        "counts_repeated_prompts_higher",
        "prompt_tokens grows each time the same message is sent again.",
        claims=("chat.reply.prompt_tokens", "chat.stream.usage_agrees"),
        reports=("D098",),
        whole=with_growing_prompt,
    ),
)
