"""What each class of models accepts on Responses: a table of rules per class.  Applying the rules is left to request.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from conformance.mock.engine.classes import ModelClass
from conformance.mock.engine.errors import unknown_parameter
from conformance.mock.engine.rules import (
    ARRAY,
    BOOLEAN,
    OBJECT,
    TEXT,
    Integer,
    Number,
    OneOf,
    Rule,
    Unsupported,
    accept_any,
)
from conformance.mock.server.documented import Contract
from conformance.mock.surfaces.responses.structures import (
    Include,
    Reasoning,
    ShortText,
    conversation,
    text,
    tool_choice,
    tools,
)
from conformance.mock.surfaces.structures import StreamOptions, metadata

MOST_TOKENS = 1_000_000  # as large as the contexts of the models that are imitated
RESERVED = ("model", "input")  # checked before the rules
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
SAMPLING = ("temperature", "top_p", "top_logprobs")
ENCRYPTED, LOGPROBS = "reasoning.encrypted_content", "message.output_text.logprobs"


@dataclass(frozen=True)
class Profile:
    """How one class of models checks requests; `unknown` is the rule for parameters that `rules` lacks."""

    name: str
    kind: str
    rules: Mapping[str, Rule]
    unknown: Rule

    def rule(self, name: str) -> Rule:
        """Return the rule for a parameter, which may be unknown."""
        return self.rules.get(name, self.unknown)


def refuse_unknown(name: str, value: object) -> None:
    """Raise ApiError for an unknown parameter."""
    raise unknown_parameter(name)


def common(contract: Contract) -> dict[str, Rule]:
    """Return the rules of models without reasoning."""

    def limits(parameter: str) -> tuple[float, float]:
        return contract.limits("responses", parameter, "openai")

    return {
        "instructions": TEXT,
        "max_output_tokens": Integer(limits("max_output_tokens")[0], MOST_TOKENS),
        "max_tool_calls": Integer(1),
        "temperature": Number(*limits("temperature")),
        "top_p": Number(*limits("top_p")),
        "top_logprobs": Integer(*limits("top_logprobs")),
        "stream": BOOLEAN,
        "stream_options": StreamOptions(("include_obfuscation",)),
        "text": text,
        "tools": tools,
        "tool_choice": tool_choice,
        "parallel_tool_calls": BOOLEAN,
        "reasoning": Reasoning(),
        "include": Include((ENCRYPTED,)),
        "store": BOOLEAN,
        "previous_response_id": TEXT,
        "conversation": conversation,
        "background": BOOLEAN,
        "truncation": OneOf(("auto", "disabled")),
        "prompt": OBJECT,
        "metadata": metadata,
        "client_metadata": OBJECT,  # of Codex, in no reference
        "service_tier": OneOf(("auto", "default", "flex", "scale", "priority")),
        "safety_identifier": ShortText(64),
        "prompt_cache_key": TEXT,
        "prompt_cache_retention": OneOf(("in_memory", "24h")),
        "prompt_cache_options": OBJECT,
        "user": TEXT,
        "moderation": accept_any,
        "context_management": ARRAY,
    }


def reasoning(contract: Contract) -> dict[str, Rule]:
    """Return the rules of reasoning models: no sampling parameters, and settings of reasoning."""
    refusals = dict.fromkeys(SAMPLING, Unsupported("reasoning"))
    return common(contract) | refusals | {"reasoning": Reasoning(EFFORTS), "include": Include((LOGPROBS,))}


@cache
def profile(contract: Contract, model_class: ModelClass) -> Profile:
    """Return what a class of models accepts; those of other columns, which no document describes here, are plain."""
    rules = reasoning(contract) if model_class.kind == "reasoning" else common(contract)
    return Profile(model_class.name, model_class.kind, rules, refuse_unknown)
