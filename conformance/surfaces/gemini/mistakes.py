"""Mistakes of a client in a request for content, by name: each makes the text of a body from a body as documented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.http.exchange import dumped

Body = dict[str, Any]
UNKNOWN_MODEL = "conformance-no-such-model"
# What Google documents to stand in place of the signature of a call that no Gemini model made.
ANY_SIGNATURE = "skip_thought_signature_validator"
_NAME, _PARIS, _FAIR = "get_weather", {"city": "Paris"}, {"output": "fair"}

MESSAGES: dict[str, Callable[[Body], Body]] = {
    "no_contents": lambda body: {name: value for name, value in body.items() if name != "contents"},
    "empty_contents": lambda body: {**body, "contents": []},
    "number_as_contents": lambda body: {**body, "contents": 7},
    "number_as_text": lambda body: {**body, "contents": [{"role": "user", "parts": [{"text": 7}]}]},
}
OTHERS: dict[str, Callable[[Body], Body]] = {
    "unknown_role": lambda body: {**body, "contents": [{**body["contents"][0], "role": "assistant"}]},
    "no_parts": lambda body: {**body, "contents": [{"role": "user", "parts": []}]},
    "empty_part": lambda body: {**body, "contents": [{"role": "user", "parts": [{}]}]},
    "begins_with_call": lambda body: {**body, "contents": [_called(_PARIS), _returned(_FAIR)]},
    "response_as_text": lambda body: {**body, "contents": _history(body, [_called(_PARIS), _returned("fair")])},
    "response_of_no_call": lambda body: {
        **body,
        "contents": _history(body, [_called(_PARIS), _returned(_FAIR, "get_time")]),
    },
    "no_response": lambda body: {**body, "contents": _history(body, [_called(_PARIS), body["contents"][0]])},
    "one_response_of_two": lambda body: {
        **body,
        "contents": _history(body, [_called(_PARIS, {"city": "Rome"}), _returned(_FAIR)]),
    },
    "blank_in_name": lambda body: {**body, "tools": [{"functionDeclarations": [{"name": "get weather"}]}]},
    "unknown_mode": lambda body: {
        **body,
        "tools": [{"functionDeclarations": [{"name": _NAME}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "SOMETIMES"}},
    },
    "two_schemas": lambda body: _set(
        body,
        responseMimeType="application/json",
        responseSchema={"type": "OBJECT"},
        responseJsonSchema={"type": "object"},
    ),
    "two_ways_to_think": lambda body: _set(body, thinkingConfig={"thinkingBudget": 1024, "thinkingLevel": "LOW"}),
    "broken_base64": lambda body: _asked_about(body, {"inlineData": {"mimeType": "image/png", "data": "%%%"}}),
    "unknown_media": lambda body: _asked_about(
        body, {"inlineData": {"mimeType": "application/x-conformance", "data": "AAAA"}}
    ),
    "unreachable_file": lambda body: _asked_about(
        body, {"fileData": {"mimeType": "image/png", "fileUri": "https://conformance.invalid/image.png"}}
    ),
    "messages_for_contents": lambda body: {
        "messages": [{"role": "user", "content": body["contents"][0]["parts"][0]["text"]}],
        "max_tokens": 16,
    },
}
"""Mistakes that one claim each is about; those of MESSAGES are sent wherever any refusal will do."""

FORMS: dict[str, Callable[[Body], str]] = {
    "malformed_json": lambda body: dumped(body)[:-1],
    "empty_body": lambda body: "",
    "array_body": lambda body: "[]",
    "unknown_model": dumped,
}


def with_mistake(body: Body, name: str) -> str:
    """Return the text of a body with the mistake of this name.  Raises KeyError for an unknown one."""
    bodies = MESSAGES | OTHERS
    return dumped(bodies[name](body)) if name in bodies else FORMS[name](body)


def _set(body: Body, **config: Any) -> Body:
    return {**body, "generationConfig": {**body["generationConfig"], **config}}


def _asked_about(body: Body, part: dict[str, Any]) -> Body:
    return {**body, "contents": [{"role": "user", "parts": [part, *body["contents"][0]["parts"]]}]}


def _history(body: Body, turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the question of a body and turns after it."""
    return [body["contents"][0], *turns]


def _called(*given: dict[str, Any]) -> dict[str, Any]:
    calls = [{"functionCall": {"name": _NAME, "args": each}, "thoughtSignature": ANY_SIGNATURE} for each in given]
    return {"role": "model", "parts": calls}


def _returned(response: Any, name: str = _NAME) -> dict[str, Any]:
    return {"role": "user", "parts": [{"functionResponse": {"name": name, "response": response}}]}
