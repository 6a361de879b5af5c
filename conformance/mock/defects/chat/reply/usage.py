"""Plain answers whose usage does not count what was used."""

from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

Usage = Json
AGAIN = 8  # tokens


def uncounted(request: ChatRequest, body: Json) -> Json:
    """Return the body with a usage that counts nothing."""
    return {**body, "usage": {"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0}}


def without_usage(request: ChatRequest, body: Json) -> Json:
    """Return the body without its usage."""
    return {name: value for name, value in body.items() if name != "usage"}


def counted_in_zeros(request: ChatRequest, body: Json) -> Json:
    """Return the body with a usage of nothing."""
    zeros = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
    return {**body, "usage": {**body["usage"], **zeros}}


def without_total(request: ChatRequest, body: Json) -> Json:
    """Return the body with a total that leaves out the prompt."""
    usage: Usage = body["usage"]
    return {**body, "usage": {**usage, "total_tokens": usage["completion_tokens"]}}


def reasoning_apart(request: ChatRequest, body: Json) -> Json:
    """Return the body whose completion tokens leave out the reasoning, which the total holds."""
    usage: Usage = body["usage"]
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    return {**body, "usage": {**usage, "completion_tokens": usage["completion_tokens"] - thought}}


def cached_beyond_prompt(request: ChatRequest, body: Json) -> Json:
    """Return the body with more prompt tokens from a cache than the prompt has."""
    usage: Usage = body["usage"]
    details = {**usage["prompt_tokens_details"], "cached_tokens": usage["prompt_tokens"] + 1}
    return {**body, "usage": {**usage, "prompt_tokens_details": details}}


def growing(request: ChatRequest, body: Json) -> Json:
    """Return the body whose prompt tokens are more by each time that the request came before, where it is one text."""
    texts = [message.get("content") for message in request.messages]
    more = AGAIN * request.seen if len(texts) == 1 and isinstance(texts[0], str) else 0
    usage: Usage = body["usage"]
    grown = {name: usage[name] + more for name in ("prompt_tokens", "total_tokens")}
    return {**body, "usage": {**usage, **grown}}


DEFECTS = (
    ChatDefect(
        "counts_no_tokens",
        "prompt_tokens and completion_tokens are null, and total_tokens is 0.",
        claims=("chat.reply.usage", "chat.reply.schema"),
        reports=("D094",),
        whole=uncounted,
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
        claims=("chat.reply.usage", "chat.stream.usage_agrees", "chat.image.tokens"),
        whole=counted_in_zeros,
    ),
    ChatDefect(
        "leaves_prompt_out_of_total",
        "total_tokens leaves out the prompt.",
        claims=("chat.reply.usage",),
        whole=without_total,
    ),
    ChatDefect(
        "leaves_reasoning_out_of_completion",
        "completion_tokens leaves out the reasoning tokens, while total_tokens includes them.",
        claims=("chat.reply.usage", "chat.reply.usage_details"),
        reports=("D096",),
        kinds=("reasoning",),
        whole=reasoning_apart,
    ),
    ChatDefect(
        "caches_more_than_the_prompt",
        "cached_tokens is larger than prompt_tokens.",
        claims=("chat.reply.usage_details",),
        whole=cached_beyond_prompt,
    ),
    ChatDefect(
        "counts_repeated_prompts_higher",
        "prompt_tokens grows each time the same message is sent again.",
        claims=("chat.reply.prompt_tokens", "chat.stream.usage_agrees"),
        reports=("D098",),
        whole=growing,
    ),
)
