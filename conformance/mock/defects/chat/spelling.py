"""Log probabilities and arguments of calls that are spelt in another way than the documents have it."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.answer import Draft
from conformance.mock.engine.logprobs import Entry
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest


def each_entry(change: Callable[[Entry], Entry]) -> Mutation[Entries]:
    """Log probabilities with every entry changed."""
    return lambda request, entries: tuple(map(change, entries))


def in_drafts(change: Callable[[str], str]) -> Mutation[Draft]:
    """Drafts with the arguments of every call changed."""

    def drafted(request: ChatRequest, draft: Draft) -> Draft:
        return replace(draft, calls=tuple(replace(call, arguments=change(call.arguments)) for call in draft.calls))

    return drafted


def with_one_key_more(arguments: str) -> str:
    """Arguments with a key that no declaration has."""
    return json.dumps({**json.loads(arguments), "note": "as asked"}, separators=(",", ":"))


def parsed(request: ChatRequest, body: Json) -> Json:
    """The body with the arguments of its calls as values, not as text, as far as they are JSON."""
    for choice in body["choices"]:
        for call in choice["message"].get("tool_calls") or ():
            call["function"]["arguments"] = as_value(call["function"]["arguments"])
    return body


def as_value(text: str) -> Any:
    """The value of a JSON text; a text that is none as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


DEFECTS = (
    ChatDefect(
        "gives_probabilities_for_logprobs",
        "logprob is the probability itself, which is above 0.",
        claims=("chat.logprobs.shape",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=each_entry(lambda entry: {**entry, "logprob": math.exp(entry["logprob"])}),
    ),
    ChatDefect(
        "gives_letters_for_bytes",
        "The bytes of a token are the numbers of its letters.",
        claims=("chat.logprobs.shape",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=each_entry(lambda entry: {**entry, "bytes": [ord(letter) for letter in entry["token"]]}),
    ),
    ChatDefect(
        "strips_tokens_of_logprobs",
        "The tokens of the log probabilities lack the spaces that the text has between them.",
        claims=("chat.logprobs.shape",),
        parameter="logprobs",
        kinds=("chat",),
        logprobs=each_entry(lambda entry: {**entry, "token": entry["token"].strip() or entry["token"], "bytes": None}),
    ),
    ChatDefect(
        "sends_arguments_as_objects",
        "The arguments of a call are an object in place of its JSON text.",
        claims=("chat.tools.arguments", "chat.tools.no_parameters"),
        parameter="tools",
        whole=parsed,
    ),
    ChatDefect(
        "encodes_arguments_twice",
        "The arguments of a call are JSON text in JSON text.",
        claims=("chat.tools.arguments", "chat.tools.no_parameters", "chat.tool_choice.named"),
        parameter="tools",
        draft=in_drafts(json.dumps),
    ),
    ChatDefect(
        "adds_undeclared_arguments",
        "A call has an argument that the schema of its tool forbids.",
        claims=("chat.tools.arguments",),
        parameter="tools",
        draft=in_drafts(with_one_key_more),
    ),
)
