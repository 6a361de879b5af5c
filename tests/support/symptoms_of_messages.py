"""The symptoms of defects of messages and their parts: a function per defect, true if an answer shows it."""

from collections.abc import Callable
from typing import Any

import httpx

Ask = Callable[..., httpx.Response]

SYSTEM, DEVELOPER = ({"role": role, "content": "Reply with the single word: tulip"} for role in ("system", "developer"))
FACT = {"role": "assistant", "content": "The code word is crocus."}
PARTS = {"role": "assistant", "content": [{"type": "text", "text": "The code word is crocus."}]}
QUESTION = {"role": "user", "content": "What is the code word?"}
HELLO = {"role": "user", "content": "Count from 1 to 3"}
CALLING = {
    "role": "assistant",
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "nineteen"}
BLUE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgYPgPAAEDAQA2dBFAAAAAAElFTkSuQmCC"
)


def text(reply: httpx.Response) -> str:
    """Return the text of an answer, whose status must be 200."""
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def cost(reply: httpx.Response) -> int:
    """Return the prompt tokens of an answer."""
    assert reply.status_code == 200, reply.text
    return int(reply.json()["usage"]["prompt_tokens"])


def image(**more: Any) -> dict[str, Any]:
    """Return a question for the colour of a blue image."""
    picture = {"type": "image_url", "image_url": {"url": BLUE, **more}}
    return {"role": "user", "content": [{"type": "text", "text": "What colour is this?"}, picture]}


def drops_system_messages(ask: Ask, **options: Any) -> bool:
    return text(ask(messages=[SYSTEM, HELLO], **options)) == "1 2 3"


def drops_developer_messages(ask: Ask, **options: Any) -> bool:
    return text(ask(messages=[DEVELOPER, HELLO], **options)) == "1 2 3"


def forgets_history(ask: Ask, **options: Any) -> bool:
    kept = text(ask(messages=[SYSTEM, FACT, QUESTION], **options)) == "tulip"
    return kept and text(ask(messages=[FACT, QUESTION], **options)) != "crocus"


def writes_parts_as_program_text(ask: Ask, **options: Any) -> bool:
    return cost(ask(messages=[PARTS, QUESTION], **options)) > cost(ask(messages=[FACT, QUESTION], **options))


def blanks_assistant_parts(ask: Ask, **options: Any) -> bool:
    return (
        text(ask(messages=[PARTS, QUESTION], **options)) != "crocus" == text(ask(messages=[FACT, QUESTION], **options))
    )


def forgets_tool_results(ask: Ask, **options: Any) -> bool:
    return "nineteen" not in text(ask(messages=[HELLO, CALLING, RESULT], **options))


def demands_content_beside_calls(ask: Ask, **options: Any) -> bool:
    with_null = ask(messages=[HELLO, {**CALLING, "content": None}, RESULT], **options)
    return with_null.status_code == 200 and ask(messages=[HELLO, CALLING, RESULT], **options).status_code == 422


def accepts_tool_messages_without_id(ask: Ask, **options: Any) -> bool:
    nameless = {"role": "tool", "content": "nineteen"}
    return ask(messages=[HELLO, CALLING, nameless], **options).status_code == 200


def accepts_any_messages(ask: Ask, **options: Any) -> bool:
    taken: list[Any] = [None, [], "Hello", [{"role": "user", "content": 7}]]
    return [ask(messages=messages, **options).status_code for messages in taken] == [200] * 4


def breaks_on_empty_messages(ask: Ask, **options: Any) -> bool:
    return ask(messages=[], **options).status_code == 500 and ask(messages="", **options).status_code == 400


def accepts_any_role(ask: Ask, **options: Any) -> bool:
    taken = [{"role": "robot", "content": "Hello"}, {"content": "Hello"}]
    return [ask(messages=[message], **options).status_code for message in taken] == [200] * 2


def parses_text_as_parts(ask: Ask, **options: Any) -> bool:
    listed = ask(messages=[{"role": "user", "content": "[7]"}], **options)
    return listed.status_code == 400 and ask(messages=[{"role": "user", "content": "[7"}], **options).status_code == 200


def drops_images(ask: Ask, **options: Any) -> bool:
    reply = ask(messages=[image()], **options)
    return text(reply) != "blue" and cost(reply) < 85


def reads_images_as_text(ask: Ask, **options: Any) -> bool:
    reply = ask(messages=[image()], **options)
    return text(reply) != "blue" and cost(reply) != cost(ask(messages=[image()], **{**options, "defect": ""}))


def refuses_detail_low(ask: Ask, **options: Any) -> bool:
    statuses = [ask(messages=[image(detail=detail)], **options).status_code for detail in ("low", "high", "auto")]
    return statuses == [400, 200, 200]


def takes_no_detail_as_low(ask: Ask, **options: Any) -> bool:
    return cost(ask(messages=[image()], **options)) < cost(ask(messages=[image(detail="auto")], **options))


def accepts_any_detail(ask: Ask, **options: Any) -> bool:
    return ask(messages=[image(detail="x")], **options).status_code == 200


def drops_unknown_parts(ask: Ask, **options: Any) -> bool:
    parts = [{"type": "text", "text": "Count from 1 to 3"}, {"type": "smell"}]
    return ask(messages=[{"role": "user", "content": parts}], **options).status_code == 200


SYMPTOMS: dict[str, Callable[..., bool]] = {
    symptom.__name__: symptom
    for symptom in (
        drops_system_messages,
        drops_developer_messages,
        forgets_history,
        writes_parts_as_program_text,
        blanks_assistant_parts,
        forgets_tool_results,
        demands_content_beside_calls,
        accepts_tool_messages_without_id,
        accepts_any_messages,
        breaks_on_empty_messages,
        accepts_any_role,
        parses_text_as_parts,
        drops_images,
        reads_images_as_text,
        refuses_detail_low,
        takes_no_detail_as_low,
        accepts_any_detail,
        drops_unknown_parts,
    )
}
