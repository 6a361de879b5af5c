"""The conversation of a request: its contents checked as a whole, and translated for the engine."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.gemini.contents import IMAGES, Content
from conformance.mock.surfaces.gemini.fields import decoded

Message = dict[str, Any]

ANY_SIGNATURE = "skip_thought_signature_validator"
SIGNATURE_BYTES = 256  # real ones are long, so that a reply with one seldom fits into one packet
# Tokens that a prompt may have.  Less than real models, so that a test of a prompt beyond the context needs only 33 kB.
CONTEXT = 16_384


def roles(contents: list[Content]) -> None:
    """Refuse a role other than user and model."""
    if other := next((content["role"] for content in contents if content["role"] not in ("user", "model")), None):
        raise ApiError(f"Please use a valid role: user, model; got {other}.", param="contents")


def order(contents: list[Content]) -> None:
    """Refuse calls and responses that do not follow each other."""
    open_calls: list[str] = []
    for place, content in enumerate(contents):
        calls, responses = (names_in(content, kind) for kind in ("functionCall", "functionResponse"))
        if calls and (place == 0 or contents[place - 1]["role"] != "user"):
            raise turn("a function call turn comes immediately after a user turn or after a function response turn")
        if open_calls and not responses:
            raise turn("a function response turn comes immediately after a function call turn")
        if responses and len(responses) != len(open_calls):
            raise turn("the number of function response parts is equal to that of the function call parts before it")
        if sorted(responses) != sorted(open_calls):
            raise turn("every function response has the name of a function call before it")
        open_calls = calls


def turn(rule: str) -> ApiError:
    """Return the refusal of a conversation that breaks a rule about its turns."""
    return ApiError(f"Please ensure that {rule}.", param="contents")


def names_in(content: Content, kind: str) -> list[str]:
    """Return the names of the calls or responses of a content."""
    return [part[kind]["name"] for part in content["parts"] if kind in part]


def signatures(contents: list[Content]) -> None:
    """Refuse a call of the current turn whose signature is that of another call."""
    for _, part in calls_of_turn(contents):
        signed, call = part.get("thoughtSignature"), part["functionCall"]
        if signed in (None, ANY_SIGNATURE):
            continue
        made = signature({"name": call["name"], "args": call["args"]})
        # Compared as bytes: Google's client for Python sends base64 back in the alphabet for addresses.
        if decoded("contents", signed) != decoded("contents", made):
            raise ApiError("Corrupted thought signature.", param="contents")


def signatures_of_first_calls(contents: list[Content]) -> None:
    """Refuse a step of the current turn whose first call has no signature."""
    seen: set[int] = set()
    for place, part in calls_of_turn(contents):
        if place not in seen and "thoughtSignature" not in part:
            name = part["functionCall"]["name"]
            raise ApiError(
                "Function call is missing a thought_signature in functionCall parts. "
                f"Function call `default_api:{name}`, position {place + 1}.",
                param="contents",
            )
        seen.add(place)


def calls_of_turn(contents: list[Content]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the calls since the user last said something, with the place of their content."""
    asked = [place for place, content in enumerate(contents) if is_question(content)]
    for place, content in enumerate(contents):
        if place > max(asked, default=-1):
            yield from ((place, part) for part in content["parts"] if "functionCall" in part)


def is_question(content: Content) -> bool:
    """Return whether a content is what the user says, rather than what a call returned."""
    return content["role"] == "user" and not names_in(content, "functionResponse")


def signature(thought: Any) -> str:
    """Return the signature of a call or a text, the same for the same one."""
    source = json.dumps(thought, sort_keys=True).encode("utf-8", "surrogatepass")
    blocks = (hashlib.blake2b(source, salt=bytes([number])).digest() for number in range(SIGNATURE_BYTES // 64))
    return base64.b64encode(b"".join(blocks)).decode()


# ---------------------------------------------------------------- the engine's form


def messages_of(system: Content | None, contents: list[Content]) -> tuple[Message, ...]:
    """Return a conversation as the engine has it; raise ApiError if it is too long."""
    messages: list[Message] = [{"role": "system", "content": parts_of(system)}] if system else []
    calls: list[tuple[str, str]] = []
    for content in contents:
        responses = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        messages += [returned(response, calls) for response in responses]
        if spoken := parts_of(content):
            messages.append({"role": "user" if content["role"] == "user" else "assistant", "content": spoken})
        if made := [part["functionCall"] for part in content["parts"] if "functionCall" in part]:
            named_calls = [(call.get("id") or f"call-{len(messages)}-{place}", call) for place, call in enumerate(made)]
            calls = [(name, call["name"]) for name, call in named_calls]
            if not spoken:
                messages.append({"role": "assistant", "content": None})
            messages[-1]["tool_calls"] = [engine_call(name, call) for name, call in named_calls]
    if (size := count_prompt(tuple(messages))) > CONTEXT:
        limit = f"the maximum number of tokens allowed ({CONTEXT})"
        raise ApiError(f"The input token count ({size}) exceeds {limit}.", param="contents")
    return tuple(messages)


def engine_call(name: str, call: dict[str, Any]) -> Message:
    """Return a call as the engine has it."""
    return {"id": name, "function": {"name": call["name"], "arguments": json.dumps(call["args"], ensure_ascii=False)}}


def returned(response: dict[str, Any], calls: list[tuple[str, str]]) -> Message:
    """Return what a call returned as the engine has it, for the call with its id or else the first open one of its name."""
    own = next((call for call in calls if response.get("id") in (None, call[0]) and call[1] == response["name"]), None)
    own = own or next((call for call in calls if call[1] == response["name"]), ("", ""))
    if own in calls:
        calls.remove(own)
    said = response["response"]
    known = next((said[key] for key in ("output", "result", "error") if isinstance(said.get(key), str)), None)
    return {
        "role": "tool",
        "tool_call_id": own[0],
        "content": json.dumps(said, ensure_ascii=False) if known is None else known,
    }


def parts_of(content: Content) -> list[dict[str, Any]]:
    """Return what a content says and shows, without thoughts, as parts of the engine."""
    found = []
    for part in content["parts"]:
        if "text" in part and not part.get("thought"):
            found.append({"type": "text", "text": part["text"]})
        if "inlineData" in part:
            kind, data = part["inlineData"]["mimeType"], part["inlineData"]["data"]
            image = {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
            found.append(image if kind in IMAGES else {"type": "file"})
        if "fileData" in part:
            found.append({"type": "file"})
    return found
