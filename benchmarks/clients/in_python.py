"""What the official Python clients make of a stream, in the same words for each API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anthropic
import openai
from google import genai

from clients.asked import BODIES, KEY, MODELS, Json

PATIENCE = 20.0  # seconds; a stream of a few events takes none
VERSIONS = {"messages": f"anthropic {anthropic.__version__}", "responses": f"openai {openai.__version__}"}
VERSIONS["gemini"] = f"google-genai {genai.version.__version__}"


def messages(url: str, base: str) -> Json:
    """Return what the stream helper of the Anthropic client returns in the end."""
    with (
        anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0, timeout=PATIENCE) as client,
        client.messages.stream(model=MODELS["messages"], **BODIES["messages"][base]) as stream,
    ):
        final = stream.get_final_message()
    blocks: list[Any] = final.content
    return {
        "text": "".join(block.text for block in blocks if block.type == "text"),
        "thinking": "".join(block.thinking for block in blocks if block.type == "thinking"),
        "signature": "".join(block.signature or "" for block in blocks if block.type == "thinking"),
        "calls": [[block.name, block.input] for block in blocks if block.type == "tool_use"],
        "end": final.stop_reason,
        "usage": [final.usage.input_tokens, final.usage.output_tokens],
    }


def responses(url: str, base: str) -> Json:
    """Return what the stream helper of the OpenAI client returns in the end."""
    body: Any = BODIES["responses"][base]
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, timeout=PATIENCE) as client,
        client.responses.stream(model=MODELS["responses"], **body) as stream,
    ):
        final: Any = stream.get_final_response()
    return {
        "text": final.output_text,
        "calls": [[item.name, parsed(item.arguments)] for item in final.output if item.type == "function_call"],
        "end": final.status,
        "usage": [final.usage.input_tokens, final.usage.output_tokens] if final.usage else None,
    }


def gemini(url: str, base: str) -> Json:
    """Return what the chunks of the Google client add up to."""
    options: Any = {"base_url": url, "timeout": int(PATIENCE * 1000)}
    client = genai.Client(api_key=KEY, http_options=options)
    body = BODIES["gemini"][base]
    config: Any = {"tools": body["tools"]} if "tools" in body else {}
    stream: Any = client.models.generate_content_stream(
        model=MODELS["gemini"], contents=body["contents"], config=config
    )
    found: Json = {"text": "", "thinking": "", "calls": [], "end": None, "usage": None}
    for chunk in stream:
        for row in (chunk.candidates or [])[:1]:
            for part in (row.content and row.content.parts) or []:
                found["thinking" if part.thought else "text"] += part.text or ""
                if part.function_call:
                    found["calls"].append([part.function_call.name, part.function_call.args])
            found["end"] = row.finish_reason.value if row.finish_reason else found["end"]
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            found["end"] = f"blocked {chunk.prompt_feedback.block_reason.value}"
        if chunk.usage_metadata:
            found["usage"] = [chunk.usage_metadata.prompt_token_count, chunk.usage_metadata.candidates_token_count]
    return found


def parsed(arguments: str) -> Any:
    """Return the arguments of a call; the text itself if it is no JSON."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


CLIENTS: dict[str, Callable[[str, str], Json]] = {"messages": messages, "responses": responses, "gemini": gemini}


def made_of(surface: str, url: str, base: str) -> Json:
    """Return what the client makes of a stream; an exception of it, of any kind, under `failed`."""
    try:
        return CLIENTS[surface](url, base)
    except Exception as error:  # noqa: BLE001  what a client fails with is the result
        return {"failed": " ".join(f"{type(error).__name__}: {error}".split())[:160]}
