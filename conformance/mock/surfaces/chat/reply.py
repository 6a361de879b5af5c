"""A finished answer to one request, and its JSON where it is not streamed.

The stream of the same answer is written in stream.py, from the same record.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.answer import Choice
from conformance.mock.engine.logprobs import Entry
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.chat.request import ChatRequest

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One choice with its log probabilities, which are None unless asked for, and the ids of its calls."""

    choice: Choice
    logprobs: tuple[Entry, ...] | None
    call_ids: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """Everything an answer to a request consists of, on the wire or in a stream."""

    request: ChatRequest
    id: str
    created: int
    answers: tuple[Answer, ...]


def reply_to(request: ChatRequest, answers: tuple[Answer, ...]) -> Reply:
    """Return the reply, with a new id and the time in unix seconds."""
    return Reply(request, f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), answers)


def call_ids(choice: Choice) -> tuple[str, ...]:
    """Return a new id for every call of a choice."""
    return tuple(f"call_{secrets.token_hex(12)}" for _ in choice.calls)


def head(reply: Reply, kind: str) -> Json:
    """Return the keys that a reply and each chunk of its stream have in common."""
    return {
        "id": reply.id,
        "object": kind,
        "created": reply.created,
        "model": reply.request.model,
        "service_tier": reply.request.service_tier,
        "system_fingerprint": fingerprint(reply.request.model),
    }


def fingerprint(model: str) -> str:
    """Return the same for every answer of a model."""
    return "fp_" + hashlib.blake2b(model.encode("utf-8", "replace"), digest_size=5).hexdigest()


def as_json(reply: Reply) -> Json:
    """Return the body of an answer that is not streamed."""
    choices = [choice_json(answer) for answer in reply.answers]
    return {**head(reply, "chat.completion"), "choices": choices, "usage": usage(reply)}


def choice_json(answer: Answer) -> Json:
    """Return one item of `choices`."""
    choice = answer.choice
    message: Json = {"role": "assistant", "content": choice.text, "refusal": None, "annotations": []}
    if choice.calls:
        calls = zip(answer.call_ids, choice.calls, strict=True)
        message["content"] = None
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call_id, call in calls
        ]
    return {
        "index": choice.index,
        "message": message,
        "logprobs": logprobs_json(answer.logprobs),
        "finish_reason": choice.finish_reason,
    }


def logprobs_json(entries: tuple[Entry, ...] | None) -> Json | None:
    """Return the `logprobs` of a choice or of a chunk's choice."""
    return None if entries is None else {"content": list(entries), "refusal": None}


def usage(reply: Reply) -> Json:
    """Return what the reply cost, over all its choices."""
    prompt = count_prompt(reply.request.messages)
    completion = sum(answer.choice.completion_tokens for answer in reply.answers)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": sum(answer.choice.reasoning_tokens for answer in reply.answers),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
