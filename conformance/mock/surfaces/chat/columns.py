"""What each class of models accepts: a table of rules per class.  Applying the rules is left to request.py.

Ranges come from the contract.  A row that goes beyond what the documents state has a comment with the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from conformance.mock.engine.classes import ModelClass
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
from conformance.mock.server.documented import Contract
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.combinations import Combination
from conformance.mock.surfaces.chat.extras import stated as extras_stated
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
    """How one class of models checks requests; `unknown` is the rule for parameters that `rules` lacks.

    `extras` are what its answers have beyond OpenAI's.
    """

    name: str
    kind: str
    rules: Mapping[str, Rule]
    unknown: Rule
    combinations: tuple[Combination, ...]
    extras: frozenset[str] = frozenset()

    def rule(self, name: str) -> Rule:
        """Return the rule for a parameter, which may be unknown."""
        return self.rules.get(name, self.unknown)


def refuse_unknown(name: str, value: object) -> None:
    """Raise ApiError for an unknown parameter."""
    raise unknown_parameter(name)


@dataclass(frozen=True)
class Documented:
    """What a contract states of Chat Completions for one column."""

    contract: Contract
    column: str

    def limits(self, parameter: str) -> tuple[float, float]:
        """Return minimum and maximum of a parameter, the widest that a document states."""
        return self.contract.limits("chat", parameter, self.column)

    def values(self, parameter: str) -> tuple[str, ...]:
        """Return the documented values of a parameter."""
        return self.contract.values("chat", parameter)


def common(column: Documented) -> dict[str, Rule]:
    """Return the rules that all columns share, with the ranges of one column."""
    return {
        "temperature": Number(*column.limits("temperature")),
        "top_p": Number(*column.limits("top_p")),
        "n": Integer(*column.limits("n")),
        "stop": Stop(column.limits("stop")[1]),
        "max_tokens": Integer(column.limits("max_tokens")[0], MOST_TOKENS),
        "max_completion_tokens": Integer(column.limits("max_completion_tokens")[0], MOST_TOKENS),
        "response_format": ResponseFormat(),
        "tools": Tools(),
        "tool_choice": tool_choice,
        "parallel_tool_calls": BOOLEAN,
        "stream": BOOLEAN,
        "stream_options": StreamOptions(),
    }


def openai(column: Documented) -> dict[str, Rule]:
    """Return the rules of OpenAI's models without reasoning."""
    return common(column) | {
        "presence_penalty": Number(*column.limits("presence_penalty")),
        "frequency_penalty": Number(*column.limits("frequency_penalty")),
        "logit_bias": Biases(*column.limits("logit_bias")),
        "logprobs": BOOLEAN,
        "top_logprobs": Integer(*column.limits("top_logprobs")),
        "reasoning_effort": Unsupported("chat"),
        "service_tier": OneOf(column.values("service_tier")),
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


def reasoning(column: Documented) -> dict[str, Rule]:
    """Return the rules of OpenAI's reasoning models: no sampling parameters, and only the cap that includes reasoning."""
    refusals = dict.fromkeys((*SAMPLING, *LOGPROBS, "max_tokens"), Unsupported("reasoning"))
    effort = OneOf(column.values("reasoning_effort"), code="unsupported_value")
    return openai(column) | refusals | {"reasoning_effort": effort}


def claude(column: Documented) -> dict[str, Rule]:
    """Return the rules of Claude behind the compatible API, which ignores what it does not support."""
    return common(column) | {
        # The provider's page says that values above 1 are capped to 1.
        "temperature": Number(*column.limits("temperature"), applied=1.0),
        "n": Integer(1, applied=1),
        "response_format": ResponseFormat(types=("text", "json_schema")),
        "stream_options": StreamOptions(lenient=True),
    }


def without_sampling(column: Documented) -> dict[str, Rule]:
    """Return the rules of Claude models that refuse any temperature and top_p."""
    return claude(column) | dict.fromkeys(("temperature", "top_p"), Unsupported("these"))


def gemini(column: Documented) -> dict[str, Rule]:
    """Return the rules of Gemini behind the compatible API, which ignores some parameters and refuses unknown ones."""
    silent = (*LOGPROBS, "reasoning_effort", "presence_penalty", "frequency_penalty", "logit_bias", "service_tier")
    return common(column) | dict.fromkeys((*silent, "user", "seed"), ignore)


WITH_TOOLS = (combinations.tool_settings_with_tools,)
STRICT = (*WITH_TOOLS, combinations.stream_options_with_stream)
OPENAI = (
    *STRICT,
    combinations.one_cap,
    combinations.top_logprobs_with_logprobs,
    combinations.json_asked_for,
    combinations.known_details,
)


Rules = Callable[[Documented], dict[str, Rule]]
# By kind of models: their rules, the rule for unknown parameters, and the combinations that are refused.
KINDS: Mapping[str, tuple[Rules, Rule, tuple[Combination, ...]]] = {
    "chat": (openai, refuse_unknown, OPENAI),
    "reasoning": (reasoning, refuse_unknown, OPENAI),
    "claude": (claude, ignore, WITH_TOOLS),
    "gemini": (gemini, refuse_unknown, STRICT),
    "gemini-3": (gemini, refuse_unknown, STRICT),
}
RULES_OF_CLASS: Mapping[str, Rules] = {
    "claude-without-sampling": without_sampling,
    "claude-without-forced-tools": without_sampling,
}


@cache
def profile(contract: Contract, model_class: ModelClass) -> Profile:
    """Return what a class of models accepts under a contract."""
    rules, unknown, refused = KINDS[model_class.kind]
    known = RULES_OF_CLASS.get(model_class.name, rules)(Documented(contract, model_class.column))
    further = (name for name in contract.named("chat", "accepted") if name not in known)
    known |= {
        name: accept_any
        for name in further
        if contract.says(f"chat.{name}.accepted", *place(model_class)) == "supported"
    }
    known |= unsupported(contract, model_class)
    if contract.says("chat.stop.above_maximum", *place(model_class)) == "without effect" and isinstance(
        known["stop"], Stop
    ):
        known["stop"] = replace(known["stop"], cuts=True)
    unknown = UNKNOWN.get(contract.says("chat.unknown_parameter.refused", *place(model_class)), unknown)
    extras = extras_stated(contract, *place(model_class))
    return Profile(model_class.name, model_class.kind, known, unknown, refused, extras)


UNKNOWN: Mapping[str, Rule] = {"refused": refuse_unknown, "without effect": ignore}


def place(model_class: ModelClass) -> tuple[str, str]:
    """Return the column and the name of a class, under which a contract states things."""
    return model_class.column, model_class.name


def unsupported(contract: Contract, model_class: ModelClass) -> dict[str, Rule]:
    """Return the rules for parameters whose claim `unsupported` says that they are refused or have no effect."""
    found: dict[str, Rule] = {}
    for name in contract.named("chat", "unsupported"):
        says = contract.says(f"chat.{name}.unsupported", *place(model_class))
        if says == "refused":
            found[name] = Unsupported("these")
        elif says == "supported":
            found[name] = ignore  # a gateway that drops what a model does not support
        elif says == "without effect":
            found[name] = Integer(1, applied=1) if name == "n" else ignore
    return found
