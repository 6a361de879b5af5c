"""What each class of models accepts: a table of rules per class.  Applying the rules is left to request.py.

Ranges come from the contract.  A row that goes beyond what the documents state has a comment with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.mock.engine.classes import CLASSES
from conformance.mock.engine.errors import unknown_parameter
from conformance.mock.engine.rules import (
    BOOLEAN,
    OBJECT,
    TEXT,
    Integer,
    Number,
    OneOf,
    Rule,
    Unsupported,
    accept_any,
    ignore,
)
from conformance.mock.server import documented
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.combinations import Combination
from conformance.mock.surfaces.chat.structures import (
    Biases,
    ResponseFormat,
    Stop,
    Tools,
    function_call,
    functions,
    tool_choice,
)
from conformance.mock.surfaces.structures import StreamOptions, metadata

SAMPLING = ("temperature", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias")
LOGPROBS = ("logprobs", "top_logprobs")
# The documents bound max_tokens by the context only.  This is as large as the contexts of the models that are imitated, and far
# below the "huge" value that the suite sends.
MOST_TOKENS = 1_000_000
RESERVED = ("model", "messages")  # checked before the rules, in models.py and messages.py


@dataclass(frozen=True)
class Profile:
    """How one class of models checks requests; `unknown` is the rule for parameters that `rules` lacks."""

    name: str
    kind: str
    rules: Mapping[str, Rule]
    unknown: Rule
    combinations: tuple[Combination, ...]

    def rule(self, name: str) -> Rule:
        """Return the rule for a parameter, which may be unknown."""
        return self.rules.get(name, self.unknown)


def refuse_unknown(name: str, value: object) -> None:
    """Raise ApiError for an unknown parameter."""
    raise unknown_parameter(name)


def limits(parameter: str, column: str) -> tuple[float, float]:
    """Return minimum and maximum of a parameter on a column, the widest that a document states."""
    return documented.limits("chat", parameter, column)


def values(parameter: str) -> tuple[str, ...]:
    """Return the documented values of a parameter."""
    return documented.values("chat", parameter)


def common(column: str) -> dict[str, Rule]:
    """Return the rules that all columns share, with the ranges of one column."""
    return {
        "temperature": Number(*limits("temperature", column)),
        "top_p": Number(*limits("top_p", column)),
        "n": Integer(*limits("n", column)),
        "stop": Stop(int(limits("stop", column)[1])),
        "max_tokens": Integer(limits("max_tokens", column)[0], MOST_TOKENS),
        "max_completion_tokens": Integer(limits("max_completion_tokens", column)[0], MOST_TOKENS),
        "response_format": ResponseFormat(),
        "tools": Tools(),
        "tool_choice": tool_choice,
        "parallel_tool_calls": BOOLEAN,
        "stream": BOOLEAN,
        "stream_options": StreamOptions(),
    }


def openai() -> dict[str, Rule]:
    """Return the rules of OpenAI's models without reasoning."""
    return common("openai") | {
        "presence_penalty": Number(*limits("presence_penalty", "openai")),
        "frequency_penalty": Number(*limits("frequency_penalty", "openai")),
        "logit_bias": Biases(*limits("logit_bias", "openai")),
        "logprobs": BOOLEAN,
        "top_logprobs": Integer(*limits("top_logprobs", "openai")),
        "reasoning_effort": Unsupported("chat"),
        "service_tier": OneOf(values("service_tier")),
        "seed": Integer(-(2**63), 2**63 - 1),
        "user": TEXT,
        "safety_identifier": TEXT,
        "prompt_cache_key": TEXT,
        "prompt_cache_retention": OneOf(("in_memory", "24h")),
        "metadata": metadata,
        "store": BOOLEAN,
        "verbosity": OneOf(("low", "medium", "high")),
        "prediction": OBJECT,
        "modalities": accept_any,
        "functions": functions,
        "function_call": function_call,
    }


def reasoning() -> dict[str, Rule]:
    """Return the rules of OpenAI's reasoning models: no sampling parameters, and only the cap that includes reasoning."""
    refusals = dict.fromkeys((*SAMPLING, *LOGPROBS, "max_tokens"), Unsupported("reasoning"))
    effort = OneOf(values("reasoning_effort"), code="unsupported_value")
    return openai() | refusals | {"reasoning_effort": effort}


def claude() -> dict[str, Rule]:
    """Return the rules of Claude behind the compatible API, which ignores what it does not support."""
    return common("claude") | {
        # The provider's page says that values above 1 are capped to 1.
        "temperature": Number(*limits("temperature", "claude"), applied=1.0),
        "n": Integer(1, applied=1),
        "response_format": ResponseFormat(types=("text", "json_schema")),
        "stream_options": StreamOptions(lenient=True),
    }


def gemini() -> dict[str, Rule]:
    """Return the rules of Gemini behind the compatible API, which ignores some parameters and refuses unknown ones."""
    silent = (*LOGPROBS, "reasoning_effort", "presence_penalty", "frequency_penalty", "logit_bias", "service_tier")
    return common("gemini") | dict.fromkeys((*silent, "user", "seed"), ignore)


WITH_TOOLS = (combinations.tool_settings_with_tools,)
STRICT = (*WITH_TOOLS, combinations.stream_options_with_stream)
OPENAI = (
    *STRICT,
    combinations.one_cap,
    combinations.top_logprobs_with_logprobs,
    combinations.json_asked_for,
    combinations.known_details,
)


def profile(name: str, *accepted: Any) -> Profile:
    """Return the profile of the class with this name; `accepted` are rules, rule for unknown parameters, combinations."""
    return Profile(name, CLASSES[name].kind, *accepted)


@cache
def profiles() -> Mapping[str, Profile]:
    """Return the profiles of all classes of models, by their name in the contract."""
    without_sampling = claude() | dict.fromkeys(("temperature", "top_p"), Unsupported("these"))
    rows = (
        profile("chat", openai(), refuse_unknown, OPENAI),
        profile("reasoning", reasoning(), refuse_unknown, OPENAI),
        profile("reasoning-gpt-5", reasoning(), refuse_unknown, OPENAI),
        profile("claude", claude(), ignore, WITH_TOOLS),
        profile("claude-without-sampling", without_sampling, ignore, WITH_TOOLS),
        profile("claude-without-forced-tools", without_sampling, ignore, WITH_TOOLS),
        profile("gemini", gemini(), refuse_unknown, STRICT),
        profile("gemini-3", gemini(), refuse_unknown, STRICT),
    )
    return {row.name: row for row in rows}
