"""The conversation of a request, translated for the engine: system, messages, results of tools, and what documents say."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.mock.surfaces.messages.content import blocks_of

Json = dict[str, Any]
# What a PDF of the suite's and the tests' own making says: its texts in parentheses, without compression.
PDF_TEXT = re.compile(rb"\(([^()]*)\)\s*Tj")


def conversation(body: Json) -> tuple[Json, ...]:
    """Return system and messages in the engine's form; each result of a tool is a message of its own."""
    said = body.get("system", "")
    texts = [said] if isinstance(said, str) else [part["text"] for part in said]
    start = [{"role": "system", "content": [text_part(each) for each in texts]}] if said else []
    return (*start, *(row for message in body["messages"] for row in rows(message)))


def rows(message: Json) -> Iterator[Json]:
    """Yield the engine's messages for one message: the results of tools and documents, then the rest."""
    parts: list[Json] = []
    calls: list[Json] = []
    for block in blocks_of(message):
        if block["type"] == "tool_result":
            held = block.get("content", "")
            inner = [{"type": "text", "text": held}] if isinstance(held, str) else held
            found = [part for each in inner for part in engine_parts(each)]
            yield {"role": "tool", "tool_call_id": block["tool_use_id"], "content": found}
        elif block["type"] in ("document", "search_result"):
            yield {"role": message["role"], "content": engine_parts(block)}
        elif block["type"] == "tool_use":
            called = {"name": block["name"], "arguments": json.dumps(block["input"], ensure_ascii=False)}
            calls.append({"id": block["id"], "type": "function", "function": called})
        else:
            parts += engine_parts(block)
    if parts or calls:
        yield {"role": message["role"], "content": parts, **({"tool_calls": calls} if calls else {})}


def engine_parts(block: Json) -> list[Json]:
    """Return the parts of a block that the engine reads: texts and images."""
    kind, source = block["type"], block.get("source", {})
    if kind == "text":
        return [text_part(block["text"])]
    if kind == "image":
        is_data = source["type"] == "base64"
        url = f"data:{source['media_type']};base64,{source['data']}" if is_data else source.get("url", "")
        return [{"type": "image_url", "image_url": {"url": url}}]
    if kind == "document":
        return [text_part(document_text(source))]
    if kind == "search_result":
        return [text_part(part["text"]) for part in block["content"]]
    return []


def text_part(value: str) -> Json:
    """Return a text in the engine's form."""
    return {"type": "text", "text": value}


def document_text(source: Json) -> str:
    """Return the text of a document: plain, in blocks, or in a PDF that is not compressed."""
    if source["type"] == "text":
        return str(source["data"])
    if source["type"] == "base64":
        found = PDF_TEXT.findall(base64.b64decode(source["data"]))
        return "\n".join(part.decode("latin-1") for part in found)
    held = source.get("content", "")
    return held if isinstance(held, str) else "\n".join(str(part.get("text", "")) for part in held)


def citable(body: Json) -> Iterator[tuple[str, str]]:
    """Yield title and text of each document whose citations are enabled."""
    for block in (block for message in body["messages"] for block in blocks_of(message)):
        if block["type"] == "document" and block.get("citations", {}).get("enabled"):
            yield block.get("title", ""), document_text(block["source"])
