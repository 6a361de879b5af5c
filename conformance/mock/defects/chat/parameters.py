"""Parameters that are dropped, clamped or not checked: the request is taken as if it said something else."""

from dataclasses import replace

from conformance.mock.engine.rules import Number
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

FEW = 4


def without_temperature_limits(profile: Profile) -> Profile:
    """The profile with any number as temperature, where it takes temperature at all."""
    rule = profile.rules["temperature"]
    return replace(profile, rules={**profile.rules, "temperature": Number()}) if isinstance(rule, Number) else profile


def with_logprobs(request: ChatRequest) -> ChatRequest:
    """The request with the log probabilities that its column ignores."""
    most = request.body.get("top_logprobs")
    return replace(
        request,
        logprobs=request.body.get("logprobs") is True,
        top_logprobs=max(0, min(most, 20)) if type(most) is int else 0,
    )


def without_required_tool(request: ChatRequest) -> ChatRequest:
    """The request with tool_choice auto where it says required."""
    return replace(request, tool_choice="auto") if request.tool_choice == "required" else request


DEFECTS = (
    ChatDefect(
        "drops_n",
        "n is ignored: whatever was asked for, there is one choice.",
        parameter="n",
        claims=("chat.n.count", "chat.n.limit", "chat.stream.choices", "chat.n.disputed"),
        reports=("D053",),
        kinds=("chat", "reasoning", "gemini"),
        request=lambda request: replace(request, n=1),
    ),
    ChatDefect(
        "clamps_n",
        "There are never more than 4 choices, and no error says so.",
        parameter="n",
        claims=("chat.n.count", "chat.n.limit", "chat.n.disputed"),
        kinds=("chat", "reasoning", "gemini"),
        request=lambda request: replace(request, n=min(request.n, FEW)),
    ),
    ChatDefect(
        "drops_stop",
        "stop is ignored: the text runs on past the sequence.",
        parameter="stop",
        claims=("chat.stop.ends_text", "chat.stop.count", "chat.stop.limit", "chat.stop.disputed"),
        reports=("D077",),
        kinds=("chat", "claude", "gemini"),
        request=lambda request: replace(request, stop=()),
    ),
    ChatDefect(
        "drops_token_caps",
        "max_tokens and max_completion_tokens are ignored: the answer is whole and ends with stop.",
        claims=("chat.max_tokens.caps", "chat.max_completion_tokens.caps", "chat.response_format.truncated"),
        reports=("D033",),
        request=lambda request: replace(request, cap=None),
    ),
    ChatDefect(
        "accepts_temperature_out_of_range",
        "Any number is accepted as temperature.",
        parameter="temperature",
        claims=("chat.temperature.below_minimum", "chat.temperature.above_maximum"),
        reports=("D058",),
        kinds=("chat", "claude", "gemini"),
        profile=without_temperature_limits,
    ),
    ChatDefect(
        "drops_temperature",
        "temperature is ignored: answers are sampled as if it were 1.",
        parameter="temperature",
        claims=("chat.temperature.zero_repeats",),
        kinds=("chat", "claude", "gemini"),
        request=lambda request: replace(request, temperature=1.0),
    ),
    ChatDefect(
        "invents_logprobs",
        "Columns without logprobs answer with made-up ones.",
        parameter="logprobs",
        claims=("chat.logprobs.unsupported", "chat.top_logprobs.unsupported"),
        kinds=("claude", "gemini"),
        request=with_logprobs,
    ),
    ChatDefect(
        "forgets_required_tool_choice",
        "tool_choice required is taken as auto: a question that needs no tool is answered with text.",
        parameter="tool_choice",
        claims=("chat.tool_choice.required",),
        reports=("D085",),
        request=without_required_tool,
    ),
)
