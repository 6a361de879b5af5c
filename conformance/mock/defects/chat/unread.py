"""Parameters that are accepted and do nothing, or something that nobody asked for."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Mutation
from conformance.mock.engine.answer import REASONING_TOKENS
from conformance.mock.engine.logprobs import entry
from conformance.mock.engine.rules import Integer, ignored
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest

SAMPLING_KINDS = ("chat", "claude", "gemini")


def unread(*names: str) -> Any:
    """Profiles that ignore these parameters, whatever they say."""

    def profile_with(profile: Profile) -> Profile:
        return replace(profile, rules={**profile.rules, **dict.fromkeys(names, ignored)})

    return profile_with


def with_markup(text: str) -> Mutation[Entries]:
    """Entries with those of a mark before them that the text does not have."""
    return lambda request, entries: (entry(text, 0), *entries)


def by_max_tokens_alone(request: ChatRequest) -> ChatRequest:
    """The request without the cap that max_completion_tokens sets."""
    return replace(request, cap=request.body.get("max_tokens"))


def reasoning_all_the_same(request: ChatRequest) -> ChatRequest:
    """The request with the reasoning that its reasoning_effort asks for, on a model documented to ignore it."""
    effort = request.body["reasoning_effort"]
    return replace(request, effort=effort if effort in REASONING_TOKENS else None)


def with_any_n(profile: Profile) -> Profile:
    """The profile that gives as many choices as are asked for."""
    return replace(profile, rules={**profile.rules, "n": Integer(1, 128)})


DEFECTS = (
    ChatDefect(
        "drops_logprobs",
        "logprobs true is ignored: an answer has no log probabilities.",
        claims=(
            "chat.logprobs.present",
            "chat.top_logprobs.range",
            "chat.top_logprobs.disputed",
            "chat.top_logprobs.limit",
        ),
        parameter="logprobs",
        kinds=("chat",),
        request=lambda request: replace(request, logprobs=False),
    ),
    ChatDefect(
        "sends_logprobs_unasked",
        "An answer has log probabilities though logprobs is false.",
        claims=("chat.logprobs.not_asked", "chat.logprobs.null"),
        parameter="logprobs",
        kinds=("chat",),
        request=lambda request: replace(request, logprobs=True),
    ),
    ChatDefect(
        "lists_markup_among_logprobs",
        "The log probabilities begin with a mark of the model's own that the text does not have.",
        claims=("chat.logprobs.shape",),
        reports=("D031",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=with_markup("<|channel|>"),
    ),
    ChatDefect(
        "drops_max_completion_tokens",
        "max_completion_tokens is ignored, while max_tokens works.",
        claims=("chat.max_completion_tokens.caps",),
        reports=("D035",),
        parameter="max_completion_tokens",
        request=by_max_tokens_alone,
    ),
    ChatDefect(
        "drops_penalties",
        "presence_penalty and frequency_penalty are not read: any value is taken, and none does anything.",
        claims=tuple(
            f"chat.{name}.{statement}"
            for name in ("presence_penalty", "frequency_penalty")
            for statement in ("below_minimum", "above_maximum", "wrong_type")
        ),
        reports=("D056",),
        kinds=("chat",),
        profile=unread("presence_penalty", "frequency_penalty"),
    ),
    ChatDefect(
        "drops_logit_bias",
        "logit_bias is not read: any value is taken, and none does anything.",
        claims=("chat.logit_bias.below_minimum", "chat.logit_bias.above_maximum", "chat.logit_bias.wrong_type"),
        reports=("D022",),
        parameter="logit_bias",
        kinds=("chat",),
        profile=unread("logit_bias"),
    ),
    ChatDefect(
        "drops_reasoning_effort",
        "reasoning_effort is accepted, and the model reasons as much as without it.",
        claims=("chat.reasoning_effort.effect",),
        reports=("D063",),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        request=lambda request: replace(request, effort="medium"),
    ),
    ChatDefect(
        "reasons_where_undocumented",
        "reasoning_effort makes models reason that are documented to ignore it.",
        claims=("chat.reasoning_effort.unsupported",),
        parameter="reasoning_effort",
        kinds=("claude", "gemini"),
        request=reasoning_all_the_same,
    ),
    ChatDefect(
        "gives_choices_where_one_is_documented",
        "More than one choice comes where n is documented to be 1 only.",
        claims=("chat.n.unsupported",),
        parameter="n",
        kinds=("claude",),
        profile=with_any_n,
    ),
    ChatDefect(
        "makes_parallel_calls_all_the_same",
        "parallel_tool_calls false is ignored: two calls come at once.",
        claims=("chat.parallel_tool_calls.off",),
        parameter="parallel_tool_calls",
        request=lambda request: replace(request, parallel_tool_calls=True),
    ),
    ChatDefect(
        "freezes_temperature",
        "Any temperature is taken as 0: the same question always gets the same answer.",
        claims=("chat.temperature.maximum_varies",),
        parameter="temperature",
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, temperature=0.0),
    ),
    ChatDefect(
        "freezes_top_p",
        "Any top_p is taken as 0: the same question always gets the same answer.",
        claims=("chat.top_p.maximum_varies",),
        parameter="top_p",
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, top_p=0.0),
    ),
    ChatDefect(
        "drops_top_p",
        "top_p is ignored: answers are sampled as if it were 1.",
        claims=("chat.top_p.zero_repeats",),
        parameter="top_p",
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, top_p=1.0),
    ),
)
