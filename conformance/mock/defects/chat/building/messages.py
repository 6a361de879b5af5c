"""Mutations of the messages of a request and of their parts, before or after they are checked."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.request import ChatRequest

Rewrite = Callable[[Json], Json]


def change_checked_messages(rewrite: Rewrite) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that changes every message of a request after the check."""
    return lambda request: replace(request, messages=tuple(map(rewrite, request.messages)))


def change_body_messages(rewrite: Rewrite) -> Callable[[Json], Json]:
    """Return a mutation that changes every message of a body before the check."""

    def body_with(body: Json) -> Json:
        messages = body.get("messages")
        if not isinstance(messages, list):
            return body
        return {
            **body,
            "messages": [rewrite(message) if isinstance(message, dict) else message for message in messages],
        }

    return body_with


def change_parts(change: Callable[[Json], Iterable[Json]]) -> Callable[[Json], Json]:
    """Return a change that replaces every part of a message by the parts that `change` returns."""

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        return {**message, "content": [new for part in content for new in change(part)]}

    return message_with
