"""A finished reply to one request, and its JSON if it is not streamed.  stream.py writes the same record as a stream."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conformance.mock.engine.answer import Choice
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.gemini.conversation import signature
from conformance.mock.surfaces.gemini.request import GeminiRequest

Json = dict[str, Any]
FINISH = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
THOUGHT = "First I look at what is asked for."
SEARCHED: Json = {
    "webSearchQueries": ["conformance"],
    "groundingChunks": [{"web": {"uri": "https://example.com/", "title": "example.com"}}],
    "groundingSupports": [],
}
READ_URLS: Json = {"urlMetadata": []}
RAN_CODE = (
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
)


@dataclass(frozen=True)
class Reply:
    """All content of the reply to a request; `created` is in Unix seconds."""

    request: GeminiRequest
    id: str
    created: int
    choices: tuple[Choice, ...]


def reply_to(request: GeminiRequest, choices: tuple[Choice, ...]) -> Reply:
    """Return the reply with a new id and the current time."""
    return Reply(request, secrets.token_hex(12), int(time.time()), choices)


def head(reply: Reply) -> Json:
    """Return the keys that a plain reply and every response of a stream share."""
    created = f"{datetime.fromtimestamp(reply.created, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"modelVersion": reply.request.model, "createTime": created, "responseId": reply.id}


def as_json(reply: Reply) -> Json:
    """Return the body of a plain reply."""
    candidates = [candidate(reply.request, choice) for choice in reply.choices]
    return {"candidates": candidates, "usageMetadata": usage(reply), **head(reply)}


def candidate(request: GeminiRequest, choice: Choice) -> Json:
    """Return an item of candidates; without parts there is none in the content."""
    parts = [*before_text(request, choice), *text_parts(request, choice), *call_parts(choice)]
    content = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    return {"content": content, "finishReason": FINISH[choice.finish_reason], "index": choice.index, **sources(request)}


def before_text(request: GeminiRequest, choice: Choice) -> list[Json]:
    """Return the parts that come before the answer: thoughts, if they were asked for, and code that was run."""
    thought = choice.thoughts or (THOUGHT if choice.reasoning_tokens else "")
    shown = [{"text": thought, "thought": True}] if thought and request.include_thoughts else []
    return [*shown, *(RAN_CODE if "codeExecution" in request.built_in else ())]


def text_parts(request: GeminiRequest, choice: Choice) -> list[Json]:
    """Return the part of the text, with a signature if the model thought."""
    text = said(request, choice)
    signed = {"thoughtSignature": signature(text)} if choice.reasoning_tokens and not choice.calls else {}
    return [{"text": text, **signed}] if text else []


def said(request: GeminiRequest, choice: Choice) -> str:
    """Return the text of a choice; that of an enum is its bare value."""
    try:
        value = json.loads(choice.text) if request.enum else None
    except ValueError:
        value = None
    return value if isinstance(value, str) else choice.text


def call_parts(choice: Choice) -> Iterator[Json]:
    """Yield the part of every whole call; the first one has a signature if the model thought."""
    signed = bool(choice.reasoning_tokens)
    for call in choice.calls:
        try:
            made = {"name": call.name, "args": json.loads(call.arguments)}
        except ValueError:
            return  # the cap cut it, and a call without its arguments cannot be spelt
        named = {"functionCall": {"id": secrets.token_hex(4), **made}}
        yield {**named, "thoughtSignature": signature(made)} if signed else named
        signed = False


def sources(request: GeminiRequest) -> Json:
    """Return what a candidate says of the provider's own tools."""
    found: Json = {"groundingMetadata": SEARCHED} if "googleSearch" in request.built_in else {}
    return found | ({"urlContextMetadata": READ_URLS} if "urlContext" in request.built_in else {})


def usage(reply: Reply, sent: int | None = None) -> Json:
    """Return the usage of a reply, summed over its choices; of a stream, when `sent` visible tokens of it have been sent."""
    prompt = count_prompt(reply.request.messages)
    thoughts = sum(choice.reasoning_tokens for choice in reply.choices)
    visible = sum(choice.completion_tokens - choice.reasoning_tokens for choice in reply.choices)
    shown = visible if sent is None else min(sent, visible)
    return {
        "promptTokenCount": prompt,
        **({"candidatesTokenCount": shown} if shown else {}),
        "totalTokenCount": prompt + shown + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
        **({"thoughtsTokenCount": thoughts} if thoughts else {}),
    }
