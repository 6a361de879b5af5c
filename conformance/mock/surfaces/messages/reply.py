"""The message that answers a request: its blocks, why it ended, and its usage."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.answer import Call, Choice
from conformance.mock.engine.request import digest
from conformance.mock.surfaces.messages import thinking
from conformance.mock.surfaces.messages.counting import Counted
from conformance.mock.surfaces.messages.request import MessagesRequest

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An answer of the engine and the tokens of its prompt."""

    request: MessagesRequest
    choice: Choice
    prompt: Counted


def message(answer: Answer) -> Json:
    """Return the message as it is sent without streaming."""
    stopped = answer.choice.stopped_by
    return {
        "id": f"msg_{secrets.token_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": answer.request.model,
        "content": blocks(answer),
        "stop_reason": stop_reason(answer.choice),
        "stop_sequence": stopped,
        "stop_details": stop_details(answer.choice),
        "usage": usage(answer),
    }


def blocks(answer: Answer) -> list[Json]:
    """Return the blocks: thinking, text, calls."""
    choice = answer.choice
    text = [text_block(answer)] if choice.tokens else []
    return [*thinking_blocks(answer), *text, *(call_block(call) for call in choice.calls)]


def thinking_blocks(answer: Answer) -> list[Json]:
    """Return the block of what the model thought, empty if it is not to be shown; none without thinking."""
    spent = answer.choice.reasoning_tokens
    if not spent:
        return []
    shown = "" if answer.request.omitted else thinking.thoughts(answer.request, spent)
    nonce = digest([answer.request.body, answer.request.repetition])
    return [{"type": "thinking", "thinking": shown, "signature": thinking.signature(shown, nonce)}]


def text_block(answer: Answer) -> Json:
    """Return the block of the text, with the place in a document if one may be cited."""
    block: Json = {"type": "text", "text": answer.choice.text}
    if answer.request.cited is None:
        return block
    title, said = answer.request.cited
    place = {
        "type": "char_location",
        "cited_text": said,
        "document_index": 0,
        "document_title": title,
        "start_char_index": 0,
        "end_char_index": len(said),
    }
    return {**block, "citations": [place]}


def call_block(call: Call) -> Json:
    """Return the block of a call; arguments that the cap cut are left out of a plain answer."""
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = {}
    return {"type": "tool_use", "id": f"toolu_{secrets.token_hex(12)}", "name": call.name, "input": arguments}


def stop_reason(choice: Choice) -> str:
    """Return why an answer ended, in the words of this API."""
    if choice.declined or choice.finish_reason == "content_filter":
        return "refusal"
    if choice.finish_reason == "length":
        return "max_tokens"
    if choice.stopped_by is not None:
        return "stop_sequence"
    return "tool_use" if choice.calls else "end_turn"


def stop_details(choice: Choice) -> Json | None:
    """Return what is said about an answer that the model declines; None for others."""
    return {"type": "refusal", "category": None, "explanation": choice.text} if choice.declined else None


def usage(answer: Answer) -> Json:
    """Return the usage of an answer."""
    choice, prompt = answer.choice, answer.prompt
    thought = {"output_tokens_details": {"thinking_tokens": choice.reasoning_tokens}} if choice.reasoning_tokens else {}
    return {
        "input_tokens": prompt.fresh,
        "cache_creation_input_tokens": prompt.written,
        "cache_read_input_tokens": prompt.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": 0 if prompt.hour else prompt.written,
            "ephemeral_1h_input_tokens": prompt.written if prompt.hour else 0,
        },
        "output_tokens": max(1, choice.completion_tokens),
        **thought,
        "service_tier": answer.request.tier,
        "inference_geo": answer.request.body.get("inference_geo", "global"),
    }
