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


def change_texts(change: Callable[[str], str], *roles: str) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that changes every text in the messages of these roles, or of all without any, after the check."""

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if roles and message["role"] not in roles:
            return message
        return {**message, "content": change(content)} if isinstance(content, str) else with_parts(message)

    def part_with(part: Json) -> Iterable[Json]:
        return ({**part, "text": change(part["text"])} if part["type"] == "text" else part,)

    with_parts = change_parts(part_with)
    return change_checked_messages(message_with)


def change_parts(change: Callable[[Json], Iterable[Json]]) -> Callable[[Json], Json]:
    """Return a change that replaces every part of a message by the parts that `change` returns."""

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        return {**message, "content": [new for part in content for new in change(part)]}

    return message_with
