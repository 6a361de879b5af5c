"""What each class of models accepts: rules for the settings, and checks of the conversation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.mock.surfaces.gemini.conversation import order, roles, signatures, signatures_of_first_calls
from conformance.mock.surfaces.gemini.settings import (
    LEVELS,
    MIME_TYPES,
    Number,
    OneOf,
    Rule,
    accept_any,
    json_schema,
    log_probabilities,
    modalities,
    no_thinking,
    schema,
    stop_sequences,
    thinking,
)

Check = Callable[[list[dict[str, Any]]], None]
MOST_TOKENS = 1_000_000  # as large as the contexts of the models that are imitated
MOST_CANDIDATES = 8

SETTINGS: dict[str, Rule] = {
    "temperature": Number(0, 2),
    "topP": Number(0, 1),
    "topK": Number(1, 1000, whole=True),
    "candidateCount": Number(1, MOST_CANDIDATES, whole=True),
    "maxOutputTokens": Number(1, MOST_TOKENS, whole=True),
    "stopSequences": stop_sequences,
    "seed": Number(-(2**31), 2**31 - 1, whole=True),
    "presencePenalty": Number(-2, 2),
    "frequencyPenalty": Number(-2, 2),
    "responseLogprobs": log_probabilities,
    "logprobs": log_probabilities,
    "responseMimeType": OneOf(MIME_TYPES),
    "responseSchema": schema,
    "responseJsonSchema": json_schema,
    "thinkingConfig": no_thinking,
    "responseModalities": modalities,
    "mediaResolution": accept_any,
    "speechConfig": accept_any,
    "imageConfig": accept_any,
    "audioTimestamp": accept_any,
}


@dataclass(frozen=True)
class Profile:
    """How one class of models checks requests.

    `settings` are the rules for generationConfig, `checks` look at the whole conversation, `lenient` says that unknown fields are
    ignored, and `thinks` that the class thinks unless the request says otherwise.
    """

    settings: Mapping[str, Rule]
    checks: tuple[Check, ...]
    thinks: bool = False
    lenient: bool = False


PROFILES = {
    "gemini": Profile({**SETTINGS, "thinkingConfig": thinking(())}, (roles, order, signatures), thinks=True),
    "gemini-3": Profile(
        {**SETTINGS, "thinkingConfig": thinking(LEVELS)},
        (roles, order, signatures, signatures_of_first_calls),
        thinks=True,
    ),
}
OTHERS = Profile(SETTINGS, (roles, order))  # models of other providers, which the gateway translates for
