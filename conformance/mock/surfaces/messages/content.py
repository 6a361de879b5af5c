"""Rules for messages and the blocks of their content, and the order in which calls and results must come."""

from typing import Any

from conformance.mock.surfaces.messages import thinking
from conformance.mock.surfaces.messages.fields import (
    ByType,
    Fields,
    Items,
    OneOf,
    Pattern,
    Rule,
    accept_any,
    base64_text,
    boolean,
    check_fields,
    dictionary,
    missing,
    refused,
    text,
)

Json = dict[str, Any]
TTLS = ("5m", "1h")
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")

cache_control = Fields({"type": OneOf(("ephemeral",))}, {"ttl": OneOf(TTLS)})
TYPE: dict[str, Rule] = {"type": text}
CACHED: dict[str, Rule] = {"cache_control": cache_control}
citations_config = Fields({}, {"enabled": boolean})
ID = Pattern("[a-zA-Z0-9_-]+")


def filled(path: str, value: Any) -> None:
    """Refuse a text without any character."""
    text(path, value)
    if not value:
        raise refused(path.rpartition(".")[0], "a text block must not be empty")


text_block = Fields({**TYPE, "text": filled}, {**CACHED, "citations": accept_any})
image_source = ByType(
    {
        "base64": Fields({**TYPE, "media_type": OneOf(PICTURES), "data": base64_text}),
        "url": Fields({**TYPE, "url": text}),
        "file": Fields({**TYPE, "file_id": text}),
    }
)
image_block = Fields({**TYPE, "source": image_source}, CACHED)
document_source = ByType(
    {
        "base64": Fields({**TYPE, "media_type": OneOf(("application/pdf",)), "data": base64_text}),
        "text": Fields({**TYPE, "media_type": OneOf(("text/plain",)), "data": text}),
        "content": Fields({**TYPE, "content": accept_any}),
        "url": Fields({**TYPE, "url": text}),
        "file": Fields({**TYPE, "file_id": text}),
    }
)
document_block = Fields(
    {**TYPE, "source": document_source},
    {**CACHED, "title": text, "context": text, "citations": citations_config},
)
search_result_block = Fields(
    {**TYPE, "source": text, "title": text, "content": Items(text_block)},
    {**CACHED, "citations": citations_config},
)
result_block = ByType(
    {"text": text_block, "image": image_block, "document": document_block, "search_result": search_result_block}
)


def result_content(path: str, value: Any) -> None:
    """Accept a text or blocks as the content of a tool_result."""
    if not isinstance(value, str):
        Items(result_block)(path, value)


BLOCKS: dict[str, Rule] = {
    "text": text_block,
    "image": image_block,
    "document": document_block,
    "search_result": search_result_block,
    "thinking": Fields({**TYPE, "thinking": text, "signature": text}),
    "redacted_thinking": Fields({**TYPE, "data": text}),
    "tool_use": Fields({**TYPE, "id": ID, "name": text, "input": dictionary}, CACHED),
    "tool_result": Fields({**TYPE, "tool_use_id": ID}, {**CACHED, "content": result_content, "is_error": boolean}),
    "server_tool_use": accept_any,
    "web_search_tool_result": accept_any,
    "web_fetch_tool_result": accept_any,
}
OF_ASSISTANT = ("thinking", "redacted_thinking", "tool_use", "server_tool_use")
OF_USER = ("image", "search_result", "tool_result")
block = ByType(BLOCKS)


def messages(path: str, value: Any) -> None:
    """Check a conversation: the form of every message, its roles, and the order of calls and results."""
    Items(message, least=1)(path, value)
    check_results(path, value)


def message(path: str, value: Any) -> None:
    """Check the form of one message."""
    dictionary(path, value)
    missing(path, value, ("role", "content"))
    OneOf(("user", "assistant"))(f"{path}.role", value["role"])
    check_fields(path, value, {"role": text, "content": content})
    if not value["content"]:
        raise refused(path, "the content of a message must not be empty")
    for position, part in enumerate(blocks_of(value)):
        wrong = OF_USER if value["role"] == "assistant" else OF_ASSISTANT
        if part["type"] in wrong:
            raise refused(f"{path}.content.{position}", f"a {value['role']} message cannot hold a {part['type']} block")
        if part["type"] == "thinking" and not thinking.is_signed(part):
            raise refused(f"{path}.content.{position}", "Invalid `signature` in `thinking` block")


def content(path: str, value: Any) -> None:
    """Accept a text or blocks as the content of a message."""
    if not isinstance(value, str):
        Items(block)(path, value)


def blocks_of(message: Json) -> list[Json]:
    """Return the content of a message as blocks."""
    said = message["content"]
    return [{"type": "text", "text": said}] if isinstance(said, str) else list(said)


def check_results(path: str, conversation: list[Json]) -> None:
    """Refuse calls that the next message does not answer, and results of calls that the message before did not make."""
    open_calls: list[str] = []
    for position, each in enumerate(conversation):
        given = [part for part in blocks_of(each) if part["type"] == "tool_result"]
        for part in given:
            if part["tool_use_id"] not in open_calls:
                reason = f"the tool_use_id {part['tool_use_id']} names no tool_use block of the message before"
                raise refused(f"{path}.{position}.content", reason)
        answered = {part["tool_use_id"] for part in given}
        if left := [name for name in open_calls if name not in answered]:
            raise refused(f"{path}.{position - 1}", f"tool_use without a tool_result in the next message: {left[0]}")
        open_calls = [part["id"] for part in blocks_of(each) if part["type"] == "tool_use"]
    if open_calls:
        reason = f"tool_use without a tool_result in the next message: {open_calls[0]}"
        raise refused(f"{path}.{len(conversation) - 1}", reason)
