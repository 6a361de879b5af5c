"""Values and combinations that are taken though they are no better than those that are refused."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.columns import MOST_TOKENS, Profile
from conformance.mock.surfaces.chat.combinations import Combination
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.structures import Stop

OPENAI_KINDS = ("chat", "reasoning")
EFFORTS = ("low", "medium", "high")
TIERS = ("auto", "default", "flex", "priority")
CHOICES = ("auto", "none", "required")
DEFAULT_MODEL = "mock-default"


def as_default(name: str, known: Collection[str], default: str) -> Callable[[Json], Json]:
    """Bodies with a default in place of a text that is none of the known values."""

    def body_with(body: Json) -> Json:
        value = body.get(name)
        return {**body, name: default} if isinstance(value, str) and value not in known else body

    return body_with


def without_combination(*left_out: Combination) -> Callable[[Profile], Profile]:
    """Profiles that do not look at these combinations."""

    def profile_with(profile: Profile) -> Profile:
        return replace(profile, combinations=tuple(each for each in profile.combinations if each not in left_out))

    return profile_with


def without_lonely_choice(body: Json) -> Json:
    """The body without tool_choice where there are no tools."""
    return body if "tools" in body else {name: value for name, value in body.items() if name != "tool_choice"}


def clamped_cap(body: Json) -> Json:
    """The body with a cap of no more than what any model can hold."""
    cap = body["max_tokens"]
    return {**body, "max_tokens": min(cap, MOST_TOKENS)} if type(cap) is int else body


def with_known_ids(body: Json) -> Json:
    """The body whose tool messages name the last call before them where they name none that was made."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        return body
    calls = [call["id"] for each in messages for call in each.get("tool_calls") or ()]
    return {**body, "messages": [answering(each, calls) for each in messages]}


def answering(message: Json, calls: list[Any]) -> Json:
    """A tool message that names one of the calls, other messages as they are."""
    named = message.get("tool_call_id")
    return message if named is None or named in calls or not calls else {**message, "tool_call_id": calls[-1]}


def with_any_stop(profile: Profile) -> Profile:
    """The profile that takes any number of stop sequences."""
    return replace(profile, rules={**profile.rules, "stop": Stop(10_000)})


def answered_by_default(refusal: Refusal) -> Refusal:
    """An answer of a default model in place of the refusal of a model that is not known."""
    if refusal.error.code != "model_not_found":
        return refusal
    message = {"role": "assistant", "content": "ready", "refusal": None}
    usage = {"prompt_tokens": 13, "completion_tokens": 1, "total_tokens": 14}
    head = {"id": "chatcmpl-default", "object": "chat.completion", "created": 1_767_225_600, "model": DEFAULT_MODEL}
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
    return refusal.saying({**head, "choices": choices, "usage": usage}, 200)


DEFECTS = (
    ChatDefect(
        "serves_unknown_models",
        "A model that nobody serves is answered for by another one.",
        claims=("chat.error.unknown_model",),
        reports=("D049",),
        refusal=answered_by_default,
    ),
    ChatDefect(
        "accepts_any_number_of_stops",
        "There can be more stop sequences than documented.",
        claims=("chat.stop.above_maximum", "chat.stop.disputed"),
        reports=("D075",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        profile=with_any_stop,
    ),
    ChatDefect(
        "accepts_top_logprobs_alone",
        "top_logprobs is accepted without logprobs.",
        claims=("chat.top_logprobs.without_logprobs",),
        parameter="top_logprobs",
        kinds=("chat",),
        profile=without_combination(combinations.top_logprobs_with_logprobs),
    ),
    ChatDefect(
        "accepts_any_effort",
        "A reasoning_effort that nobody knows is taken as medium.",
        claims=("chat.reasoning_effort.unknown_value", "chat.reasoning_effort.disputed"),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        body=as_default("reasoning_effort", EFFORTS, "medium"),
    ),
    ChatDefect(
        "accepts_any_tool_choice",
        "A tool_choice that nobody knows is taken as auto.",
        claims=("chat.tool_choice.unknown_value",),
        parameter="tool_choice",
        body=as_default("tool_choice", CHOICES, "auto"),
    ),
    ChatDefect(
        "accepts_tool_choice_alone",
        "A tool_choice is accepted though there are no tools.",
        claims=("chat.tool_choice.without_tools",),
        parameter="tool_choice",
        body=without_lonely_choice,
    ),
    ChatDefect(
        "accepts_any_tier",
        "A service tier that nobody knows is taken as auto.",
        claims=("chat.service_tier.unknown_value",),
        parameter="service_tier",
        kinds=OPENAI_KINDS,
        body=as_default("service_tier", TIERS, "auto"),
    ),
    ChatDefect(
        "accepts_both_caps",
        "max_tokens and max_completion_tokens are accepted together.",
        claims=("chat.max_tokens.both_caps",),
        parameter="max_completion_tokens",
        kinds=("chat",),
        profile=without_combination(combinations.one_cap),
    ),
    ChatDefect(
        "clamps_huge_caps",
        "A max_tokens beyond what any model can hold is taken as the most that one can.",
        claims=("chat.max_tokens.huge",),
        parameter="max_tokens",
        kinds=("chat", "claude", "gemini"),
        body=clamped_cap,
    ),
    ChatDefect(
        "accepts_results_of_unknown_calls",
        "A tool message whose id is that of no call is taken as the result of the last one.",
        claims=("chat.messages.tool_unknown_id",),
        parameter="tools",
        body=with_known_ids,
    ),
)
