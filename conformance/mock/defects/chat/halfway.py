"""Parameters that are obeyed half-way: fewer than asked for, under another name, with the wrong word at the end."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import unsupported_parameter
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest

SAMPLED = ("chat", "claude", "gemini")
CHAT = ("chat",)
FEW = 5


def ended_by_length(request: ChatRequest, choice: Choice) -> Choice:
    """The choice, cut by a cap where a stop sequence ended it."""
    return replace(choice, finish_reason="length") if choice.stopped_by else choice


def one_token_later(request: ChatRequest) -> ChatRequest:
    """The request with a cap one token higher."""
    return request if request.cap is None else replace(request, cap=request.cap + 1)


def one_choice_more(request: ChatRequest) -> ChatRequest:
    """The request for one more choice, where it is for several."""
    return replace(request, n=request.n + 1) if request.n > 1 else request


def shorter(request: ChatRequest, entries: Entries) -> Entries:
    """The entries, each with one of the likeliest tokens less."""
    return tuple({**entry, "top_logprobs": entry["top_logprobs"][1:]} for entry in entries)


def without_effort(body: Json) -> Json:
    """The body, unless it has reasoning_effort: upstream calls it by another name."""
    if body["reasoning_effort"] is not None:
        raise unsupported_parameter("reasoning_effort", "these")
    return body


DEFECTS = (
    ChatDefect(
        "stops_by_length",
        "A text that a stop sequence ended has finish_reason length.",
        claims=("chat.stop.finish_reason",),
        parameter="stop",
        kinds=SAMPLED,
        choice=ended_by_length,
    ),
    ChatDefect(
        "cuts_stops_to_four",
        "Stop sequences after the fourth are dropped without an error.",
        claims=("chat.stop.above_maximum", "chat.stop.disputed"),
        parameter="stop",
        kinds=SAMPLED,
        body=lambda body: {**body, "stop": body["stop"][:4]} if isinstance(body["stop"], list) else body,
    ),
    ChatDefect(
        "caps_one_token_late",
        "max_tokens lets one token more through than it says.",
        claims=("chat.max_tokens.caps",),
        parameter="max_tokens",
        kinds=SAMPLED,
        request=one_token_later,
    ),
    ChatDefect(
        "caps_completion_one_token_late",
        "max_completion_tokens lets one token more through than it says.",
        claims=("chat.max_completion_tokens.caps",),
        parameter="max_completion_tokens",
        request=one_token_later,
    ),
    ChatDefect(
        "gives_one_choice_more",
        "There is one choice more than n asks for, where it asks for several.",
        claims=("chat.n.count", "chat.n.limit", "chat.n.disputed", "chat.stream.choices"),
        parameter="n",
        kinds=("chat", "reasoning", "gemini"),
        request=one_choice_more,
    ),
    ChatDefect(
        "lists_one_logprob_too_few",
        "Each position lists one of the likeliest tokens less than top_logprobs asks for.",
        claims=("chat.top_logprobs.range", "chat.top_logprobs.limit", "chat.top_logprobs.disputed"),
        parameter="top_logprobs",
        kinds=CHAT,
        logprobs=shorter,
    ),
    ChatDefect(
        "clamps_top_logprobs",
        "No position lists more than 5 of the likeliest tokens, and no error says so.",
        claims=("chat.top_logprobs.disputed",),
        parameter="top_logprobs",
        kinds=CHAT,
        request=lambda request: replace(request, top_logprobs=min(request.top_logprobs, FEW)),
    ),
    ChatDefect(
        "sends_effort_unrenamed",
        "reasoning_effort is forwarded under a name that the upstream API does not know, and refused there.",
        claims=("chat.reasoning_effort.values", "chat.reasoning_effort.effect"),
        reports=("D245",),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        body=without_effort,
    ),
)
