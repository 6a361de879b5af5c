"""What each class of models accepts: a table of rules per class, and nothing that acts on it.

Ranges come from the contract.  Where a column is known to do something with a value that the documents do not state,
the reason stands beside the row.
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
    anything,
    ignored,
)
from conformance.mock.server import documented
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.combinations import Combination
from conformance.mock.surfaces.chat.structures import (
    Biases,
    ResponseFormat,
    Stop,
    StreamOptions,
    Tools,
    metadata,
    tool_choice,
)

SAMPLING = ("temperature", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias")
LOGPROBS = ("logprobs", "top_logprobs")
MOST_TOKENS = 1_000_000  # no model's context is larger; documents bound the cap by the context only
RESERVED = ("model", "messages")  # read before any rule


@dataclass(frozen=True)
class Profile:
    """How one class of models takes requests; name and kind are those of its class."""

    name: str
    kind: str
    rules: Mapping[str, Rule]
    unknown: Rule
    combinations: tuple[Combination, ...]

    def rule(self, name: str) -> Rule:
        """Return the rule for a parameter, known or not."""
        return self.rules.get(name, self.unknown)


def refused(name: str, value: object) -> None:
    """Refuse a parameter that is not known."""
    raise unknown_parameter(name)


def limits(parameter: str, column: str) -> tuple[float, float]:
    """Return the widest range that a document of this surface states for a parameter on a column."""
    return documented.limits("chat", parameter, column)


def values(parameter: str) -> tuple[str, ...]:
    """Return the values that this surface documents for a parameter."""
    return documented.values("chat", parameter)


def common(column: str) -> dict[str, Rule]:
    """Return what every column takes in the same way, within its own ranges."""
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
    """Return what OpenAI's models take that do not reason."""
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
        "metadata": metadata,
        "store": BOOLEAN,
        "verbosity": OneOf(("low", "medium", "high")),
        "prediction": OBJECT,
        "modalities": anything,
    }


def reasoning() -> dict[str, Rule]:
    """Return what OpenAI's reasoning models take: no sampling parameters, and the cap that counts reasoning."""
    refusals = dict.fromkeys((*SAMPLING, *LOGPROBS, "max_tokens"), Unsupported("reasoning"))
    effort = OneOf(values("reasoning_effort"), code="unsupported_value")
    return openai() | refusals | {"reasoning_effort": effort}


def claude() -> dict[str, Rule]:
    """Return what Claude takes behind the compatible API: what it does not support is ignored."""
    return common("claude") | {
        # The provider's page: values above 1 are capped to 1.
        "temperature": Number(*limits("temperature", "claude"), applied=1.0),
        "n": Integer(1, applied=1),
        "response_format": ResponseFormat(types=("text", "json_schema")),
        "stream_options": StreamOptions(lenient=True),
    }


def gemini() -> dict[str, Rule]:
    """Return what Gemini takes behind the compatible API: some parameters without effect, unknown ones not at all."""
    silent = (*LOGPROBS, "reasoning_effort", "presence_penalty", "frequency_penalty", "logit_bias", "service_tier")
    return common("gemini") | dict.fromkeys((*silent, "user", "seed"), ignored)


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
    """Return how the class of a name takes requests: its rules, the one for unknown parameters, and the combinations."""
    return Profile(name, CLASSES[name].kind, *accepted)


@cache
def profiles() -> Mapping[str, Profile]:
    """Return every class of models by its name in the contract."""
    without_sampling = claude() | dict.fromkeys(("temperature", "top_p"), Unsupported("these"))
    rows = (
        profile("chat", openai(), refused, OPENAI),
        profile("reasoning", reasoning(), refused, OPENAI),
        profile("reasoning-gpt-5", reasoning(), refused, OPENAI),
        profile("claude", claude(), ignored, WITH_TOOLS),
        profile("claude-without-sampling", without_sampling, ignored, WITH_TOOLS),
        profile("gemini", gemini(), refused, STRICT),
    )
    return {row.name: row for row in rows}
