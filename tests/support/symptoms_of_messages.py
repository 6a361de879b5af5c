"""How the defects of conversations and parts show: one function per defect, true where its symptom is seen."""

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
    """The text of an answer, which has to be a 200."""
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def cost(reply: httpx.Response) -> int:
    """The prompt tokens of an answer."""
    assert reply.status_code == 200, reply.text
    return int(reply.json()["usage"]["prompt_tokens"])


def image(**more: Any) -> dict[str, Any]:
    """A question about the colour of a blue picture."""
    picture = {"type": "image_url", "image_url": {"url": BLUE, **more}}
    return {"role": "user", "content": [{"type": "text", "text": "What colour is this?"}, picture]}


def drops_system_messages(ask: Ask, **how: Any) -> bool:
    return text(ask(messages=[SYSTEM, HELLO], **how)) == "1 2 3"


def drops_developer_messages(ask: Ask, **how: Any) -> bool:
    return text(ask(messages=[DEVELOPER, HELLO], **how)) == "1 2 3"


def forgets_history(ask: Ask, **how: Any) -> bool:
    kept = text(ask(messages=[SYSTEM, FACT, QUESTION], **how)) == "tulip"
    return kept and text(ask(messages=[FACT, QUESTION], **how)) != "crocus"


def writes_parts_as_program_text(ask: Ask, **how: Any) -> bool:
    return cost(ask(messages=[PARTS, QUESTION], **how)) > cost(ask(messages=[FACT, QUESTION], **how))


def blanks_assistant_parts(ask: Ask, **how: Any) -> bool:
    return text(ask(messages=[PARTS, QUESTION], **how)) != "crocus" == text(ask(messages=[FACT, QUESTION], **how))


def forgets_tool_results(ask: Ask, **how: Any) -> bool:
    return "nineteen" not in text(ask(messages=[HELLO, CALLING, RESULT], **how))


def demands_content_beside_calls(ask: Ask, **how: Any) -> bool:
    with_null = ask(messages=[HELLO, {**CALLING, "content": None}, RESULT], **how)
    return with_null.status_code == 200 and ask(messages=[HELLO, CALLING, RESULT], **how).status_code == 422


def accepts_tool_messages_without_id(ask: Ask, **how: Any) -> bool:
    nameless = {"role": "tool", "content": "nineteen"}
    return ask(messages=[HELLO, CALLING, nameless], **how).status_code == 200


def accepts_any_messages(ask: Ask, **how: Any) -> bool:
    taken: list[Any] = [None, [], "Hello", [{"role": "user", "content": 7}]]
    return [ask(messages=each, **how).status_code for each in taken] == [200] * 4


def breaks_on_empty_messages(ask: Ask, **how: Any) -> bool:
    return ask(messages=[], **how).status_code == 500 and ask(messages="", **how).status_code == 400


def accepts_any_role(ask: Ask, **how: Any) -> bool:
    taken = [{"role": "robot", "content": "Hello"}, {"content": "Hello"}]
    return [ask(messages=[each], **how).status_code for each in taken] == [200] * 2


def parses_text_as_parts(ask: Ask, **how: Any) -> bool:
    listed = ask(messages=[{"role": "user", "content": "[7]"}], **how)
    return listed.status_code == 400 and ask(messages=[{"role": "user", "content": "[7"}], **how).status_code == 200


def drops_images(ask: Ask, **how: Any) -> bool:
    reply = ask(messages=[image()], **how)
    return text(reply) != "blue" and cost(reply) < 85


def reads_images_as_text(ask: Ask, **how: Any) -> bool:
    reply = ask(messages=[image()], **how)
    return text(reply) != "blue" and cost(reply) != cost(ask(messages=[image()], **{**how, "defect": ""}))


def refuses_detail_low(ask: Ask, **how: Any) -> bool:
    found = [ask(messages=[image(detail=each)], **how).status_code for each in ("low", "high", "auto")]
    return found == [400, 200, 200]


def takes_no_detail_as_low(ask: Ask, **how: Any) -> bool:
    return cost(ask(messages=[image()], **how)) < cost(ask(messages=[image(detail="auto")], **how))


def accepts_any_detail(ask: Ask, **how: Any) -> bool:
    return ask(messages=[image(detail="x")], **how).status_code == 200


def drops_unknown_parts(ask: Ask, **how: Any) -> bool:
    parts = [{"type": "text", "text": "Count from 1 to 3"}, {"type": "smell"}]
    return ask(messages=[{"role": "user", "content": parts}], **how).status_code == 200


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
