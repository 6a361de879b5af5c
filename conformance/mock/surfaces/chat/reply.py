"""A finished reply to one request, and its JSON if it is not streamed.  stream.py writes the same record as a stream."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.answer import Call, Choice
from conformance.mock.engine.logprobs import Entry
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.chat import extras
from conformance.mock.surfaces.chat.request import ChatRequest

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One choice with its log probabilities (None unless requested) and the ids of its calls.

    With `older_calls` its first call has the older form, function_call.  With `native_reason` it says why it ended in the words
    of the provider too, which are the same here.
    """

    choice: Choice
    logprobs: tuple[Entry, ...] | None
    call_ids: tuple[str, ...]
    older_calls: bool = False
    native_reason: bool = False


@dataclass(frozen=True)
class Reply:
    """All content of the reply to a request; `created` is in Unix seconds."""

    request: ChatRequest
    id: str
    created: int
    answers: tuple[Answer, ...]


def reply_to(request: ChatRequest, answers: tuple[Answer, ...]) -> Reply:
    """Return the reply with a new id and the current time."""
    return Reply(request, f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), answers)


def call_ids(choice: Choice) -> tuple[str, ...]:
    """Return a new id for every call of a choice."""
    return tuple(f"call_{secrets.token_hex(12)}" for _ in choice.calls)


def head(reply: Reply, kind: str) -> Json:
    """Return the keys that a plain reply and every chunk of a stream share; `kind` is the value of object."""
    return {
        "id": reply.id,
        "object": kind,
        "created": reply.created,
        "model": reply.request.model,
        "service_tier": reply.request.service_tier,
        "system_fingerprint": fingerprint(reply.request.model),
    }


def fingerprint(model: str) -> str:
    """Return the system_fingerprint, the same for all answers of a model."""
    return "fp_" + hashlib.blake2b(model.encode("utf-8", "replace"), digest_size=5).hexdigest()


def as_json(reply: Reply) -> Json:
    """Return the body of a plain reply."""
    choices = [choice_json(answer) for answer in reply.answers]
    return {**head(reply, "chat.completion"), "choices": choices, "usage": usage(reply)}


def choice_json(answer: Answer) -> Json:
    """Return an item of choices."""
    choice = answer.choice
    message: Json = {"role": "assistant", **said(choice), "annotations": []}
    if choice.calls and answer.older_calls:
        message["function_call"] = function_json(choice.calls[0])
    elif choice.calls:
        calls = zip(answer.call_ids, choice.calls, strict=True)
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": function_json(call)} for call_id, call in calls
        ]
    return {
        "index": choice.index,
        "message": message,
        "logprobs": logprobs_json(answer.logprobs, declined=choice.declined),
        "finish_reason": finish_reason(answer),
        **native_reason(answer, finish_reason(answer)),
    }


def native_reason(answer: Answer, reason: str | None) -> Json:
    """Return the key with the reason in the words of the provider, where the gateway has it."""
    return {"native_finish_reason": reason} if answer.native_reason else {}


def said(choice: Choice) -> Json:
    """Return what the message of a choice says: its content or its refusal, and reasoning if it is shown."""
    content = None if choice.declined or (choice.calls and not choice.tokens) else choice.text
    shown = {"reasoning_content": choice.thoughts} if choice.thoughts else {}
    return {"content": content, "refusal": choice.text if choice.declined else None, **shown}


def function_json(call: Call) -> Json:
    """Return the name and the arguments of a call."""
    return {"name": call.name, "arguments": call.arguments}


def finish_reason(answer: Answer) -> str:
    """Return why a choice ended, in the words of the older form if its calls have it."""
    reason = answer.choice.finish_reason
    return "function_call" if answer.older_calls and reason == "tool_calls" else reason


def logprobs_json(entries: tuple[Entry, ...] | None, *, declined: bool = False) -> Json | None:
    """Return the value of logprobs in a choice, plain or streamed: those of its content or of its refusal."""
    if entries is None:
        return None
    return {"content": None, "refusal": list(entries)} if declined else {"content": list(entries), "refusal": None}


def usage(reply: Reply) -> Json:
    """Return the usage of a reply, summed over its choices."""
    prompt = count_prompt(reply.request.messages)
    completion = sum(answer.choice.completion_tokens for answer in reply.answers)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        **({"cost": (prompt + completion) * extras.PRICE} if extras.COST in reply.request.profile.extras else {}),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": sum(answer.choice.reasoning_tokens for answer in reply.answers),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
