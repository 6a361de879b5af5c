"""Mistakes of a client by name: each makes the text of a body from a body as documented.

Those in the form of a body are the same for all APIs whose body names its model; those in messages for all that have messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.http.exchange import dumped

Body = dict[str, Any]
UNKNOWN_MODEL = "conformance-no-such-model"

MESSAGES: dict[str, Callable[[Body], Body]] = {
    "no_messages": lambda body: without(body, "messages"),
    "empty_messages": lambda body: {**body, "messages": []},
    "text_as_messages": lambda body: {**body, "messages": body["messages"][0]["content"]},
    "number_as_content": lambda body: {**body, "messages": [{"role": "user", "content": 7}]},
}
FORMS: dict[str, Callable[[Body], str]] = {
    "malformed_json": lambda body: dumped(body)[:-1],
    "empty_body": lambda body: "",
    "array_body": lambda body: "[]",
    "missing_model": lambda body: dumped(without(body, "model")),
    "unknown_model": lambda body: dumped({**body, "model": UNKNOWN_MODEL}),
}


def with_mistake(body: Body, name: str) -> str:
    """Return the text of a body with the mistake of this name.  Raises KeyError for an unknown one."""
    return dumped(MESSAGES[name](body)) if name in MESSAGES else FORMS[name](body)


def without(body: Body, name: str) -> Body:
    """Return a body without one of its keys."""
    return {key: value for key, value in body.items() if key != name}
